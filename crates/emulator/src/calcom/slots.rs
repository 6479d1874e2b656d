//! Which starts are free.

use jiff::{SignedDuration, Timestamp};

use super::availability::Reserved;
use super::schedule::Span;
use super::{BookingUid, CalCom, EventType, Kind, Status};

/// What somebody wants to know.
#[derive(Debug, Clone)]
pub(crate) struct SlotQuery {
    /// Starts from here to there.
    pub(crate) span: Span,
    /// The length; not checked, and not always bookable.
    pub(crate) minutes: Option<i32>,
    /// A booking that is to be moved: its own time counts as free.
    pub(crate) moved: Option<BookingUid>,
}

/// A free start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) span: Span,
    pub(crate) seats: Option<Seats>,
}

/// How full a seated slot is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seats {
    pub(crate) booked: u32,
    pub(crate) total: u32,
    pub(crate) booking: Option<BookingUid>,
}

impl CalCom {
    /// The free slots of an event type. Its starts lie on a grid that begins with the opening hours.
    pub(crate) fn slots(
        &self,
        event_type: &EventType,
        query: &SlotQuery,
        now: Timestamp,
    ) -> Vec<Offer> {
        let minutes = query.minutes.unwrap_or(event_type.minutes).max(1);
        let bookable = self.bookable(event_type, now);
        let wanted = Span {
            start: query.span.start.max(bookable.start),
            end: query.span.end.min(bookable.end),
        };
        if wanted.end <= wanted.start {
            return Vec::new();
        }
        let mut starts = Vec::new();
        for (position, host) in self.hosts_of(event_type).into_iter().enumerate() {
            let free = self.free_starts(event_type, host, wanted, minutes, query, now);
            if event_type.kind == Kind::Collective && position > 0 {
                starts.retain(|start| free.contains(start));
            } else {
                starts.extend(free);
            }
        }
        starts.sort();
        starts.dedup();
        starts
            .into_iter()
            .filter(|start| !self.is_full_on(event_type, *start, query.moved.as_ref()))
            .filter_map(|start| {
                let seats = match event_type.places() {
                    Some(places) => Some(self.seats_at(event_type, start, places)?),
                    None => None,
                };
                let span = Span::new(start, minutes);
                Some(Offer { span, seats })
            })
            .collect()
    }

    fn free_starts(
        &self,
        event_type: &EventType,
        host: i64,
        wanted: Span,
        minutes: i32,
        query: &SlotQuery,
        now: Timestamp,
    ) -> Vec<Timestamp> {
        let settings = &event_type.settings;
        let step = settings.slot_interval.unwrap_or(minutes).max(1);
        let step = SignedDuration::from_mins(step.into());
        let offset = SignedDuration::from_mins(settings.offset_start.into());
        let taken = self.taken(event_type, host, query.moved.as_ref(), Reserved::Taken(now));
        let mut free = Vec::new();
        for open in self.opening(event_type, host, wanted) {
            let mut next = open.start.checked_add(offset).ok();
            while let Some(start) = next.filter(|start| *start < open.end.min(wanted.end)) {
                let span = Span::new(start, minutes);
                // A class somebody has booked stays open for others while it has seats.
                let is_class =
                    event_type.is_seated() && self.seated_at(event_type.id, start).is_some();
                let is_free = is_class || !taken.iter().any(|taken| taken.overlaps(span));
                if start >= wanted.start && open.contains(span) && is_free {
                    free.push(start);
                }
                next = start.checked_add(step).ok();
            }
        }
        free
    }

    /// How full the slot is; nothing when no seat is left.
    fn seats_at(&self, event_type: &EventType, start: Timestamp, total: u32) -> Option<Seats> {
        let booking = self.bookings().find(|booking| {
            booking.event_type_id == event_type.id
                && booking.start == start
                && booking.status == Status::Accepted
        });
        let booked = booking.map_or(0, |booking| booking.present().count());
        let booked = u32::try_from(booked).unwrap_or(u32::MAX);
        (booked < total).then(|| Seats {
            booked,
            total,
            booking: booking.map(|booking| booking.uid.clone()),
        })
    }

    /// When all of these hosts are free, without any event type.
    pub(crate) fn common_slots(
        &self,
        hosts: Vec<i64>,
        query: &SlotQuery,
        now: Timestamp,
    ) -> Vec<Offer> {
        let together = EventType {
            kind: Kind::Collective,
            owner: super::Owner::Team { team: 0, hosts },
            // Nobody set a notice for a meeting that has no event type.
            settings: super::Settings {
                minimum_notice: 0,
                ..super::Settings::default()
            },
            ..EventType::new("", "", 30)
        };
        self.slots(&together, query, now)
    }
}
