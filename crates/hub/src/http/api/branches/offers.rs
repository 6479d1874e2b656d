//! What a branch offers: list, map, change, unmap.

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;

use crate::{
    app::App,
    branches::{self, OfferEdit, OfferError, Offered},
    edit::Edit,
    http::{
        api::{
            page::PageBody,
            price::{self, Decimal},
        },
        auth::{Admin, Reader},
        extract::{AnyId, ValidJson},
        problem::{Code, Problem},
    },
};

/// An event type as a branch offers it.
#[derive(Serialize, ToSchema)]
#[schema(as = BranchEventType)]
pub struct OfferBody {
    /// Id of the mapping.
    id: i64,
    /// The branch.
    branch_id: i64,
    /// Our id of the event type.
    event_type_id: i64,
    /// The provider's id, as text.
    external_id: String,
    /// The same as a number, where it is one.
    #[schema(example = 2_026_361)]
    calcom_event_type_id: Option<i64>,
    /// Title, there or in general.
    #[schema(example = "30 Min Consultation")]
    title: String,
    /// Slug, there or in general.
    #[schema(example = "30min")]
    slug: Option<String>,
    /// Minutes, there or in general.
    #[schema(example = 30)]
    length: Option<u32>,
    /// Price as a decimal of the currency, there or in general.
    #[schema(example = "50.00")]
    price: Option<String>,
    /// The same in minor units.
    #[schema(example = 5000)]
    price_minor: Option<i64>,
    /// ISO 4217 code, there or in general.
    #[schema(example = "EUR")]
    currency: Option<String>,
    /// Whether the branch offers it at present.
    is_active: bool,
    /// Whether the event type itself can be booked.
    event_type_active: bool,
    /// Which of the fields differ there.
    overrides: Vec<&'static str>,
    /// When it was mapped.
    created_at: Timestamp,
    /// When the mapping was changed last.
    updated_at: Timestamp,
}

impl From<Offered> for OfferBody {
    fn from(Offered { offer, event_type }: Offered) -> Self {
        let overrides = [
            ("title", offer.title.is_some()),
            ("slug", offer.slug.is_some()),
            ("length", offer.length.is_some()),
            ("price", offer.price.is_some()),
            ("currency", offer.currency.is_some()),
        ];
        let currency = offer.currency.or(event_type.currency);
        let minor = offer.price.or(event_type.price);
        Self {
            id: offer.id,
            branch_id: offer.branch_id.0,
            event_type_id: event_type.id.0,
            calcom_event_type_id: event_type.external_id.parse().ok(),
            external_id: event_type.external_id,
            title: offer.title.unwrap_or(event_type.title),
            slug: offer.slug.or(event_type.slug),
            length: offer.length.or(event_type.length),
            price: price::shown(minor, currency.as_deref()),
            price_minor: minor,
            currency,
            is_active: offer.is_active,
            event_type_active: event_type.active,
            overrides: overrides
                .into_iter()
                .filter_map(|(field, differs)| differs.then_some(field))
                .collect(),
            created_at: offer.created_at,
            updated_at: offer.updated_at,
        }
    }
}

impl From<OfferError> for Problem {
    fn from(error: OfferError) -> Self {
        let detail = error.to_string();
        match error {
            OfferError::NoBranch(_) | OfferError::NotOffered(_) => Self::not_found(detail),
            OfferError::EventType(error) => error.into(),
            OfferError::OfferedAlready => Self::new(Code::Conflict, detail),
            OfferError::NoLength => Self::invalid("length", detail),
            OfferError::BadPrice(_) => Self::invalid("price", detail),
            OfferError::Store(error) => error.into(),
        }
    }
}

