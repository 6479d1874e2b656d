//! Event types: change.

use axum::{Json, extract::State};
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::{CustomFieldBody, EventTypeBody};
use crate::{
    app::App,
    edit::Edit,
    event_types::{self, EditEventTypeError, EventTypeEdit},
    http::{
        api::{
            params,
            price::{self, Decimal},
        },
        auth::Admin,
        extract::{AnyId, ValidJson},
        problem::{Code, Problem},
    },
};

impl From<EditEventTypeError> for Problem {
    fn from(error: EditEventTypeError) -> Self {
        let detail = error.to_string();
        match error {
            EditEventTypeError::Find(error) => error.into(),
            EditEventTypeError::Invalid { field, .. } => Self::invalid(field.as_str(), detail),
            EditEventTypeError::NotOffered(_) => Self::new(Code::Conflict, detail).at("active"),
            EditEventTypeError::Store(error) => error.into(),
        }
    }
}

/// What to change here, whatever the provider says. What is absent stays; null brings back what the provider says.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventTypeChange)]
pub struct ChangeEventTypeRequest {
    /// Whether it can be booked.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    active: Edit<bool>,
    /// The same.
    #[serde(default)]
    #[schema(value_type = Option<bool>)]
    is_active: Edit<bool>,
    /// Title.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    title: Edit<String>,
    /// Slug.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    slug: Edit<String>,
    /// Description.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Edit<String>,
    /// Minutes.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    length: Edit<u32>,
    /// Price as a decimal of the currency; a number will do too.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "50.00")]
    price: Edit<Decimal>,
    /// Price in minor units; give one of the two.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = 5000)]
    price_minor: Edit<i64>,
    /// ISO 4217 code.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "EUR")]
    currency: Edit<String>,
    /// How many may book the same slot.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    seats: Edit<u32>,
    /// Minutes between booking and start.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    minimum_notice: Edit<u32>,
    /// Minutes kept free before.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    before_buffer: Edit<u32>,
    /// Minutes kept free after.
    #[serde(default)]
    #[schema(value_type = Option<u32>)]
    after_buffer: Edit<u32>,
    /// What the booking page asks.
    #[serde(default)]
    #[schema(value_type = Option<Vec<CustomFieldBody>>)]
    custom_fields: Edit<Vec<CustomFieldBody>>,
    /// IANA zone of its hours.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    time_zone: Edit<String>,
}

impl ChangeEventTypeRequest {
    fn parse(self) -> Result<EventTypeEdit, Problem> {
        let active = match (self.active, self.is_active) {
            (Edit::Keep, told) | (told, Edit::Keep) => told,
            (active, is_active) if active == is_active => active,
            _ => {
                let detail = "`active` and `is_active` are the same: give one of them";
                return Err(Problem::invalid("is_active", detail));
            }
        };
        Ok(EventTypeEdit {
            active,
            title: self.title,
            slug: self.slug,
            description: self.description,
            length: self.length,
            price: price::told(self.price, self.price_minor)?,
            currency: self
                .currency
                .try_map(|code| price::currency("currency", &code))?,
            seats: self.seats,
            minimum_notice: self.minimum_notice,
            before_buffer: self.before_buffer,
            after_buffer: self.after_buffer,
            custom_fields: self
                .custom_fields
                .map(|fields| fields.into_iter().map(Into::into).collect()),
            time_zone: self
                .time_zone
                .try_map(|zone| params::time_zone("time_zone", &zone))?,
        })
    }
}

/// Change an event type
///
/// Here, not at the provider; a sync leaves what was changed alone and shows in `edited` what the provider says. Needs the
/// permission `admin`.
#[utoipa::path(
    patch, path = "/api/v1/event-types/{id}", tag = "event types", operation_id = "change_event_type",
    params(("id" = String, Path, description = "`id`, `public_id`, the provider's id, or the slug with its owner")),
    request_body = ChangeEventTypeRequest,
    responses((status = 200, description = "The event type as it is now", body = EventTypeBody)),
)]
pub async fn change(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<ChangeEventTypeRequest>,
) -> Result<Json<EventTypeBody>, Problem> {
    let changed = event_types::edit(&app, &scope, &id, request.parse()?).await?;
    Ok(Json(changed.into()))
}
