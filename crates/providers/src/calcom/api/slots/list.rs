//! When an event type is free.

use jiff::{SignedDuration, Timestamp, civil::Date};

use crate::calcom::api::{
    Call, EventTypeRef, Family, Operation, Profile,
    call::get,
    instant::instant,
    reader::{Misread, Object, Part, Shape},
};

/// What to look for.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SlotsQuery {
    /// What is to be booked.
    pub event_type: EventTypeRef,
    /// Starts from here.
    pub from: Timestamp,
    /// Starts before this. Cal.com works by days, so later ones may come as well.
    pub to: Timestamp,
    /// Minutes, where the event type has several lengths. Cal.com does not check them: slots of a length that the
    /// event type does not have cannot be booked.
    pub duration: Option<u32>,
    /// Only this host of a round robin. Undocumented, so better left alone where it is not needed.
    pub host: Option<i64>,
    /// The uid of a booking that is to move: its own time counts as free.
    pub reschedule: Option<String>,
}

/// A time that can be booked.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct OfferedSlot {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// Where several may share a slot.
    pub seats: Option<SlotSeats>,
}

/// How full a shared slot is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct SlotSeats {
    /// How many may come.
    pub total: u32,
    /// How many are coming.
    pub booked: u32,
    /// The booking they share, once there is one.
    pub booking_uid: Option<String>,
}

const SLOT: Shape = Shape {
    expected: &["start", "end"],
    possible: &[
        "seatsBooked",
        "seatsRemaining",
        "seatsTotal",
        "bookingUid",
        // The official document's name for `seatsBooked`, which no server is known to send.
        "attendeesCount",
    ],
};

/// Ask when an event type is free. The answer is in the order of time.
pub fn list(profile: Profile, query: &SlotsQuery) -> Call<Vec<OfferedSlot>> {
    let mut call = get(Operation::SlotsList, &[&"slots"], offered)
        .version(profile.version(Family::Slots))
        .query("start", Some(instant(query.from)))
        .query("end", Some(instant(before_midnight(query.to))))
        .query("timeZone", Some("UTC"))
        .query("format", Some("range"));
    for (name, value) in query.event_type.selector() {
        call = call.query(name, Some(value));
    }
    call.query("duration", query.duration)
        .query("rrHostSubsetIds", query.host)
        .query("bookingUidToReschedule", query.reschedule.as_ref())
}

/// An end at exactly midnight would be taken for the whole of the day that begins there.
fn before_midnight(to: Timestamp) -> Timestamp {
    const DAY: i64 = 24 * 60 * 60;
    if to.as_second().rem_euclid(DAY) == 0 && to.subsec_nanosecond() == 0 {
        to.saturating_sub(SignedDuration::from_millis(1))
            .unwrap_or(to)
    } else {
        to
    }
}

/// Days with their slots. The shape of 2024-04-15 has `slots` where the days should be.
fn offered(envelope: &Object<'_>) -> Result<Vec<OfferedSlot>, Misread> {
    let days = envelope.need("data")?.unknown_object()?;
    let mut slots = Vec::new();
    for (day, part) in days.entries() {
        if day.parse::<Date>().is_err() {
            return Err(part.misread("slots by day"));
        }
        for item in part.items()? {
            slots.push(slot(&item)?);
        }
    }
    slots.sort_by_key(|slot| slot.start);
    slots.dedup();
    Ok(slots)
}

fn slot(part: &Part<'_>) -> Result<OfferedSlot, Misread> {
    let slot = part.object(&SLOT)?;
    let seats = slot
        .integer("seatsTotal")?
        .map(|total| {
            Ok(SlotSeats {
                total,
                booked: slot.integer("seatsBooked")?.unwrap_or_default(),
                booking_uid: slot.string("bookingUid")?,
            })
        })
        .transpose()?;
    let (start, end) = (slot.need("start")?.time()?, slot.need("end")?.time()?);
    if start >= end {
        return Err(part.misread("a slot that ends after it begins"));
    }
    Ok(OfferedSlot { start, end, seats })
}
