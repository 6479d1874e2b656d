//! Bookings about which we and their provider differ: the list for a review, and what a person decides.

use axum::{Json, extract::State};
use calbridge_core::{
    agreement::{Difference, Side},
    ids::{ConnectionId, FindingId},
};
use calbridge_store::findings::{Finding, FindingFilter, FindingState};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    page::{self, PageBody, USUAL},
    slots::{of_asking, of_target},
};
use crate::{
    agreement::{self, Chosen, ReviewError},
    app::App,
    http::{
        auth::{Admin, Reader},
        extract::{AnyId, ValidJson, ValidQuery},
        problem::{Code, Problem},
    },
};

/// A booking about which both sides differ.
#[derive(Serialize, ToSchema)]
#[schema(as = Finding)]
pub struct FindingBody {
    /// Id.
    id: i64,
    /// The connection.
    connection_id: i64,
    /// The provider's id of the booking.
    external_id: String,
    /// The booking.
    booking_id: Option<i64>,
    /// In what they differ: `missing_there`, `rescheduled`, `time`, `status`, `host`, `event_type`, `attendance`, `seats`.
    differences: Vec<&'static str>,
    /// How it stood here.
    ours: Option<SideBody>,
    /// How it stood at the provider; null where it does not know it.
    theirs: Option<SideBody>,
    /// `open`: a person should decide; `ours`, `theirs`, `dismissed`; `agreed`: a later comparison found no difference.
    #[schema(example = "open")]
    state: &'static str,
    /// When it was found first.
    first_seen_at: Timestamp,
    /// When it was found last.
    last_seen_at: Timestamp,
    /// When it was decided.
    settled_at: Option<Timestamp>,
    /// Who decided.
    settled_by: Option<String>,
}

/// How a booking stands on one side.
#[derive(Serialize, ToSchema)]
#[schema(as = FindingSide)]
pub struct SideBody {
    /// As in `status` of a booking.
    status: String,
    /// `pending`, `confirmed` or `rejected`.
    confirmation: String,
    /// Start.
    start_time: Option<Timestamp>,
    /// End.
    end_time: Option<Timestamp>,
    /// The provider's event type.
    event_type: Option<String>,
    /// Who is met first.
    host: Option<String>,
    /// How many have a place.
    places: usize,
}

impl From<Side> for SideBody {
    fn from(side: Side) -> Self {
        Self {
            status: side.status,
            confirmation: side.confirmation,
            start_time: side.start_time,
            end_time: side.end_time,
            event_type: side.event_type,
            host: side.host,
            places: side.places,
        }
    }
}

impl From<Finding> for FindingBody {
    fn from(row: Finding) -> Self {
        Self {
            id: row.id.0,
            connection_id: row.connection_id.0,
            external_id: row.external_id,
            booking_id: row.booking_id.map(i64::from),
            differences: row
                .differences
                .0
                .into_iter()
                .map(Difference::as_str)
                .collect(),
            ours: row.ours.map(|side| side.0.into()),
            theirs: row.theirs.map(|side| side.0.into()),
            state: row.state.as_str(),
            first_seen_at: row.first_seen_at,
            last_seen_at: row.last_seen_at,
            settled_at: row.settled_at,
            settled_by: row.settled_by,
        }
    }
}

/// What a door says when a finding cannot be settled.
fn problem(app: &App, error: &ReviewError) -> Problem {
    let detail = error.to_string();
    match error {
        ReviewError::NotFound(_) => Problem::not_found(detail),
        ReviewError::Settled { .. } | ReviewError::NoBooking(_) => {
            Problem::new(Code::Conflict, detail)
        }
        ReviewError::Target(error) => of_target(app.clock.now(), error),
        ReviewError::Ask(error) => of_asking(app.clock.now(), error),
        ReviewError::Store(error) => {
            tracing::warn!(%error, "A finding could not be settled");
            Problem::try_again()
        }
    }
}

/// Which findings.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FindingQuery {
    /// Only in this state: `open`, `ours`, `theirs`, `dismissed` or `agreed`.
    state: Option<String>,
    /// Only of this connection.
    connection_id: Option<i64>,
    /// How many, 1 to 200; 50 if absent.
    limit: Option<i64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// List findings
///
/// Bookings about which we and their provider differ and no rule decides, newest first. `state=open` are those that a person
/// should look at. Settled ones are forgotten after 90 days.
#[utoipa::path(
    get, path = "/api/v1/findings", tag = "bookings", operation_id = "list_findings",
    params(FindingQuery),
    responses((status = 200, description = "A page of findings", body = PageBody<FindingBody>)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    ValidQuery(query): ValidQuery<FindingQuery>,
) -> Result<Json<PageBody<FindingBody>>, Problem> {
    let page = page::request(query.limit, query.cursor.as_deref(), USUAL)?;
    let unknown = || Problem::invalid("state", "use open, ours, theirs, dismissed or agreed");
    let filter = FindingFilter {
        state: match query.state {
            Some(word) => Some(FindingState::from_word(&word).ok_or_else(unknown)?),
            None => None,
        },
        connection_id: query.connection_id.map(ConnectionId),
    };
    let found = agreement::list_findings(&app, &scope, &filter, page).await?;
    Ok(Json(PageBody::of(found, FindingBody::from)))
}

/// Which side is right.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FindingAcceptance)]
pub struct AcceptRequest {
    /// `ours`: it stays as it is here, and the same difference is not asked about again. `theirs`: it becomes as it is at the
    /// provider.
    #[schema(example = "theirs")]
    side: String,
}

/// Decide which side is right
///
/// The provider is asked how the booking stands there now; nothing is changed there. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/findings/{id}/accept", tag = "bookings", operation_id = "accept_finding",
    params(("id" = String, Path, description = "`id`")),
    request_body = AcceptRequest,
    responses((status = 200, description = "It is settled", body = FindingBody)),
)]
pub async fn accept(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<AcceptRequest>,
) -> Result<Json<FindingBody>, Problem> {
    let chosen = match request.side.as_str() {
        "ours" => Chosen::Ours,
        "theirs" => Chosen::Theirs,
        _ => return Err(Problem::invalid("side", "use ours or theirs")),
    };
    let settled = agreement::accept(&app, &scope, parse(&id)?, chosen).await;
    settled
        .map(|finding| Json(finding.into()))
        .map_err(|error| problem(&app, &error))
}

/// Dismiss a finding
///
/// If the next comparison still finds the difference, it is a new finding. Needs the permission `admin`.
#[utoipa::path(
    post, path = "/api/v1/findings/{id}/dismiss", tag = "bookings", operation_id = "dismiss_finding",
    params(("id" = String, Path, description = "`id`")),
    responses((status = 200, description = "It is settled", body = FindingBody)),
)]
pub async fn dismiss(
    State(app): State<App>,
    Admin(scope): Admin,
    AnyId(id): AnyId,
) -> Result<Json<FindingBody>, Problem> {
    let settled = agreement::dismiss(&app, &scope, parse(&id)?).await;
    settled
        .map(|finding| Json(finding.into()))
        .map_err(|error| problem(&app, &error))
}

fn parse(id: &str) -> Result<FindingId, Problem> {
    id.parse()
        .map_err(|_| Problem::not_found(format!("there is no finding {id}")))
}
