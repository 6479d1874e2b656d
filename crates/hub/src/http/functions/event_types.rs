//! `/cal-event-types`: what can be booked, for everybody; read again from the provider, for administrators.

use std::time::Duration;

use axum::{
    Json,
    extract::{Request, State},
    http::request::Parts,
};
use calbridge_core::{
    provider::Provider,
    scope::{Permission, Scope},
};
use calbridge_store::{
    event_types::{EventType, EventTypeFilter},
    sync_runs::{RunState, SyncCause, SyncRun},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    app::App,
    event_types::{self, sync},
    http::{
        api::{event_types::body::full_slug, sync_runs::SyncRunBody},
        auth::{self, Anybody},
        body,
        problem::{Code, Problem},
    },
};

/// A body says what to do, in a few words.
const MOST_BYTES: usize = 16 * 1024;

/// A sync that takes longer goes on; its state is told.
const PATIENCE: Duration = Duration::from_secs(25);

/// What can be booked.
#[derive(Serialize, ToSchema)]
#[schema(as = CalEventTypes)]
pub struct EventTypesBody {
    /// The event types, the oldest first.
    event_types: Vec<FunctionEventType>,
    /// What came of the sync, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<Vec<SyncRunBody>>,
}

/// An event type.
#[derive(Serialize, ToSchema)]
#[schema(as = CalEventType)]
pub struct FunctionEventType {
    /// Id.
    id: Uuid,
    /// Cal.com's id.
    cal_event_type_id: String,
    /// Slug.
    #[schema(example = "discovery")]
    slug: Option<String>,
    /// With its owner before it.
    #[schema(example = "zhengrowth/discovery")]
    full_slug: Option<String>,
    /// Title.
    title: String,
    /// Description.
    description: Option<String>,
    /// Minutes; null for types without one length.
    length: Option<u32>,
    /// Price in minor units; 0 is free.
    price: Option<i64>,
    /// ISO 4217 code.
    currency: Option<String>,
    /// Whether it can be booked.
    active: bool,
    /// When Cal.com was asked last.
    last_synced_at: Option<Timestamp>,
    /// When it was first seen.
    created_at: Timestamp,
}

impl From<EventType> for FunctionEventType {
    fn from(row: EventType) -> Self {
        Self {
            id: row.public_id,
            full_slug: full_slug(&row),
            cal_event_type_id: row.external_id,
            slug: row.slug,
            title: row.title,
            description: row.description,
            length: row.length,
            price: row.price,
            currency: row.currency,
            active: row.active,
            last_synced_at: row.last_synced_at,
            created_at: row.created_at,
        }
    }
}

/// What to do.
#[derive(Deserialize, Default, utoipa::IntoParams, ToSchema)]
#[serde(default)]
#[into_params(parameter_in = Query)]
#[schema(as = CalAction)]
pub struct Action {
    /// `sync` reads them from Cal.com first, for administrators; absent or `list` only lists.
    #[schema(example = "sync")]
    action: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    List,
    Sync,
}

impl Action {
    fn wish(self) -> Result<Option<Wish>, Problem> {
        match self.action.as_deref() {
            None | Some("") => Ok(None),
            Some("list") => Ok(Some(Wish::List)),
            Some("sync") => Ok(Some(Wish::Sync)),
            Some(_) => Err(Problem::invalid("action", "use list or sync")),
        }
    }
}

macro_rules! doors {
    ($($get:ident $post:ident $path:literal;)+) => {$(
        /// Event types, as a function
        ///
        /// Whoever shows no key sees what can be booked; with several tenants, `X-Tenant-Id` names one. With a key all of the
        /// tenant's are listed, also those that cannot be booked. `action=sync` needs the permission `admin`.
        #[utoipa::path(
            get, path = $path, tag = "functions",
            params(Action),
            responses((status = 200, description = "The event types", body = EventTypesBody)),
            security((), ("bearer" = []), ("api_key" = [])),
        )]
        pub async fn $get(State(app): State<App>, request: Request) -> Result<Json<EventTypesBody>, Problem> {
            answer(&app, request).await
        }

        /// Event types, as a function with a body
        ///
        /// The same; what to do stands in the body. No body lists.
        #[utoipa::path(
            post, path = $path, tag = "functions",
            params(Action),
            request_body = Option<Action>,
            responses((status = 200, description = "The event types", body = EventTypesBody)),
            security((), ("bearer" = []), ("api_key" = [])),
        )]
        pub async fn $post(State(app): State<App>, request: Request) -> Result<Json<EventTypesBody>, Problem> {
            answer(&app, request).await
        }
    )+};
}

doors! {
    cal_event_types post_cal_event_types "/cal-event-types";
    functions_cal_event_types post_functions_cal_event_types "/functions/v1/cal-event-types";
}

async fn answer(app: &App, request: Request) -> Result<Json<EventTypesBody>, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
    let wish = match in_query(&parts)? {
        Some(wish) => wish,
        None => in_body(&bytes)?.unwrap_or(Wish::List),
    };
    let runs = match wish {
        Wish::List => None,
        Wish::Sync => Some(read_again(app, &parts).await?),
    };
    let event_types = match auth::anybody(&parts, app).await? {
        Anybody::Known(scope) => all(app, &scope).await?,
        Anybody::Unknown(tenant) => event_types::list_public(app, tenant).await?,
    };
    Ok(Json(EventTypesBody {
        event_types: event_types.into_iter().map(Into::into).collect(),
        sync: runs.map(|runs| runs.into_iter().map(SyncRunBody::from).collect()),
    }))
}

fn in_query(parts: &Parts) -> Result<Option<Wish>, Problem> {
    let query = axum::extract::Query::<Action>::try_from_uri(&parts.uri)
        .map_err(|_| Problem::invalid("action", "use list or sync"))?;
    query.0.wish()
}

fn in_body(bytes: &[u8]) -> Result<Option<Wish>, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Ok(None);
    }
    let action: Action = serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson, error.to_string()))?;
    action.wish()
}

async fn read_again(app: &App, parts: &Parts) -> Result<Vec<SyncRun>, Problem> {
    let scope = auth::scope(parts, app, Permission::Admin).await?;
    let cause = SyncCause::Function;
    let runs = sync::now(app, &scope, None, cause, PATIENCE, &|_| ()).await?;
    let failed = runs.iter().find(|run| run.state == RunState::Failed);
    match failed.and_then(|run| run.error.as_deref()) {
        Some(why) => Err(Problem::new(Code::SyncFailed, why)),
        None => Ok(runs),
    }
}

async fn all(app: &App, scope: &Scope) -> Result<Vec<EventType>, Problem> {
    let filter = EventTypeFilter {
        provider: Some(Provider::CalCom),
        ..EventTypeFilter::default()
    };
    Ok(event_types::list_whole(app, scope, &filter).await?)
}
