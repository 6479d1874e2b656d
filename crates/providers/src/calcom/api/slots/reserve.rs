//! Keeping a slot for a while.
//!
//! Others no longer see a reserved slot and cannot reserve it. It keeps nobody from booking it, and a booking takes
//! no notice of it: it expires, or is released. Nobody needs a key for any of this, only the uid.

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::calcom::api::{
    Call, Family, Operation, Profile,
    call::get,
    instant::instant,
    reader::{Misread, Object, Part, Shape},
};

/// What to keep, and how long.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ReserveSlot {
    /// Cal.com's id of the event type.
    pub event_type_id: i64,
    /// When the slot begins. Cal.com does not compare it with the opening hours.
    pub start: Timestamp,
    /// Minutes; only where the event type has several lengths.
    pub length: Option<u32>,
    /// Minutes to keep it, otherwise 5. The key must be the owner's, a team mate's or a colleague's.
    pub keep: Option<u32>,
}

/// A slot that is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reservation {
    /// Its name, by which it is released.
    pub uid: String,
    /// Cal.com's id of the event type.
    pub event_type_id: i64,
    /// When the slot begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How long it is kept.
    pub until: Timestamp,
}

const RESERVATION: Shape = Shape {
    expected: &[
        "eventTypeId",
        "slotStart",
        "slotEnd",
        "slotDuration",
        "reservationUid",
        "reservationUntil",
    ],
    possible: &["reservationDuration"],
};

/// Keep a slot.
pub fn reserve(profile: Profile, slot: &ReserveSlot) -> Call<Reservation> {
    let mut body = Map::new();
    body.insert("eventTypeId".to_owned(), slot.event_type_id.into());
    body.insert("slotStart".to_owned(), instant(slot.start).into());
    if let Some(length) = slot.length {
        body.insert("slotDuration".to_owned(), length.into());
    }
    if let Some(keep) = slot.keep {
        body.insert("reservationDuration".to_owned(), keep.into());
    }
    Call::new(
        Operation::SlotsReserve,
        Method::POST,
        &[&"slots", &"reservations"],
        kept,
    )
    .version(profile.version(Family::Slots))
    .body(Value::Object(body))
}

/// Ask what became of a kept slot; `None` when it is unknown or has expired.
pub fn reservation(profile: Profile, uid: &str) -> Call<Option<Reservation>> {
    get(
        Operation::SlotsReservation,
        &[&"slots", &"reservations", &uid],
        maybe_kept,
    )
    .version(profile.version(Family::Slots))
}

/// Let a kept slot go. It succeeds as well when there is none of that name.
pub fn release(profile: Profile, uid: &str) -> Call<()> {
    Call::new(
        Operation::SlotsRelease,
        Method::DELETE,
        &[&"slots", &"reservations", &uid],
        |_| Ok(()),
    )
    .version(profile.version(Family::Slots))
}

fn kept(envelope: &Object<'_>) -> Result<Reservation, Misread> {
    read(&envelope.need("data")?)
}

fn maybe_kept(envelope: &Object<'_>) -> Result<Option<Reservation>, Misread> {
    envelope.recognize("data", "a reservation, or `null`")?;
    envelope.part("data").map(|part| read(&part)).transpose()
}

fn read(part: &Part<'_>) -> Result<Reservation, Misread> {
    let kept = part.object(&RESERVATION)?;
    Ok(Reservation {
        uid: kept.need("reservationUid")?.string()?,
        event_type_id: kept.need("eventTypeId")?.integer()?,
        start: kept.need("slotStart")?.time()?,
        end: kept.need("slotEnd")?.time()?,
        until: kept.need("reservationUntil")?.time()?,
    })
}
