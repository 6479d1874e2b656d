//! Bookings: list, get, timeline, history; hold, book, move, call off.

mod body;
mod history;
mod holds;
mod host;
mod problem;
mod stored;
mod sync;
mod words;
mod write;

use axum::{Json, extract::State};
use calbridge_core::ids::{ConnectionId, LeadId};
use calbridge_store::{activities::TimelineOf, bookings::BookingFilter};
use serde::Deserialize;

pub use self::{body::BookingBody, history::*, holds::*, host::*, stored::*, sync::*, write::*};
use super::{
    page::{self, PageBody, USUAL},
    params,
    timeline::{ActivityBody, PageQuery},
};
use crate::{
    app::App,
    booking::{self, FindBookingError},
    http::{
        auth::Reader,
        extract::{AnyId, ValidQuery},
        problem::{Code, Problem},
    },
    leads,
};

impl From<FindBookingError> for Problem {
    fn from(error: FindBookingError) -> Self {
        match error {
            FindBookingError::NotFound(_) => Self::not_found(error.to_string()),
            FindBookingError::Ambiguous(_) => Self::new(Code::AmbiguousId, error.to_string()),
            FindBookingError::Store(error) => error.into(),
        }
    }
}

/// Which bookings.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BookingQuery {
    /// Only with this status, in any case: `scheduled`, `completed`, `cancelled`, `no_show`; also `accepted` and
    /// `confirmed` (scheduled, and the host agreed), `pending`, `rejected`, `canceled`, `rescheduled`.
    status: Option<String>,
    /// Only with this confirmation: `pending`, `confirmed` or `rejected`.
    confirmation: Option<String>,
    /// Only of this provider: `calcom` or `calendly`.
    provider: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// Only those this lead has a part in.
    lead_id: Option<i64>,
    /// Only of this type.
    booking_type: Option<String>,
    /// Only starting at or after: a time, or a date, which means its first instant in UTC.
    from: Option<String>,
    /// Only starting before: a time, or a date, which means its first instant in UTC.
    to: Option<String>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

impl BookingQuery {
    /// `None` when no booking can fit.
    fn filter(&self) -> Result<Option<BookingFilter>, Problem> {
        let asked = match &self.status {
            Some(word) => Some(words::read(word).ok_or_else(|| {
                Problem::invalid("status", format!("use {}", words::WORDS.join(", ")))
            })?),
            None => None,
        };
        let confirmation = match &self.confirmation {
            Some(word) => Some(words::confirmation(word).ok_or_else(|| {
                Problem::invalid("confirmation", "use pending, confirmed or rejected")
            })?),
            None => None,
        };
        let implied = asked.and_then(|asked| asked.confirmation);
        if let (Some(implied), Some(asked)) = (implied, confirmation)
            && implied != asked
        {
            return Ok(None);
        }
        let provider = self.provider.as_deref();
        Ok(Some(BookingFilter {
            status: asked.map(|asked| asked.status.to_owned()),
            confirmation: implied.or(confirmation),
            provider: provider
                .map(|text| params::provider("provider", text))
                .transpose()?,
            connection_id: self.connection_id.map(ConnectionId),
            lead_id: self.lead_id.map(LeadId),
            booking_type: self.booking_type.clone(),
            rescheduled: asked.and_then(|asked| asked.rescheduled),
            from: self
                .from
                .as_deref()
                .map(|text| params::instant("from", text))
                .transpose()?,
            to: self
                .to
                .as_deref()
                .map(|text| params::instant("to", text))
                .transpose()?,
        }))
    }
}

/// List bookings
///
/// Newest first.
#[utoipa::path(
    get, path = "/api/v1/bookings", tag = "bookings", operation_id = "list_bookings",
    params(BookingQuery),
    responses((status = 200, description = "A page of bookings", body = PageBody<BookingBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<BookingQuery>,
) -> Result<Json<PageBody<BookingBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let Some(filter) = query.filter()? else {
        return Ok(Json(PageBody::empty()));
    };
    let found = booking::list(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, BookingBody::from)))
}

/// Get a booking
///
/// By any id it ever had: ours, the provider's number or uid, or a URI of Calendly's (percent-encoded).
#[utoipa::path(
    get, path = "/api/v1/bookings/{id}", tag = "bookings", operation_id = "get_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    responses((status = 200, description = "The booking", body = BookingBody)),
)]
pub async fn get(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<BookingBody>, Problem> {
    Ok(Json(booking::find(&app, &scope, &id).await?.into()))
}

/// What happened in a booking
///
/// The entries that stand on the timelines of its leads, newest first.
#[utoipa::path(
    get, path = "/api/v1/bookings/{id}/timeline", tag = "bookings", operation_id = "get_booking_timeline",
    params(("id" = String, Path, description = "Any id the booking ever had"), PageQuery),
    responses((status = 200, description = "A page of activities", body = PageBody<ActivityBody>)),
)]
pub async fn timeline(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
    ValidQuery(query): ValidQuery<PageQuery>,
) -> Result<Json<PageBody<ActivityBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let found = booking::find(&app, &scope, &id).await?;
    let of = TimelineOf::Booking(found.booking.id);
    let activities = leads::timeline(&app, &scope, of, page).await?;
    Ok(Json(PageBody::of(activities, ActivityBody::from)))
}
