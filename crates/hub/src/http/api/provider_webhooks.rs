//! The webhooks of a connection as they are registered at its provider.

use axum::{Json, extract::State};
use calbridge_core::{ids::ConnectionId, lane::Lane};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::slots::{of_asking, of_target};
use crate::{
    app::App,
    http::{
        auth::Admin,
        extract::{AnyId, ValidQuery},
        problem::{Code, Problem},
    },
    provider_webhooks::{
        self, Finding, Gravity, Mode, OVERLAP, Ours, Outcome, Repaired, Report, Rotated, Told,
        WebhooksError, level_name,
    },
};

/// How the webhooks of a connection stand.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderWebhooks)]
pub struct ReportBody {
    /// The connection.
    connection_id: i64,
    /// Where its webhooks should go; null when `server.public_url` is not set.
    #[schema(example = "https://hub.example.org/hooks/Wm9...")]
    url: Option<String>,
    /// Whether no bookings are missed.
    ok: bool,
    /// The webhooks at the provider that lead here.
    webhooks: Vec<WebhookBody>,
    /// What is not as it should be.
    findings: Vec<FindingBody>,
}

/// A webhook at the provider that leads here.
#[derive(Serialize, ToSchema)]
#[schema(as = ProviderWebhook)]
pub struct WebhookBody {
    /// The provider's id.
    id: String,
    /// Where it is registered.
    #[schema(example = "user")]
    level: String,
    /// Where it goes.
    url: String,
    /// Whether it is switched on.
    active: bool,
    /// Triggers that it should have and has not.
    missing_triggers: Vec<&'static str>,
    /// How what it signs with stands to what counts here: `same`, `older`, `different`, `not_at_provider`, `not_here`, `none`.
    #[schema(example = "same")]
    secret: &'static str,
    /// Another one tells the same.
    duplicate: bool,
}

/// Something that is not as it should be.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookFinding)]
pub struct FindingBody {
    /// Stable word.
    #[schema(example = "missing_triggers")]
    code: &'static str,
    /// `fail`: bookings are missed; `warn`: it should be looked at.
    level: &'static str,
    /// What is so.
    says: String,
    /// What to do about it.
    r#try: String,
}

/// What became of something the provider was told.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookStep)]
pub struct StepBody {
    /// `create` or `change`.
    action: &'static str,
    /// Where.
    #[schema(example = "user")]
    level: String,
    /// The provider's id of the webhook, if it has one.
    webhook_id: Option<String>,
    /// What about it: `active`, `url`, `triggers`, `secret`.
    changes: Vec<&'static str>,
    /// `planned` (in a dry run), `done`, `failed`, or `unknown`: nobody answered.
    #[schema(example = "done")]
    outcome: &'static str,
    /// Why it is not done.
    error: Option<String>,
}

/// What was done, and how it is now.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookRepair)]
pub struct RepairBody {
    /// What was done; in a dry run, what would be.
    steps: Vec<StepBody>,
    /// How it is now.
    now: ReportBody,
}

/// What came of a rotation.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookRotation)]
pub struct RotationBody {
    /// What became of each webhook.
    steps: Vec<StepBody>,
    /// When the old secret stops counting; null while a webhook may not have the new one: both count, and a repair goes on.
    old_secret_until: Option<Timestamp>,
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        Self {
            connection_id: report.connection_id.0,
            ok: !report.is_wrong(),
            url: report.url,
            webhooks: report.webhooks.into_iter().map(WebhookBody::from).collect(),
            findings: report.findings.into_iter().map(FindingBody::from).collect(),
        }
    }
}

impl From<Ours> for WebhookBody {
    fn from(one: Ours) -> Self {
        Self {
            level: level_name(one.level),
            id: one.id,
            url: one.url,
            active: one.active,
            missing_triggers: one.missing,
            secret: one.secret.as_str(),
            duplicate: one.is_duplicate,
        }
    }
}

impl From<Finding> for FindingBody {
    fn from(finding: Finding) -> Self {
        Self {
            code: finding.code,
            level: match finding.gravity {
                Gravity::Wrong => "fail",
                Gravity::Doubtful => "warn",
            },
            says: finding.says,
            r#try: finding.remedy,
        }
    }
}

impl From<Told> for StepBody {
    fn from(told: Told) -> Self {
        let outcome = told.outcome.as_str();
        let named = told.step.id().map(str::to_owned);
        let (webhook_id, error) = match told.outcome {
            Outcome::Done(id) => (Some(id), None),
            Outcome::Planned => (named, None),
            Outcome::Refused(why) | Outcome::Failed(why) | Outcome::Unknown(why) => {
                (named, Some(why))
            }
        };
        Self {
            action: told.step.verb(),
            level: level_name(told.step.level()),
            webhook_id,
            changes: told.step.parts(),
            outcome,
            error,
        }
    }
}

