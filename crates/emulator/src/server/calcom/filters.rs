//! Which bookings a list is about, and in which order: 1.7.3.

use jiff::Timestamp;

use super::params::Params;
use super::refusal::Refusal;
use crate::calcom::{Booking, BookingUid, CalCom, Status};

/// A part of all bookings, as seen from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Upcoming,
    Recurring,
    Past,
    Cancelled,
    Unconfirmed,
}

pub(super) const PARTS: [(&str, Part); 5] = [
    ("upcoming", Part::Upcoming),
    ("recurring", Part::Recurring),
    ("past", Part::Past),
    ("cancelled", Part::Cancelled),
    ("unconfirmed", Part::Unconfirmed),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    Up,
    Down,
}

const DIRECTIONS: [(&str, Direction); 2] = [("asc", Direction::Up), ("desc", Direction::Down)];

/// What a booking must have to be in the list.
#[derive(Debug, Default)]
pub(super) struct Filters {
    parts: Vec<Part>,
    attendee_email: Option<String>,
    attendee_name: Option<String>,
    uid: Option<BookingUid>,
    event_types: Option<Vec<i64>>,
    teams: Option<Vec<i64>>,
    users: Option<Vec<i64>>,
    after_start: Option<Timestamp>,
    before_end: Option<Timestamp>,
    created: (Option<Timestamp>, Option<Timestamp>),
    updated: (Option<Timestamp>, Option<Timestamp>),
}

impl Part {
    /// Declined requests are with the cancelled ones. Whether requests that wait count as upcoming is not
    /// documented; here they are only unconfirmed.
    fn has(self, booking: &Booking, now: Timestamp) -> bool {
        let is_over = booking.end < now;
        let is_off = matches!(booking.status, Status::Cancelled | Status::Rejected);
        match self {
            Self::Upcoming => !is_over && booking.status == Status::Accepted,
            Self::Recurring => !is_over && !is_off && booking.series.is_some(),
            Self::Past => is_over && !is_off,
            Self::Cancelled => is_off,
            Self::Unconfirmed => !is_over && booking.status == Status::Pending,
        }
    }
}

impl Filters {
    pub(super) fn of(params: &Params) -> Result<Self, Refusal> {
        let mut parts = Vec::new();
        for given in params.list("status").unwrap_or_default() {
            let known = PARTS.iter().find(|(word, _)| *word == given);
            let (_, part) = known.ok_or_else(|| {
                Refusal::bad_request(
                    "Invalid status. Allowed are upcoming, recurring, past, cancelled, unconfirmed",
                )
            })?;
            parts.push(*part);
        }
        Ok(Self {
            parts,
            attendee_email: params.get("attendeeEmail").map(str::to_owned),
            attendee_name: params.get("attendeeName").map(str::to_owned),
            uid: params.get("bookingUid").map(BookingUid::new),
            event_types: either(
                params.numbers("eventTypeIds")?,
                params.numbers("eventTypeId")?,
            ),
            teams: either(params.numbers("teamsIds")?, params.numbers("teamId")?),
            users: params.numbers("userIds")?,
            after_start: params.instant("afterStart")?,
            before_end: params.instant("beforeEnd")?,
            created: (
                params.instant("afterCreatedAt")?,
                params.instant("beforeCreatedAt")?,
            ),
            updated: (
                params.instant("afterUpdatedAt")?,
                params.instant("beforeUpdatedAt")?,
            ),
        })
    }

    /// The one part asked for.
    pub(super) fn part(&self) -> Option<Part> {
        self.parts.first().copied()
    }

    pub(super) fn let_through(&self, calcom: &CalCom, booking: &Booking, now: Timestamp) -> bool {
        let team = || {
            calcom
                .event_types()
                .iter()
                .find(|one| one.id == booking.event_type_id)
                .and_then(crate::calcom::EventType::team)
        };
        let is_there = |wanted: &str, of: fn(&crate::calcom::Attendee) -> &str| {
            booking.present().any(|attendee| of(attendee) == wanted)
        };
        (self.parts.is_empty() || self.parts.iter().any(|part| part.has(booking, now)))
            && self
                .attendee_email
                .as_deref()
                .is_none_or(|email| is_there(email, |attendee| &attendee.email))
            && self
                .attendee_name
                .as_deref()
                .is_none_or(|name| is_there(name, |attendee| &attendee.name))
            && self.uid.as_ref().is_none_or(|uid| *uid == booking.uid)
            && is_in(self.event_types.as_ref(), Some(booking.event_type_id))
            && (self.teams.is_none() || is_in(self.teams.as_ref(), team()))
            && is_in(self.users.as_ref(), Some(booking.host_id))
            && self.after_start.is_none_or(|after| booking.start >= after)
            && self.before_end.is_none_or(|before| booking.end <= before)
            && is_between(self.created, booking.created_at)
            && is_between(self.updated, booking.updated_at)
    }
}

/// Put bookings in the order wished for; in that of their making, when there is no wish.
pub(super) fn sort(bookings: &mut [&Booking], params: &Params) -> Result<(), Refusal> {
    type Key = fn(&Booking) -> Timestamp;
    let keys: [(&str, Key); 4] = [
        ("sortUpdatedAt", |booking| booking.updated_at),
        ("sortCreated", |booking| booking.created_at),
        ("sortEnd", |booking| booking.end),
        ("sortStart", |booking| booking.start),
    ];
    // Sorting is stable, so the wish that counts most comes last.
    for (name, key) in keys {
        match params.word(name, &DIRECTIONS)? {
            Some(Direction::Up) => bookings.sort_by_key(|booking| key(booking)),
            Some(Direction::Down) => {
                bookings.sort_by_key(|booking| std::cmp::Reverse(key(booking)));
            }
            None => {}
        }
    }
    Ok(())
}

fn either(many: Option<Vec<i64>>, one: Option<Vec<i64>>) -> Option<Vec<i64>> {
    many.or(one)
}

fn is_in(wanted: Option<&Vec<i64>>, id: Option<i64>) -> bool {
    wanted.is_none_or(|wanted| id.is_some_and(|id| wanted.contains(&id)))
}

fn is_between((after, before): (Option<Timestamp>, Option<Timestamp>), at: Timestamp) -> bool {
    after.is_none_or(|after| at >= after) && before.is_none_or(|before| at <= before)
}
