//! What becomes of a booking.

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::booking::{Bookings, one_or_series};
use crate::calcom::api::{
    Call, Family, Operation, Profile,
    instant::instant,
    reader::{Misread, Object, Shape},
};

/// When to meet instead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reschedule {
    /// When it begins; the length stays.
    pub start: Timestamp,
    /// The address of whoever moves it. The host's own moves a booking without asking the host again.
    pub by: Option<String>,
    /// Why. Left out for a seat, where Cal.com refuses a reason.
    pub reason: Option<String>,
    /// Which seat, where several share a slot.
    pub seat_uid: Option<String>,
}

/// Not to meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cancel {
    /// Why. New event types demand a reason from the host.
    pub reason: Option<String>,
    /// Which occurrences of a series.
    pub occurrences: Occurrences,
    /// Which seat, where several share a slot.
    pub seat_uid: Option<String>,
}

/// Which occurrences of a series.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Occurrences {
    /// Only this one.
    This,
    /// This one and all after it.
    ThisAndLater,
}

/// Whether somebody came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Attendance {
    Present,
    Absent,
}

/// Who came and who did not.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Absences {
    /// Whether the host came, if that is to be said.
    pub host: Option<Attendance>,
    /// Whether attendees came, by their stored addresses.
    pub attendees: Vec<(String, Attendance)>,
}

/// To whom a booking was given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reassigned {
    /// The booking.
    pub booking_uid: String,
    /// Cal.com's id of the new host.
    pub host_id: i64,
    /// The name.
    pub host_name: Option<String>,
    /// The address.
    pub host_email: Option<String>,
}

/// Move a booking. The answer is the new one, with a uid of its own.
pub fn reschedule(profile: Profile, uid: &str, to: &Reschedule) -> Call<Bookings> {
    let reason = to.reason.as_ref().filter(|_| to.seat_uid.is_none());
    let body = fields([
        ("start", Some(instant(to.start).into())),
        ("seatUid", to.seat_uid.as_deref().map(Value::from)),
        ("rescheduledBy", to.by.as_deref().map(Value::from)),
        ("reschedulingReason", reason.map(|reason| json!(reason))),
    ]);
    change(Operation::BookingsReschedule, profile, uid, "reschedule").body(body)
}

/// Cancel a booking, a seat of it, or the rest of its series.
pub fn cancel(profile: Profile, uid: &str, cancel: &Cancel) -> Call<Bookings> {
    let later = cancel.occurrences == Occurrences::ThisAndLater && cancel.seat_uid.is_none();
    let body = fields([
        ("seatUid", cancel.seat_uid.as_deref().map(Value::from)),
        (
            "cancellationReason",
            cancel.reason.as_deref().map(Value::from),
        ),
        (
            "cancelSubsequentBookings",
            later.then_some(Value::Bool(true)),
        ),
    ]);
    change(Operation::BookingsCancel, profile, uid, "cancel").body(body)
}

/// Accept a requested booking. One that was rejected is accepted as well.
pub fn confirm(profile: Profile, uid: &str) -> Call<Bookings> {
    change(Operation::BookingsConfirm, profile, uid, "confirm")
}

/// Reject a requested booking.
pub fn decline(profile: Profile, uid: &str, reason: Option<&str>) -> Call<Bookings> {
    let body = fields([("reason", reason.map(Value::from))]);
    change(Operation::BookingsDecline, profile, uid, "decline").body(body)
}

/// Say who did not come; refused before the booking begins.
pub fn mark_absent(profile: Profile, uid: &str, absences: &Absences) -> Call<Bookings> {
    let attendees: Vec<_> = absences
        .attendees
        .iter()
        .map(|(email, attendance)| {
            json!({"email": email, "absent": *attendance == Attendance::Absent})
        })
        .collect();
    let body = fields([
        (
            "host",
            absences.host.map(|host| json!(host == Attendance::Absent)),
        ),
        (
            "attendees",
            (!attendees.is_empty()).then_some(attendees.into()),
        ),
    ]);
    change(Operation::BookingsMarkAbsent, profile, uid, "mark-absent").body(body)
}

/// Give a booking of a round robin to another host: to the user named, or to whoever is next.
pub fn reassign(
    profile: Profile,
    uid: &str,
    to: Option<i64>,
    reason: Option<&str>,
) -> Call<Reassigned> {
    let operation = Operation::BookingsReassign;
    let call = match to {
        Some(user) => Call::new(
            operation,
            Method::POST,
            &[&"bookings", &uid, &"reassign", &user],
            reassigned,
        )
        .body(fields([("reason", reason.map(Value::from))])),
        // There is nowhere to put a reason.
        None => Call::new(
            operation,
            Method::POST,
            &[&"bookings", &uid, &"reassign"],
            reassigned,
        ),
    };
    call.version(profile.version(Family::Bookings))
}

fn change(operation: Operation, profile: Profile, uid: &str, verb: &str) -> Call<Bookings> {
    Call::new(
        operation,
        Method::POST,
        &[&"bookings", &uid, &verb],
        one_or_series,
    )
    .version(profile.version(Family::Bookings))
}

/// Those that have a value: `null` is refused.
fn fields<const N: usize>(fields: [(&str, Option<Value>); N]) -> Value {
    let fields: Map<_, _> = fields
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    Value::Object(fields)
}

fn reassigned(envelope: &Object<'_>) -> Result<Reassigned, Misread> {
    const REASSIGNED: Shape = Shape {
        expected: &["bookingUid", "reassignedTo"],
        possible: &["reason"],
    };
    const HOST: Shape = Shape {
        expected: &["id", "name", "email"],
        possible: &["displayEmail"],
    };
    let it = envelope.need("data")?.object(&REASSIGNED)?;
    let host = it.need("reassignedTo")?.object(&HOST)?;
    let display = host.string("displayEmail")?;
    Ok(Reassigned {
        booking_uid: it.need("bookingUid")?.string()?,
        host_id: host.need("id")?.integer()?,
        host_name: host.string("name")?,
        host_email: display.or(host.string("email")?),
    })
}