impl From<Repaired> for RepairBody {
    fn from(repaired: Repaired) -> Self {
        Self {
            steps: repaired.steps.into_iter().map(StepBody::from).collect(),
            now: ReportBody::from(repaired.report),
        }
    }
}

impl From<Rotated> for RotationBody {
    fn from(rotated: Rotated) -> Self {
        Self {
            steps: rotated.steps.into_iter().map(StepBody::from).collect(),
            old_secret_until: rotated.old_secret_until,
        }
    }
}

/// What a door says when webhooks cannot be looked at or changed at all.
fn problem(app: &App, error: WebhooksError) -> Problem {
    let now = app.clock.now();
    let detail = error.to_string();
    match error {
        WebhooksError::NotFound(_) => Problem::not_found(detail),
        WebhooksError::Target(error) => of_target(now, &error),
        WebhooksError::Ask(error) => of_asking(now, &error),
        WebhooksError::NoAddress | WebhooksError::NoSecret(_) | WebhooksError::NoWebhook(_) => {
            Problem::new(Code::NotConnected, detail)
        }
        WebhooksError::Store(error) => error.into(),
    }
}

fn connection(AnyId(id): &AnyId) -> Result<ConnectionId, Problem> {
    let unknown = || Problem::not_found(format!("there is no connection {id}"));
    id.parse().map(ConnectionId).map_err(|_| unknown())
}

/// Whether to do it.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRunQuery {
    /// Only say what would be done.
    #[serde(default)]
    #[param(required = false)]
    dry_run: bool,
}

impl DryRunQuery {
    fn mode(&self) -> Mode {
        if self.dry_run { Mode::DryRun } else { Mode::Do }
    }
}

/// Check the provider's webhooks
///
/// Asks the provider which webhooks lead here, and says whether bookings are missed: because there is none, it is switched
/// off, lacks triggers, is a user's where bookings are a team's, or signs with another secret. Needs the permission `admin`.
#[utoipa::path(
    get, path = "/api/v1/connections/{id}/provider-webhooks", tag = "connections", operation_id = "check_provider_webhooks",
    params(("id" = i64, Path, description = "The connection's `id`")),
    responses((status = 200, description = "How they stand", body = ReportBody)),
)]
pub async fn check(
    State(app): State<App>,
    Admin(scope): Admin,
    id: AnyId,
) -> Result<Json<ReportBody>, Problem> {
    let id = connection(&id)?;
    let report = provider_webhooks::check(&app, &scope, id, Lane::Interactive)
        .await
        .map_err(|error| problem(&app, error))?;
    Ok(Json(ReportBody::from(report)))
}

/// Repair the provider's webhooks
///
/// Registers what is missing, switches on, adds triggers, sets URL and secret. Duplicates are left to people. Needs the
/// permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/connections/{id}/provider-webhooks/repair", tag = "connections",
    operation_id = "repair_provider_webhooks",
    params(("id" = i64, Path, description = "The connection's `id`"), DryRunQuery),
    responses((status = 200, description = "What was done, and how it is now", body = RepairBody)),
)]
pub async fn repair(
    State(app): State<App>,
    Admin(scope): Admin,
    id: AnyId,
    ValidQuery(query): ValidQuery<DryRunQuery>,
) -> Result<Json<RepairBody>, Problem> {
    let id = connection(&id)?;
    let repaired = provider_webhooks::repair(&app, &scope, id, query.mode())
        .await
        .map_err(|error| problem(&app, error))?;
    Ok(Json(RepairBody::from(repaired)))
}

/// Rotate the webhook secret
///
/// Sets a new random secret here and at the provider. The old one goes on counting for a day. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/connections/{id}/provider-webhooks/rotate", tag = "connections",
    operation_id = "rotate_provider_webhooks",
    params(("id" = i64, Path, description = "The connection's `id`"), DryRunQuery),
    responses((status = 200, description = "What became of each webhook", body = RotationBody)),
)]
pub async fn rotate(
    State(app): State<App>,
    Admin(scope): Admin,
    id: AnyId,
    ValidQuery(query): ValidQuery<DryRunQuery>,
) -> Result<Json<RotationBody>, Problem> {
    let id = connection(&id)?;
    let rotated = provider_webhooks::rotate(&app, &scope, id, OVERLAP, query.mode())
        .await
        .map_err(|error| problem(&app, error))?;
    Ok(Json(RotationBody::from(rotated)))
}
