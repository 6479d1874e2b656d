//! Leads: create, change.

use axum::{
    Json,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::ids::UserId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::body::LeadBody;
use crate::{
    app::App,
    edit::Edit,
    http::{
        api::params,
        auth::Writer,
        extract::{AnyId, ValidJson},
        problem::{Code, Problem},
    },
    leads::{self, ChangeLeadError, Consent, CreateLeadError, Created, LeadEdit, NewLead},
};

/// Somebody to follow. An e-mail address or a phone number is needed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLead)]
pub struct NewLeadRequest {
    /// Name.
    #[schema(example = "Ann Example")]
    name: Option<String>,
    /// E-mail address; identifies the person.
    #[schema(example = "ann@example.org")]
    email: Option<String>,
    /// International phone number; identifies a person without an e-mail address.
    #[schema(example = "+79991234567")]
    phone: Option<String>,
    /// Through which channel the person came.
    #[schema(example = "web")]
    channel: Option<String>,
    /// What the person agreed to.
    consent: Option<ConsentRequest>,
    /// IANA zone.
    #[schema(example = "Europe/Amsterdam")]
    time_zone: Option<String>,
    /// Language tag.
    #[schema(example = "en")]
    language: Option<String>,
    /// What should be remembered.
    notes: Option<String>,
    /// One of the tenant's statuses, in any case; `new` if absent.
    status: Option<String>,
}

/// What a person agreed to. What is absent stays as it is.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConsentChange)]
pub struct ConsentRequest {
    /// To the processing of personal data.
    gdpr: Option<bool>,
    /// To be sent advertising.
    marketing: Option<bool>,
}

impl From<ConsentRequest> for Consent {
    fn from(consent: ConsentRequest) -> Self {
        Self {
            gdpr: consent.gdpr,
            marketing: consent.marketing,
        }
    }
}

impl NewLeadRequest {
    fn parse(self) -> Result<NewLead, Problem> {
        let read = params::filled;
        Ok(NewLead {
            email: read(self.email)
                .map(|email| params::email("email", &email))
                .transpose()?,
            told: LeadEdit {
                name: read(self.name),
                phone: match read(self.phone) {
                    Some(phone) => Edit::Set(params::phone("phone", &phone)?),
                    None => Edit::Keep,
                },
                channel: read(self.channel),
                consent: self.consent.unwrap_or_default().into(),
                time_zone: read(self.time_zone)
                    .map(|zone| params::time_zone("time_zone", &zone))
                    .transpose()?,
                language: read(self.language),
                notes: read(self.notes),
                status: read(self.status)
                    .map(|status| params::lead_status("status", &status))
                    .transpose()?,
                assigned_user_id: Edit::Keep,
            },
        })
    }
}

impl From<CreateLeadError> for Problem {
    fn from(error: CreateLeadError) -> Self {
        let detail = error.to_string();
        match error {
            CreateLeadError::Nobody => Self::new(Code::MissingField, detail).at("email"),
            CreateLeadError::UnknownStatus(_) => {
                Self::new(Code::UnknownStatus, detail).at("status")
            }
            CreateLeadError::Store(error) => error.into(),
        }
    }
}

/// Create a lead
///
/// A person with the same e-mail address, or without one with the same phone number, is the same lead, which is brought
/// up to date.
#[utoipa::path(
    post, path = "/api/v1/leads", tag = "leads", operation_id = "create_lead",
    request_body = NewLeadRequest,
    responses(
        (status = 201, description = "A new lead", body = LeadBody, headers(("Location", description = "Its path"))),
        (status = 200, description = "The person is known", body = LeadBody),
    ),
)]
pub async fn create(
    State(app): State<App>,
    Writer(scope): Writer,
    ValidJson(request): ValidJson<NewLeadRequest>,
) -> Result<Response, Problem> {
    Ok(match leads::create(&app, &scope, request.parse()?).await? {
        Created::New(lead) => {
            let location = format!("/api/v1/leads/{}", lead.id);
            let location = [(header::LOCATION, location)];
            (StatusCode::CREATED, location, Json(LeadBody::from(lead))).into_response()
        }
        Created::Known(lead) => Json(LeadBody::from(lead)).into_response(),
    })
}

/// What to change. What is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LeadChange)]
pub struct ChangeLeadRequest {
    /// One of the tenant's statuses, in any case.
    #[schema(example = "contacted")]
    status: Option<String>,
    /// Name.
    name: Option<String>,
    /// International phone number; null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    phone: Edit<String>,
    /// What the person agreed to.
    consent: Option<ConsentRequest>,
    /// The user responsible; null for nobody.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    assigned_user_id: Edit<i64>,
}

impl ChangeLeadRequest {
    fn parse(self) -> Result<LeadEdit, Problem> {
        Ok(LeadEdit {
            name: params::filled(self.name),
            phone: self.phone.try_map(|phone| params::phone("phone", &phone))?,
            consent: self.consent.unwrap_or_default().into(),
            status: self
                .status
                .map(|status| params::lead_status("status", &status))
                .transpose()?,
            assigned_user_id: self.assigned_user_id.map(UserId),
            ..LeadEdit::default()
        })
    }
}

impl From<ChangeLeadError> for Problem {
    fn from(error: ChangeLeadError) -> Self {
        let detail = error.to_string();
        match error {
            ChangeLeadError::NotFound(_) => Self::not_found(detail),
            ChangeLeadError::UnknownStatus(_) => {
                Self::new(Code::UnknownStatus, detail).at("status")
            }
            ChangeLeadError::UnknownUser(_) => Self::invalid("assigned_user_id", detail),
            ChangeLeadError::NeedsPhone => Self::invalid("phone", detail),
            ChangeLeadError::PhoneTaken => Self::new(Code::Conflict, detail).at("phone"),
            ChangeLeadError::Store(error) => error.into(),
        }
    }
}

/// Change a lead
#[utoipa::path(
    patch, path = "/api/v1/leads/{id}", tag = "leads", operation_id = "change_lead",
    params(("id" = String, Path, description = "`id` or `public_id`")),
    request_body = ChangeLeadRequest,
    responses((status = 200, description = "The lead as it is now", body = LeadBody)),
)]
pub async fn change(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<ChangeLeadRequest>,
) -> Result<Json<LeadBody>, Problem> {
    let lead = leads::change(&app, &scope, &id, request.parse()?).await?;
    Ok(Json(lead.into()))
}
