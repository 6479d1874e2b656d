//! Bookings: book, move, call off, and what became of that.

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use calbridge_core::{ids::LeadId, lane::Lane, state::Confirmation};
use calbridge_store::intents::Intent;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{BookingBody, problem};
use crate::{
    app::App,
    booking::{
        self, AttendeeRequest, BookRequest, CancelRequest, ChangeError, Ended, FoundBooking,
        FoundIntent, Outcome, RescheduleRequest,
    },
    correlation,
    http::{
        api::params,
        auth::{Reader, Writer},
        extract::{AnyId, OptionalJson, ValidJson},
        idempotency::KEY,
        problem::Problem,
    },
};

/// What to book, when and for whom. A lead is enough where it has a name and an e-mail address.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBooking)]
pub struct NewBookingRequest {
    /// The lead; if absent, whoever has the e-mail address, who becomes a lead.
    #[schema(example = 123)]
    lead_id: Option<i64>,
    /// Name; if absent, the lead's.
    #[schema(example = "Ann Example")]
    name: Option<String>,
    /// E-mail address; if absent, the lead's.
    #[schema(example = "ann@example.org")]
    email: Option<String>,
    /// International phone number; if absent, the lead's.
    phone: Option<String>,
    /// Any id of the event type; the default one if absent.
    #[serde(default, alias = "event_type_id", deserialize_with = "any_id")]
    #[schema(value_type = Option<String>)]
    event_type: Option<String>,
    /// When; the next free time if absent.
    #[schema(example = "2026-03-02T10:00:00Z")]
    start_time: Option<String>,
    /// Minutes, where the event type has several lengths.
    duration: Option<u32>,
    /// A hold of the caller's: its slot is booked. One that is over does no harm, its time may still be free.
    hold_id: Option<String>,
    /// IANA zone; if absent the lead's, the tenant's, UTC.
    #[serde(alias = "time_zone")]
    #[schema(example = "Europe/Amsterdam")]
    timezone: Option<String>,
    /// Language tag; if absent, the lead's.
    language: Option<String>,
    /// What the host should know.
    notes: Option<String>,
    /// Answers to the event type's questions, by their slugs.
    #[serde(default)]
    responses: Map<String, Value>,
    /// What goes along to the provider and comes back with its events: at most 47 entries, with names of 40 and texts of
    /// 500 characters.
    #[serde(default)]
    metadata: Map<String, Value>,
}

/// A booking to be called off.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = BookingCancellation)]
pub struct CancelBookingRequest {
    /// The id in the path, if it is repeated.
    #[serde(deserialize_with = "any_id")]
    #[schema(value_type = Option<String>)]
    booking_id: Option<String>,
    /// Why, for those who come.
    cancellation_reason: Option<String>,
}

/// A booking to be moved.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = BookingMove)]
pub struct RescheduleBookingRequest {
    /// The id in the path, if it is repeated.
    #[serde(default, deserialize_with = "any_id")]
    #[schema(value_type = Option<String>)]
    booking_id: Option<String>,
    /// The new start.
    #[schema(example = "2026-03-03T10:00:00Z")]
    new_start_time: String,
    /// Why, for those who come.
    reschedule_reason: Option<String>,
}

/// A booking that was made.
#[derive(Serialize, ToSchema)]
#[schema(as = Booked)]
pub struct BookedBody {
    /// The provider's number, or our id where it has none.
    booking_id: i64,
    /// The provider's id.
    booking_uid: Option<String>,
    /// Link to the meeting.
    booking_url: Option<String>,
    /// Start.
    start_time: Option<Timestamp>,
    /// End.
    end_time: Option<Timestamp>,
    /// `accepted`, or `pending` where the host has to agree.
    #[schema(example = "accepted")]
    status: &'static str,
    /// The lead.
    lead_id: Option<i64>,
}

impl From<FoundBooking> for BookedBody {
    fn from(found: FoundBooking) -> Self {
        let booking = found.booking;
        let status = match (booking.confirmation, booking.status.as_str()) {
            (Confirmation::Rejected, _) => "rejected",
            (_, "cancelled") => "cancelled",
            (Confirmation::Pending, _) => "pending",
            (Confirmation::Confirmed, _) => "accepted",
        };
        Self {
            booking_id: booking.external_number.unwrap_or(booking.id.0),
            booking_uid: booking.external_booking_id,
            booking_url: booking.meeting_url,
            start_time: booking.scheduled_at,
            end_time: booking.ends_at,
            status,
            lead_id: booking.lead_id.map(i64::from),
        }
    }
}

