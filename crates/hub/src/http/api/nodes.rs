//! The processes at work on the database.

use axum::{Json, extract::State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::page::PageBody;
use crate::{
    app::App,
    http::{auth::Admin, problem::Problem},
    node::SeenNode,
    reads,
};

/// A process at work on the database.
#[derive(Serialize, ToSchema)]
#[schema(as = Node)]
pub struct NodeBody {
    /// Id, new with each start.
    id: Uuid,
    /// The machine, or what the settings call it.
    name: String,
    /// The process on that machine.
    process_id: i64,
    /// `all`, `api` for one that does no jobs, `work` for one that does nothing else.
    #[schema(example = "all")]
    role: String,
    /// Where it listens.
    #[schema(example = "0.0.0.0:8000")]
    address: Option<String>,
    /// Its release.
    release: String,
    /// The newest migration it knows.
    schema_version: i64,
    /// `alive`, or `gone` when it was not heard from lately.
    #[schema(example = "alive")]
    state: &'static str,
    /// When it started.
    started_at: Timestamp,
    /// When it was heard from last, by the clock of the database.
    heartbeat_at: Timestamp,
    /// Its clock minus that of the database, in milliseconds.
    clock_ahead_ms: i64,
    /// How often another node had taken over a job that it still worked on.
    leases_lost: i64,
}

impl From<SeenNode> for NodeBody {
    fn from(SeenNode { node, state }: SeenNode) -> Self {
        Self {
            id: node.id,
            name: node.name,
            process_id: node.process_id,
            role: node.role,
            address: node.address,
            release: node.release,
            schema_version: node.schema_version,
            state: state.as_str(),
            started_at: node.started_at,
            heartbeat_at: node.heartbeat_at,
            clock_ahead_ms: node.clock_ahead_ms,
            leases_lost: node.leases_lost,
        }
    }
}

/// The processes at work on the database
///
/// The oldest first, all on one page. Needs the permission `admin`. They belong to no tenant and are shown while there is
/// only one.
#[utoipa::path(
    get, path = "/api/v1/nodes", tag = "administration", operation_id = "list_nodes",
    responses((status = 200, description = "The nodes", body = PageBody<NodeBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Admin(_scope): Admin,
) -> Result<Json<PageBody<NodeBody>>, Problem> {
    let nodes = reads::nodes(&app).await?;
    let data = nodes.into_iter().map(NodeBody::from).collect();
    Ok(Json(PageBody::whole(data)))
}
