//! `/cal-bookings`: every stored booking of Cal.com, for administrators; compared with Cal.com first, if they say so.

use std::time::Duration;

use axum::{
    Json,
    extract::{Query, Request, State},
    http::request::Parts,
};
use calbridge_core::{
    provider::Provider,
    scope::{Permission, Scope},
};
use calbridge_store::{
    PageRequest,
    bookings::BookingFilter,
    sync_runs::{RunState, SyncCause, SyncRun},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    agreement::{self, Extent},
    app::App,
    booking::{self, FoundBooking},
    http::{
        api::sync_runs::SyncRunBody,
        auth, body,
        problem::{Code, Problem},
    },
};

/// A body says what to do, in a few words.
const MOST_BYTES: usize = 16 * 1024;

/// A comparison that takes longer goes on; its state is told.
const PATIENCE: Duration = Duration::from_secs(25);

/// Stored bookings.
#[derive(Serialize, ToSchema)]
#[schema(as = CalBookings)]
pub struct BookingsBody {
    /// The bookings, the newest first.
    bookings: Vec<FunctionBooking>,
    /// What came of the comparison, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<Vec<SyncRunBody>>,
}

/// A booking.
#[derive(Serialize, ToSchema)]
#[schema(as = CalBooking)]
pub struct FunctionBooking {
    /// Id.
    id: Uuid,
    /// Cal.com's current uid.
    cal_uid: Option<String>,
    /// Title.
    title: Option<String>,
    /// Who booked.
    attendee_name: Option<String>,
    /// Their address.
    attendee_email: Option<String>,
    /// Start.
    start_time: Option<Timestamp>,
    /// End.
    end_time: Option<Timestamp>,
    /// `scheduled`, `rescheduled`, `completed` or `cancelled`.
    #[schema(example = "scheduled")]
    status: String,
    /// When it was stored.
    created_at: Timestamp,
}

impl From<FoundBooking> for FunctionBooking {
    fn from(found: FoundBooking) -> Self {
        let FoundBooking {
            booking, attendees, ..
        } = found;
        let booker = attendees.into_iter().find(|one| one.role == "booker");
        let (attendee_name, attendee_email) =
            booker.map_or((None, None), |booker| (booker.name, booker.email));
        let status = match booking.status.as_str() {
            "scheduled" if booking.rescheduled_count > 0 => "rescheduled",
            // There is no word for it here; the session's time is over.
            "no_show" => "completed",
            word => word,
        };
        Self {
            id: booking.public_id,
            status: status.to_owned(),
            cal_uid: booking.external_booking_id,
            title: booking.title,
            attendee_name,
            attendee_email,
            start_time: booking.scheduled_at,
            end_time: booking.ends_at,
            created_at: booking.created_at,
        }
    }
}

/// What to do.
#[derive(Deserialize, Default, utoipa::IntoParams, ToSchema)]
#[serde(default)]
#[into_params(parameter_in = Query)]
#[schema(as = CalBookingsAction)]
pub struct BookingsAction {
    /// `sync` compares them with Cal.com first; absent or `list` only lists.
    #[schema(example = "sync")]
    action: Option<String>,
    /// At most so many are compared, and listed; all if absent.
    limit: Option<usize>,
}

macro_rules! doors {
    ($($get:ident $post:ident $path:literal;)+) => {$(
        /// Stored bookings, as a function
        ///
        /// Every booking of Cal.com that is stored. `action=sync` compares them with Cal.com first. Needs the permission
        /// `admin`.
        #[utoipa::path(
            get, path = $path, tag = "functions",
            params(BookingsAction),
            responses((status = 200, description = "The bookings", body = BookingsBody)),
        )]
        pub async fn $get(State(app): State<App>, request: Request) -> Result<Json<BookingsBody>, Problem> {
            answer(&app, request).await
        }

        /// Stored bookings, as a function with a body
        ///
        /// The same; what to do stands in the body. No body lists.
        #[utoipa::path(
            post, path = $path, tag = "functions",
            params(BookingsAction),
            request_body = Option<BookingsAction>,
            responses((status = 200, description = "The bookings", body = BookingsBody)),
        )]
        pub async fn $post(State(app): State<App>, request: Request) -> Result<Json<BookingsBody>, Problem> {
            answer(&app, request).await
        }
    )+};
}

doors! {
    cal_bookings post_cal_bookings "/cal-bookings";
    functions_cal_bookings post_functions_cal_bookings "/functions/v1/cal-bookings";
}

async fn answer(app: &App, request: Request) -> Result<Json<BookingsBody>, Problem> {
    let (parts, body) = request.into_parts();
    let scope = auth::scope(&parts, app, Permission::Admin).await?;
    let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
    let wish = wish(&parts, &bytes)?;
    let sync = match wish.action.as_deref() {
        None | Some("" | "list") => None,
        Some("sync") => Some(compare(app, &scope, wish.limit).await?),
        Some(_) => return Err(Problem::invalid("action", "use list or sync")),
    };
    Ok(Json(BookingsBody {
        bookings: all(app, &scope, wish.limit.unwrap_or(usize::MAX)).await?,
        sync: sync.map(|runs| runs.into_iter().map(SyncRunBody::from).collect()),
    }))
}

/// What the query says, or else the body.
fn wish(parts: &Parts, bytes: &[u8]) -> Result<BookingsAction, Problem> {
    let query = Query::<BookingsAction>::try_from_uri(&parts.uri)
        .map_err(|_| Problem::invalid("action", "use list or sync, and a number as limit"))?
        .0;
    if query.action.is_some() || bytes.trim_ascii().is_empty() {
        return Ok(query);
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson, error.to_string()))
}

async fn compare(app: &App, scope: &Scope, limit: Option<usize>) -> Result<Vec<SyncRun>, Problem> {
    let extent = Extent { since: None, limit };
    let cause = SyncCause::Function;
    let runs = agreement::now(app, scope, None, extent, cause, PATIENCE, &|_| ()).await?;
    let failed = runs.iter().find(|run| run.state == RunState::Failed);
    match failed.and_then(|run| run.error.as_deref()) {
        Some(why) => Err(Problem::new(Code::SyncFailed, why)),
        None => Ok(runs),
    }
}

async fn all(app: &App, scope: &Scope, limit: usize) -> Result<Vec<FunctionBooking>, Problem> {
    let filter = BookingFilter {
        provider: Some(Provider::CalCom),
        ..BookingFilter::default()
    };
    let mut page = PageRequest::first(PageRequest::MOST);
    let mut bookings = Vec::new();
    loop {
        let found = booking::list(app, scope, &filter, page).await?;
        bookings.extend(found.data.into_iter().map(FunctionBooking::from));
        let Some(below) = found.next_cursor.filter(|_| bookings.len() < limit) else {
            break;
        };
        page.below = Some(below);
    }
    bookings.truncate(limit);
    Ok(bookings)
}