/// Something wanted of a provider, and what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = BookingIntent)]
pub struct IntentBody {
    /// Id.
    id: Uuid,
    /// `book`, `reschedule`, `cancel`, `confirm`, `decline`, `no_show` or `assign`.
    #[schema(example = "book")]
    kind: &'static str,
    /// `settling` (not known yet: look again), `done`, `taken`, `refused` or `not_done`.
    #[schema(example = "settling")]
    status: &'static str,
    /// What the provider said, when it refused.
    reason: Option<String>,
    /// The booking, once it is done.
    booking: Option<BookedBody>,
    /// The lead.
    lead_id: Option<i64>,
    /// When it was wanted.
    created_at: Timestamp,
    /// When it was known what became of it.
    settled_at: Option<Timestamp>,
    /// When we look again.
    next_look_at: Option<Timestamp>,
}

impl From<FoundIntent> for IntentBody {
    fn from(found: FoundIntent) -> Self {
        let FoundIntent { intent, ended } = found;
        let (status, reason, booking) = match ended {
            Ended::Settling => ("settling", None, None),
            Ended::Done(found) => ("done", None, found.map(|found| BookedBody::from(*found))),
            Ended::Taken => ("taken", None, None),
            Ended::Refused(said) => ("refused", Some(said.message), None),
            Ended::NotDone => ("not_done", None, None),
        };
        Self {
            id: intent.public_id,
            kind: intent.standing.kind.as_str(),
            status,
            reason,
            booking,
            lead_id: intent.lead_id.map(i64::from),
            created_at: intent.created_at,
            settled_at: intent.settled_at,
            next_look_at: intent.next_look_at,
        }
    }
}

impl NewBookingRequest {
    pub(super) fn parse(self, headers: &HeaderMap) -> Result<BookRequest, Problem> {
        let read = params::filled;
        let name = headers.get(KEY).and_then(|key| key.to_str().ok());
        let attendee = AttendeeRequest {
            name: read(self.name),
            email: read(self.email)
                .map(|email| params::email("email", &email))
                .transpose()?,
            phone: read(self.phone)
                .map(|phone| params::phone("phone", &phone))
                .transpose()?,
            time_zone: read(self.timezone)
                .map(|zone| params::time_zone("timezone", &zone))
                .transpose()?,
            language: read(self.language),
        };
        Ok(BookRequest {
            name: name.map(str::to_owned),
            lead: self.lead_id.map(LeadId),
            event_type: read(self.event_type),
            start: read(self.start_time)
                .map(|start| params::instant("start_time", &start))
                .transpose()?,
            duration: self.duration,
            attendee,
            notes: read(self.notes),
            responses: self.responses,
            metadata: self.metadata,
            lane: Lane::Interactive,
        })
    }
}

/// Book a meeting
///
/// At the provider, once. Without a start, the next free time is booked. Where the provider's answer is lost, the answer is
/// 202 with a place to look: it is found out what became of it, and never booked twice.
#[utoipa::path(
    post, path = "/api/v1/bookings", tag = "bookings", operation_id = "book",
    request_body = NewBookingRequest,
    responses(
        (status = 201, description = "Booked", body = BookedBody, headers(("Location", description = "The booking's path"))),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`slot_taken`: somebody else has the time; `alternatives` are free", content_type = "application/problem+json"),
    ),
)]
pub async fn book(
    State(app): State<App>,
    Writer(scope): Writer,
    headers: HeaderMap,
    ValidJson(request): ValidJson<NewBookingRequest>,
) -> Result<Response, Problem> {
    let hold = params::filled(request.hold_id.clone());
    let request = request.parse(&headers)?;
    let now = app.clock.now();
    let booking = async move {
        match hold {
            Some(hold) => booking::book_held(&app, &scope, &hold, request).await,
            None => booking::book(&app, &scope, request).await,
        }
    };
    match to_its_end(booking).await? {
        Ok(Outcome::Done(found)) => {
            let location = format!("/api/v1/bookings/{}", found.booking.id);
            let location = [(header::LOCATION, location)];
            let body = Json(BookedBody::from(*found));
            Ok((StatusCode::CREATED, location, body).into_response())
        }
        Ok(Outcome::Settling(intent)) => Ok(settling(*intent)),
        Err(error) => Err(problem::of_booking(now, error)),
    }
}

