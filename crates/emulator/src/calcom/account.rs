//! The account itself: what it holds and how to read it.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};

use super::busy::{BusyBlock, Calendars};
use super::clock::ClockRow;
use super::event_type::{EventType, Host};
use super::payload::View;
use super::reservation::Reservation;
use super::schedule::Schedule;
use super::team::{Organization, Team};
use super::{Booking, BookingUid, CalComError, SeatUid, Status, defaults};
use crate::ids::Ids;

/// The part after `@` in an `iCalUID`: the server's brand.
pub(super) const BRAND: &str = "Cal.com";

/// An emulated Cal.com account.
#[derive(Debug)]
pub struct CalCom {
    pub(super) ids: Ids,
    pub(super) hosts: Vec<Host>,
    pub(super) event_types: Vec<EventType>,
    /// No longer offered, but bookings of them may still send messages.
    pub(super) removed: Vec<EventType>,
    pub(super) schedules: Vec<Schedule>,
    pub(super) teams: Vec<Team>,
    pub(super) organization: Option<Organization>,
    pub(super) busy: Vec<BusyBlock>,
    pub(super) calendars: Calendars,
    pub(super) reservations: Vec<Reservation>,
    pub(super) bookings: BTreeMap<i64, Booking>,
    pub(super) by_uid: HashMap<BookingUid, i64>,
    pub(super) clock: Vec<ClockRow>,
    pub(super) last_row: i64,
    pub(super) turns: usize,
    last_booking: i64,
}

impl CalCom {
    /// An account with hosts, one event type of each kind and no bookings.
    pub fn new(seed: u64) -> Self {
        Self {
            ids: Ids::new(seed),
            hosts: defaults::hosts(),
            event_types: defaults::event_types(),
            removed: Vec::new(),
            schedules: defaults::schedules(),
            teams: defaults::teams(),
            organization: None,
            busy: Vec::new(),
            calendars: Calendars::default(),
            reservations: Vec::new(),
            bookings: BTreeMap::new(),
            by_uid: HashMap::new(),
            clock: Vec::new(),
            last_row: 0,
            turns: 0,
            last_booking: 0,
        }
    }

    /// The same account on a server that has given out booking numbers up to this one already: they are the server's,
    /// not the account's, so two accounts never have the same.
    #[must_use]
    pub fn with_numbers_above(mut self, last: i64) -> Self {
        self.last_booking = last;
        self
    }

    /// Every booking ever made, also cancelled ones, in the order they were made.
    pub fn bookings(&self) -> impl Iterator<Item = &Booking> {
        self.bookings.values()
    }

    /// One booking.
    pub fn find_booking(&self, uid: &BookingUid) -> Option<&Booking> {
        self.bookings.get(self.by_uid.get(uid)?)
    }

    /// The occurrences of a series, first one first.
    pub fn find_series(&self, series: &str) -> Vec<&Booking> {
        self.bookings()
            .filter(|booking| booking.series.as_deref() == Some(series))
            .collect()
    }

    /// What can be booked.
    pub fn event_types(&self) -> &[EventType] {
        &self.event_types
    }

    /// Who hosts; the first one owns the account.
    pub fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The number of the last booking made.
    pub(crate) fn last_booking_id(&self) -> i64 {
        self.last_booking
    }

    /// Whether the booking's event type belongs to a team: user-level webhooks do not hear of it.
    pub fn is_team_booking(&self, uid: &BookingUid) -> bool {
        self.view(uid).is_ok_and(|view| view.event_type.is_team())
    }

    /// Forget bookings that ended before an instant, so that a long run stays small.
    pub fn forget_ended_before(&mut self, instant: Timestamp) {
        self.bookings.retain(|_, booking| booking.end >= instant);
        let bookings = &self.bookings;
        self.by_uid.retain(|_, id| bookings.contains_key(id));
    }

    pub(super) fn get(&self, uid: &BookingUid) -> Result<&Booking, CalComError> {
        self.find_booking(uid).ok_or(CalComError::NoSuchBooking)
    }

    pub(super) fn get_mut(&mut self, uid: &BookingUid) -> Result<&mut Booking, CalComError> {
        let id = self.by_uid.get(uid).ok_or(CalComError::NoSuchBooking)?;
        self.bookings.get_mut(id).ok_or(CalComError::NoSuchBooking)
    }

    /// A booking that may still change.
    pub(super) fn get_active(&self, uid: &BookingUid) -> Result<&Booking, CalComError> {
        let booking = self.get(uid)?;
        match (booking.status, &booking.successor) {
            (Status::Cancelled, Some(successor)) => Err(CalComError::AlreadyRescheduled {
                successor: successor.clone(),
            }),
            (Status::Cancelled, None) => Err(CalComError::AlreadyCancelled),
            (Status::Rejected, _) => Err(CalComError::Rejected),
            (Status::Pending | Status::Accepted, _) => Ok(booking),
        }
    }

    pub(super) fn insert(&mut self, booking: Booking) {
        self.by_uid.insert(booking.uid.clone(), booking.id);
        self.bookings.insert(booking.id, booking);
    }

    pub(super) fn next_booking_id(&mut self) -> i64 {
        self.last_booking += 1;
        self.last_booking
    }

    pub(super) fn next_row_id(&mut self) -> i64 {
        self.last_row += 1;
        self.last_row
    }

    pub(super) fn new_uid(&mut self) -> BookingUid {
        BookingUid::new(self.ids.short())
    }

    pub(super) fn new_seat(&mut self) -> SeatUid {
        SeatUid::new(self.ids.uuid())
    }

    pub(super) fn new_ical_uid(&mut self) -> String {
        format!("{}@{BRAND}", self.ids.short())
    }

    /// Whether the host has no other accepted booking then. Pending ones do not block.
    pub(super) fn host_is_free(
        &self,
        host_id: i64,
        start: Timestamp,
        end: Timestamp,
        except: Option<&BookingUid>,
    ) -> bool {
        !self.bookings().any(|booking| {
            booking.host_id == host_id
                && booking.status == Status::Accepted
                && Some(&booking.uid) != except
                && booking.overlaps(start, end)
        })
    }

    /// A booking together with what its messages quote.
    pub(super) fn view(&self, uid: &BookingUid) -> Result<View<'_>, CalComError> {
        let booking = self.get(uid)?;
        let event_type = self.event_type_of(booking)?;
        let host = self
            .hosts
            .iter()
            .find(|host| host.id == booking.host_id)
            .ok_or(CalComError::NoSuchBooking)?;
        Ok(View {
            booking,
            event_type,
            host,
            hosts: &self.hosts,
        })
    }
}

/// When a booking of that length ends.
pub(super) fn end_of(start: Timestamp, minutes: i32) -> Timestamp {
    start
        .checked_add(SignedDuration::from_mins(minutes.into()))
        .unwrap_or(Timestamp::MAX)
}