/// What a branch offers
///
/// The oldest first, all on one page.
#[utoipa::path(
    get, path = "/api/v1/branches/{id}/event-types", tag = "branches", operation_id = "list_event_types_of_branch",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    responses((status = 200, description = "What it offers", body = PageBody<OfferBody>)),
)]
pub async fn list_offers(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<PageBody<OfferBody>>, Problem> {
    let offers = branches::list_offers(&app, &scope, &id).await?;
    let data = offers.into_iter().map(OfferBody::from).collect();
    Ok(Json(PageBody::whole(data)))
}

/// What differs at a branch. What is absent stays; null is as the event type has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BranchEventTypeChange)]
pub struct OfferRequest {
    /// The event type, when it is mapped: the provider's id, as a number or a text, or one of ours.
    #[schema(value_type = Option<i64>, example = 2_026_361)]
    calcom_event_type_id: Option<JsonValue>,
    /// Title.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "30 Min Consultation")]
    title: Edit<String>,
    /// Slug.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "30min")]
    slug: Edit<String>,
    /// Minutes.
    #[serde(default)]
    #[schema(value_type = Option<u32>, example = 30)]
    length: Edit<u32>,
    /// Price as a decimal of the currency; a number will do too.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "50.00")]
    price: Edit<Decimal>,
    /// Price in minor units; give one of the two.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    price_minor: Edit<i64>,
    /// ISO 4217 code.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "EUR")]
    currency: Edit<String>,
    /// Whether the branch offers it at present.
    is_active: Option<bool>,
}

impl OfferRequest {
    fn event_type(&self) -> Result<Option<String>, Problem> {
        match &self.calcom_event_type_id {
            None => Ok(None),
            Some(JsonValue::String(id)) => Ok(Some(id.clone())),
            Some(JsonValue::Number(id)) => Ok(Some(id.to_string())),
            Some(_) => Err(Problem::invalid(
                "calcom_event_type_id",
                "a number such as 2026361",
            )),
        }
    }

    fn parse(self) -> Result<OfferEdit, Problem> {
        Ok(OfferEdit {
            title: self.title,
            slug: self.slug,
            length: self.length,
            price: price::told(self.price, self.price_minor)?,
            currency: self
                .currency
                .try_map(|code| price::currency("currency", &code))?,
            is_active: self.is_active,
        })
    }
}

/// Let a branch offer an event type
///
/// Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/branches/{id}/event-types", tag = "branches", operation_id = "map_event_type",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    request_body = OfferRequest,
    responses((
        status = 201, description = "What the branch offers now", body = OfferBody,
        headers(("Location", description = "Its path")),
    )),
)]
pub async fn map(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<OfferRequest>,
) -> Result<Response, Problem> {
    const FIELD: &str = "calcom_event_type_id";
    let missing = || {
        Problem::new(
            Code::MissingField,
            "the event type that the branch shall offer",
        )
        .at(FIELD)
    };
    let event_type = request.event_type()?.ok_or_else(missing)?;
    let offered = branches::map(&app, &scope, &id, &event_type, request.parse()?).await;
    let offered = offered.map_err(|error| match error {
        // It is named in the body, not in the path.
        OfferError::EventType(error) => Problem::invalid(FIELD, error.to_string()),
        other => other.into(),
    })?;
    let body = OfferBody::from(offered);
    let path = format!(
        "/api/v1/branches/{}/event-types/{}",
        body.branch_id, body.event_type_id
    );
    Ok((StatusCode::CREATED, [(header::LOCATION, path)], Json(body)).into_response())
}

/// Change how a branch offers an event type
///
/// Needs the permission `admin`.
#[utoipa::path(
    patch, path = "/api/v1/branches/{id}/event-types/{event_type}", tag = "branches",
    operation_id = "change_event_type_of_branch",
    params(
        ("id" = String, Path, description = "`id` or `public_id` of the branch"),
        ("event_type" = String, Path, description = "`id`, `public_id` or the provider's id of the event type"),
    ),
    request_body = OfferRequest,
    responses((status = 200, description = "What the branch offers now", body = OfferBody)),
)]
pub async fn change_offer(
    State(app): State<App>,
    Admin(scope): Admin,
    Path((id, event_type)): Path<(String, String)>,
    ValidJson(request): ValidJson<OfferRequest>,
) -> Result<Json<OfferBody>, Problem> {
    if request.calcom_event_type_id.is_some() {
        let detail = "map another event type instead";
        return Err(Problem::invalid("calcom_event_type_id", detail));
    }
    let changed = branches::change_offer(&app, &scope, &id, &event_type, request.parse()?).await?;
    Ok(Json(changed.into()))
}

/// Let a branch offer an event type no more
///
/// Needs the permission `admin`.
#[utoipa::path(
    delete, path = "/api/v1/branches/{id}/event-types/{event_type}", tag = "branches",
    operation_id = "unmap_event_type",
    params(
        ("id" = String, Path, description = "`id` or `public_id` of the branch"),
        ("event_type" = String, Path, description = "`id`, `public_id` or the provider's id of the event type"),
    ),
    responses((status = 204, description = "The branch does not offer it any more")),
)]
pub async fn unmap(
    State(app): State<App>,
    Admin(scope): Admin,
    Path((id, event_type)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    branches::unmap(&app, &scope, &id, &event_type).await?;
    Ok(StatusCode::NO_CONTENT)
}