/// Call a booking off
///
/// At the provider, which tells those who come. One that is off already stays so.
#[utoipa::path(
    delete, path = "/api/v1/bookings/{id}", tag = "bookings", operation_id = "cancel_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    request_body = Option<CancelBookingRequest>,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
    ),
)]
pub async fn cancel(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    OptionalJson(request): OptionalJson<CancelBookingRequest>,
) -> Result<Response, Problem> {
    same_id(&id, request.booking_id.as_deref())?;
    let request = CancelRequest {
        booking: id,
        reason: params::filled(request.cancellation_reason),
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let cancelling = async move { booking::cancel(&app, &scope, request).await };
    changed(now, to_its_end(cancelling).await?)
}

/// Move a booking
///
/// To another time, at the provider. It stays the same booking; at Cal.com it gets a new uid and number, and the former
/// ones go on finding it.
#[utoipa::path(
    patch, path = "/api/v1/bookings/{id}", tag = "bookings", operation_id = "reschedule_booking",
    params(("id" = String, Path, description = "Any id the booking ever had")),
    request_body = RescheduleBookingRequest,
    responses(
        (status = 200, description = "The booking as it is now", body = BookingBody),
        (status = 202, description = "Not known yet", body = IntentBody, headers(("Location", description = "Where to look"))),
        (status = 409, description = "`slot_taken`: somebody else has the time; `alternatives` are free", content_type = "application/problem+json"),
    ),
)]
pub async fn reschedule(
    State(app): State<App>,
    Writer(scope): Writer,
    AnyId(id): AnyId,
    ValidJson(request): ValidJson<RescheduleBookingRequest>,
) -> Result<Response, Problem> {
    same_id(&id, request.booking_id.as_deref())?;
    let request = RescheduleRequest {
        booking: id,
        start: params::instant("new_start_time", &request.new_start_time)?,
        reason: params::filled(request.reschedule_reason),
        lane: Lane::Interactive,
    };
    let now = app.clock.now();
    let moving = async move { booking::reschedule(&app, &scope, request).await };
    changed(now, to_its_end(moving).await?)
}

/// What became of something wanted
///
/// Where an answer was 202, its `Location` leads here.
#[utoipa::path(
    get, path = "/api/v1/bookings/intents/{id}", tag = "bookings", operation_id = "get_booking_intent",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "What is known", body = IntentBody)),
)]
pub async fn intent(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
) -> Result<Json<IntentBody>, Problem> {
    match booking::find_intent(&app, &scope, &id).await? {
        Some(found) => Ok(Json(found.into())),
        None => Err(Problem::not_found(format!("nothing was wanted under {id}"))),
    }
}

/// Whoever hangs up does not stop it halfway: the provider may have been asked.
pub(super) async fn to_its_end<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Problem> {
    let working = correlation::spawn(work);
    working.await.map_err(|_| Problem::internal())
}

pub(super) fn changed(
    now: Timestamp,
    outcome: Result<Outcome, ChangeError>,
) -> Result<Response, Problem> {
    match outcome {
        Ok(Outcome::Done(found)) => Ok(Json(BookingBody::from(*found)).into_response()),
        Ok(Outcome::Settling(intent)) => Ok(settling(*intent)),
        Err(error) => Err(problem::of_change(now, error)),
    }
}

pub(super) fn settling(intent: Intent) -> Response {
    let location = format!("/api/v1/bookings/intents/{}", intent.public_id);
    let body = IntentBody::from(FoundIntent {
        intent,
        ended: Ended::Settling,
    });
    let location = [(header::LOCATION, location)];
    (StatusCode::ACCEPTED, location, Json(body)).into_response()
}

/// An id that is repeated in the body must be the one in the path.
fn same_id(path: &str, body: Option<&str>) -> Result<(), Problem> {
    match body {
        Some(id) if id != path => Err(Problem::invalid(
            "booking_id",
            "it differs from the id in the path",
        )),
        _ => Ok(()),
    }
}

/// An id as a number or as text.
pub(super) fn any_id<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an id as a number or a text")]
    enum Written {
        Number(i64),
        Text(String),
    }
    let written = Option::<Written>::deserialize(deserializer)?;
    Ok(written.map(|written| match written {
        Written::Number(number) => number.to_string(),
        Written::Text(text) => text,
    }))
}
