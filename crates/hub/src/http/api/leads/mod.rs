//! Leads: list, get, timeline, bookings.

pub mod body;
mod write;

use axum::{Json, extract::State};
use calbridge_store::{activities::TimelineOf, bookings::BookingFilter, leads::LeadFilter};
use serde::Deserialize;

use self::body::LeadBody;
pub use self::write::*;
use super::{
    bookings::BookingBody,
    page::{self, PageBody, USUAL},
    params,
    timeline::{ActivityBody, PageQuery},
};
use crate::{
    app::App,
    booking,
    http::{
        auth::Reader,
        extract::{AnyId, ValidQuery},
        problem::Problem,
    },
    leads::{self, FindLeadError},
};

impl From<FindLeadError> for Problem {
    fn from(error: FindLeadError) -> Self {
        match error {
            FindLeadError::NotFound(_) => Self::not_found(error.to_string()),
            FindLeadError::Store(error) => error.into(),
        }
    }
}

/// Which leads.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LeadQuery {
    /// Only with this status, in any case.
    status: Option<String>,
    /// Only with this e-mail address.
    email: Option<String>,
    /// Only with this phone number.
    phone: Option<String>,
    /// Only with this text in the name.
    name: Option<String>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List leads
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/leads", tag = "leads", operation_id = "list_leads",
    params(LeadQuery),
    responses((status = 200, description = "A page of leads", body = PageBody<LeadBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<LeadQuery>,
) -> Result<Json<PageBody<LeadBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let filter = LeadFilter {
        status: optional(query.status.as_deref(), |text| {
            params::lead_status("status", text)
        })?
        .map(|status| status.as_str().to_owned()),
        email: optional(query.email.as_deref(), |text| params::email("email", text))?
            .map(|email| email.as_str().to_owned()),
        phone: optional(query.phone.as_deref(), |text| params::phone("phone", text))?
            .map(|phone| phone.as_str().to_owned()),
        name: params::filled(query.name),
    };
    let found = leads::list(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, LeadBody::from)))
}

fn optional<T>(
    text: Option<&str>,
    read: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<Option<T>, Problem> {
    text.map(read).transpose()
}

/// Get a lead
#[utoipa::path(
    get, path = "/api/v1/leads/{id}", tag = "leads", operation_id = "get_lead",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "The lead", body = LeadBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<LeadBody>, Problem> {
    Ok(Json(leads::find(&app, &scope, &id).await?.into()))
}

/// What happened to a lead
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/leads/{id}/timeline", tag = "leads", operation_id = "get_lead_timeline",
    params(("id" = String, Path, description = "`id` or `public_id`"), PageQuery),
    responses((status = 200, description = "A page of activities", body = PageBody<ActivityBody>)),
)]
pub async fn timeline(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<PageBody<ActivityBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let lead = leads::find(&app, &scope, &id).await?;
    let found = leads::timeline(&app, &scope, TimelineOf::Lead(lead.id), page).await?;
    Ok(Json(PageBody::of(found, ActivityBody::from)))
}

/// The bookings a lead has a part in
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/leads/{id}/bookings", tag = "leads", operation_id = "list_bookings_of_lead",
    params(("id" = String, Path, description = "`id` or `public_id`"), PageQuery),
    responses((status = 200, description = "A page of bookings", body = PageBody<BookingBody>)),
)]
pub async fn bookings(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<PageBody<BookingBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let lead = leads::find(&app, &scope, &id).await?;
    let filter = BookingFilter {
        lead_id: Some(lead.id),
        ..BookingFilter::default()
    };
    let found = booking::list(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, BookingBody::from)))
}
