//! Apply stored webhook events again.

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use calbridge_core::ids::{ConnectionId, WebhookEventId};
use calbridge_store::webhook_events::EventFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value as JsonValue;
use utoipa::ToSchema;

use super::{find, status};
use crate::{
    app::App,
    http::{
        api::params,
        auth::Admin,
        extract::{AnyId, ValidJson, ValidQuery},
        problem::{Code, Problem},
    },
    inbox::{self, ReplayError, Replayed, apply::RowChange},
};

/// Events in one call, at most, and when the caller does not say.
const MOST: i64 = 500;
const USUAL: i64 = 100;

/// What replaying an event came to.
#[derive(Serialize, ToSchema)]
#[schema(as = Replayed)]
pub struct ReplayedBody {
    /// The event.
    id: i64,
    /// Its status now; in a dry run, what it would be.
    #[schema(example = "processed")]
    status: &'static str,
    /// Why it is ignored, or still fails.
    reason: Option<String>,
    /// The real changes it made, in words.
    changes: Vec<&'static str>,
    /// In a dry run: the rows that would change.
    #[serde(skip_serializing_if = "Option::is_none")]
    rows: Option<Vec<RowBody>>,
}

/// A row that would change.
#[derive(Serialize, ToSchema)]
#[schema(as = RowChange)]
pub struct RowBody {
    /// Table.
    table: &'static str,
    /// `insert`, `update` or `delete`.
    action: &'static str,
    /// Which row; null for one that has no id yet.
    id: Option<String>,
    /// The columns that would change.
    columns: BTreeMap<&'static str, ColumnBody>,
}

/// A column that would change.
#[derive(Serialize, ToSchema)]
#[schema(as = ColumnChange)]
pub struct ColumnBody {
    /// Before.
    before: JsonValue,
    /// After.
    after: JsonValue,
}

impl ReplayedBody {
    /// Of what became of an event, or would become of it.
    pub fn new(replayed: Replayed, dry_run: bool) -> Self {
        let rows = replayed.rows.0.into_iter().map(RowBody::from).collect();
        Self {
            id: replayed.id.0,
            status: replayed.status.as_str(),
            reason: replayed.reason,
            changes: replayed.moves,
            rows: dry_run.then_some(rows),
        }
    }
}

impl From<RowChange> for RowBody {
    fn from(row: RowChange) -> Self {
        let columns = row
            .columns
            .into_iter()
            .map(|(column, [before, after])| (column, ColumnBody { before, after }))
            .collect();
        Self {
            table: row.table,
            action: row.action,
            id: row.id,
            columns,
        }
    }
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::NotFound(_) => Self::not_found(error.to_string()),
            ReplayError::BodyGone(_) => Self::new(Code::BodyGone, error.to_string()),
            ReplayError::StillFails { .. } => Self::new(Code::StillFails, error.to_string()),
            ReplayError::Store(error) => error.into(),
        }
    }
}

/// For real, or only to see.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReplayQuery {
    /// Change nothing; answer with the rows that would change.
    #[serde(default)]
    dry_run: bool,
}

/// Replay a webhook event
///
/// Reads what was received anew and applies it. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/webhook-events/{id}/replay", tag = "webhook events", operation_id = "replay_webhook_event",
    params(("id" = String, Path, description = "`id` or `public_id`"), ReplayQuery),
    responses((status = 200, description = "What became of it", body = ReplayedBody)),
)]
pub async fn replay(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidQuery(query): ValidQuery<ReplayQuery>,
) -> Result<Json<ReplayedBody>, Problem> {
    let id = find(&app, &scope, &id).await?.id;
    let replayed = if query.dry_run {
        inbox::dry_run(&app, &scope, id).await?
    } else {
        inbox::replay(&app, &scope, id).await?
    };
    Ok(Json(ReplayedBody::new(replayed, query.dry_run)))
}

/// Which events to replay, oldest first.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = ReplayRange)]
pub struct ReplayRequest {
    /// Only with this status.
    #[schema(example = "failed")]
    status: Option<String>,
    /// Only of this provider.
    provider: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// Only with this name, as sent.
    event_type: Option<String>,
    /// Only about what the provider calls this.
    external_id: Option<String>,
    /// Only received at or after: a time, or a date, which means its first instant in UTC.
    from: Option<String>,
    /// Only received before: a time, or a date, which means its first instant in UTC.
    to: Option<String>,
    /// Only with an id above this: the `next_after_id` of the call before.
    after_id: Option<i64>,
    /// How many, 1 to 500; 100 if absent.
    limit: Option<i64>,
    /// Change nothing; answer with the rows that would change.
    dry_run: bool,
}

impl ReplayRequest {
    fn filter(&self) -> Result<EventFilter, Problem> {
        Ok(EventFilter {
            parked: false,
            status: self.status.as_deref().map(status).transpose()?,
            provider: self
                .provider
                .as_deref()
                .map(|text| params::provider("provider", text))
                .transpose()?,
            connection_id: self.connection_id.map(ConnectionId),
            event_type: self.event_type.clone(),
            external_id: self.external_id.clone(),
            door: None,
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
        })
    }

    fn limit(&self) -> Result<i64, Problem> {
        let limit = self.limit.unwrap_or(USUAL);
        if (1..=MOST).contains(&limit) {
            Ok(limit)
        } else {
            Err(Problem::invalid("limit", format!("a limit is 1 to {MOST}")))
        }
    }
}

/// What replaying a range came to.
#[derive(Serialize, ToSchema)]
#[schema(as = ReplayedRange)]
pub struct ReplayedRangeBody {
    /// One entry per event, oldest first.
    data: Vec<ReplayedBody>,
    /// Give it back as `after_id` to go on; null at the end.
    next_after_id: Option<i64>,
}

/// Replay webhook events
///
/// Those that the body names, oldest first; an empty object names all. One that still fails does not stop the others.
/// Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/webhook-events/replay", tag = "webhook events", operation_id = "replay_webhook_events",
    request_body = ReplayRequest,
    responses((status = 200, description = "What became of them", body = ReplayedRangeBody)),
)]
pub async fn replay_range(
    State(app): State<App>,
    Admin(scope): Admin,
    ValidJson(request): ValidJson<ReplayRequest>,
) -> Result<Json<ReplayedRangeBody>, Problem> {
    let (filter, limit) = (request.filter()?, request.limit()?);
    let after = WebhookEventId(request.after_id.unwrap_or_default());
    let replayed =
        inbox::replay_range(&app, &scope, &filter, after, limit, request.dry_run).await?;
    let full = i64::try_from(replayed.len()).is_ok_and(|count| count == limit);
    let next_after_id = replayed.last().filter(|_| full).map(|last| last.id.0);
    let data = replayed
        .into_iter()
        .map(|one| ReplayedBody::new(one, request.dry_run))
        .collect();
    Ok(Json(ReplayedRangeBody {
        data,
        next_after_id,
    }))
}
