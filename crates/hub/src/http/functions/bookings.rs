//! `/cal-bookings`: every stored booking of Cal.com, for administrators; compared with Cal.com first, if they say so.

mod compare;

use axum::{
    Json,
    extract::{Query, Request, State},
    http::{header, request::Parts},
    response::{IntoResponse, Response},
};
use calbridge_core::{
    provider::Provider,
    scope::{Permission, Scope},
};
use calbridge_store::{PageRequest, bookings::BookingFilter};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use self::compare::Form;
use crate::{
    app::App,
    booking::{self, FoundBooking},
    http::{
        api::{
            page::{self, USUAL},
            sync_runs::SyncRunBody,
        },
        auth, body,
        problem::{Code, Problem},
    },
};

/// A body says what to do, in a few words.
const MOST_BYTES: usize = 16 * 1024;

/// Stored bookings.
#[derive(Serialize, ToSchema)]
#[schema(as = CalBookings)]
pub struct BookingsBody {
    /// The bookings, the newest first.
    bookings: Vec<FunctionBooking>,
    /// Give it back as `cursor` to list the next ones; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
    /// What came of the comparison, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync: Option<Vec<SyncRunBody>>,
    /// Give it back as `cursor` with `action=sync` to go on where `limit` cut the comparison short.
    #[serde(skip_serializing_if = "Option::is_none")]
    sync_cursor: Option<String>,
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
    /// Where to go on: the `next_cursor` of a list, or with `action=sync` the `sync_cursor` of a comparison.
    cursor: Option<String>,
}

macro_rules! doors {
    ($($get:ident $post:ident $path:literal;)+) => {$(
        /// Stored bookings, as a function
        ///
        /// Every booking of Cal.com that is stored. `action=sync` compares them with Cal.com first; while that takes time, the
        /// answer has begun and empty lines come before the body, so that nobody in between gives up. What fails then is told
        /// by `error` in the body. With `Accept: application/x-ndjson` each line tells how many were `read`, and the last one
        /// is the body. Needs the permission `admin`.
        #[utoipa::path(
            get, path = $path, tag = "functions",
            params(BookingsAction),
            responses((status = 200, description = "The bookings", body = BookingsBody)),
        )]
        pub async fn $get(State(app): State<App>, request: Request) -> Result<Response, Problem> {
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
        pub async fn $post(State(app): State<App>, request: Request) -> Result<Response, Problem> {
            answer(&app, request).await
        }
    )+};
}

doors! {
    cal_bookings post_cal_bookings "/cal-bookings";
    functions_cal_bookings post_functions_cal_bookings "/functions/v1/cal-bookings";
}

async fn answer(app: &App, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let scope = auth::scope(&parts, app, Permission::Admin).await?;
    let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
    let wish = wish(&parts, &bytes)?;
    match wish.action.as_deref() {
        None | Some("" | "list") => {
            let cursor = wish.cursor.as_deref();
            let listed = list(app, &scope, wish.limit, cursor).await?;
            Ok(Json(listed).into_response())
        }
        Some("sync") => compare::compare(app, scope, wish, form(&parts)).await,
        Some(_) => Err(Problem::invalid("action", "use list or sync")),
    }
}

/// How the answer to a comparison is told.
fn form(parts: &Parts) -> Form {
    let accepted = parts.headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    if accepted.is_some_and(|accepted| accepted.contains(Form::Lines.content_type())) {
        Form::Lines
    } else {
        Form::Whole
    }
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

async fn list(
    app: &App,
    scope: &Scope,
    limit: Option<usize>,
    cursor: Option<&str>,
) -> Result<BookingsBody, Problem> {
    let filter = BookingFilter {
        provider: Some(Provider::CalCom),
        ..BookingFilter::default()
    };
    let mut page = page::request(None, cursor, USUAL)?;
    let mut bookings: Vec<FunctionBooking> = Vec::new();
    let next_cursor = loop {
        let left = limit.map_or(usize::MAX, |limit| limit.saturating_sub(bookings.len()));
        page.limit =
            i64::try_from(left).map_or(PageRequest::MOST, |left| left.min(PageRequest::MOST));
        if page.limit == 0 {
            break page.below;
        }
        let found = booking::list(app, scope, &filter, page).await?;
        bookings.extend(found.data.into_iter().map(FunctionBooking::from));
        if found.next_cursor.is_none() {
            break None;
        }
        page.below = found.next_cursor;
    };
    Ok(BookingsBody {
        bookings,
        next_cursor: next_cursor.map(page::encode),
        sync: None,
        sync_cursor: None,
    })
}
