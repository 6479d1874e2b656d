//! Booking a plain, confirm-first, paid or team event type.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::account::{BRAND, end_of};
use super::event_type::{EventType, Kind, Place};
use super::{Attendee, Booking, BookingUid, CalCom, CalComError, Status};
use crate::Delivery;

/// What someone fills in to book.
#[derive(Debug, Clone)]
pub struct NewBooking {
    /// The event type's slug.
    pub event_type: String,
    /// The event type's id, where the slug alone does not say which one.
    pub event_type_id: Option<i64>,
    /// The length, where there is a choice.
    pub minutes: Option<i32>,
    /// When to start.
    pub start: Timestamp,
    /// The booker's name.
    pub name: String,
    /// The booker's address.
    pub email: String,
    /// The booker's phone number, E.164.
    pub phone: Option<String>,
    /// The booker's IANA zone.
    pub time_zone: String,
    /// The booker's language code.
    pub language: String,
    /// Addresses of further guests.
    pub guests: Vec<String>,
    /// The booker's notes.
    pub notes: Option<String>,
    /// What the caller attaches.
    pub metadata: BTreeMap<String, String>,
    /// Answers to custom questions. Unknown slugs are stored and never shown.
    pub responses: BTreeMap<String, String>,
}

impl NewBooking {
    /// A booking with the least one has to say.
    pub fn new(
        event_type: impl Into<String>,
        start: Timestamp,
        name: impl Into<String>,
        email: impl Into<String>,
    ) -> Self {
        Self {
            event_type: event_type.into(),
            event_type_id: None,
            minutes: None,
            start,
            name: name.into(),
            email: email.into(),
            phone: None,
            time_zone: "Europe/Berlin".to_owned(),
            language: "en".to_owned(),
            guests: Vec::new(),
            notes: None,
            metadata: BTreeMap::new(),
            responses: BTreeMap::new(),
        }
    }
}

impl CalCom {
    /// Book an event type. Sends `BOOKING_CREATED`, `BOOKING_REQUESTED` (confirm-first) or
    /// `BOOKING_PAYMENT_INITIATED` (paid). A seated type gets a seat, a recurring one a single occurrence.
    pub fn book(
        &mut self,
        new: NewBooking,
        now: Timestamp,
    ) -> Result<(BookingUid, Vec<Delivery>), CalComError> {
        let kind = self.wished(&new)?.kind;
        match kind {
            Kind::Seated { .. } => {
                let (uid, _, deliveries) = self.book_seat(new, now)?;
                return Ok((uid, deliveries));
            }
            Kind::Recurring { .. } => {
                let (mut uids, deliveries) = self.book_recurring(&new, 1, now)?;
                return Ok((uids.remove(0), deliveries));
            }
            Kind::Managed => return Err(CalComError::WrongKind),
            Kind::Plain
            | Kind::ConfirmFirst
            | Kind::RoundRobin
            | Kind::Collective
            | Kind::Paid { .. } => {}
        }
        let uid = self.store_new(new, now)?;
        let delivery = match kind {
            Kind::ConfirmFirst => {
                self.get_mut(&uid)?.status = Status::Pending;
                Delivery::calcom("BOOKING_REQUESTED", self.view(&uid)?.requested(), now)
            }
            Kind::Paid { .. } => {
                let payment = self.next_row_id();
                let booking = self.get_mut(&uid)?;
                booking.status = Status::Pending;
                booking.payment = Some(payment);
                let payload = self.view(&uid)?.payment_initiated(payment);
                Delivery::calcom("BOOKING_PAYMENT_INITIATED", payload, now)
            }
            _ => {
                self.schedule(&uid)?;
                Delivery::calcom("BOOKING_CREATED", self.view(&uid)?.created(), now)
            }
        };
        Ok((uid, vec![delivery]))
    }

    /// Check the wish and store an accepted booking for it, without a message.
    pub(super) fn store_new(
        &mut self,
        new: NewBooking,
        now: Timestamp,
    ) -> Result<BookingUid, CalComError> {
        if new.start < now {
            return Err(CalComError::InThePast);
        }
        let event_type = self.wished(&new)?.clone();
        let end = end_of(new.start, new.minutes.unwrap_or(event_type.minutes));
        let host_id = match event_type.user() {
            Some(user) => user,
            None => self.next_free_host(&event_type, new.start, end)?,
        };
        if !self.host_is_free(host_id, new.start, end, None) {
            return Err(CalComError::HostBusy);
        }
        let uid = self.new_uid();
        let location = match &event_type.place {
            Place::Address(text) | Place::Phone(text) => text.clone(),
            Place::Video => video_url(&uid),
        };
        let ical_uid = if event_type.is_seated() {
            self.new_ical_uid()
        } else {
            format!("{uid}@{BRAND}")
        };
        let attendees = self.attendees(&new, event_type.is_seated());
        let booking = Booking {
            id: self.next_booking_id(),
            title: self.title(&event_type.title, host_id, &new.name),
            uid: uid.clone(),
            event_type: event_type.slug,
            event_type_id: event_type.id,
            status: Status::Accepted,
            start: new.start,
            end,
            host_id,
            attendees,
            predecessor: None,
            successor: None,
            series: None,
            metadata: new.metadata,
            location,
            absent_host: false,
            paid: false,
            notes: new.notes,
            responses: new.responses,
            ical_uid,
            ical_sequence: 0,
            created_at: now,
            updated_at: now,
            confirmed_by_host: false,
            location_changed: false,
            cancellation_reason: None,
            rejection_reason: None,
            rescheduling_reason: None,
            rescheduled_by: None,
            one_time_password: self.ids.uuid(),
            idempotency_key: self.ids.uuid(),
            payment: None,
            series_count: 0,
        };
        self.insert(booking);
        Ok(uid)
    }

    /// The event type a wish names.
    pub(super) fn wished(&self, new: &NewBooking) -> Result<&EventType, CalComError> {
        match new.event_type_id {
            Some(id) => self.find_event_type(id).ok_or(CalComError::NoSuchEventType),
            None => self.event_type(&new.event_type),
        }
    }

    /// The booker and, unless seats are counted one by one, the guests.
    pub(super) fn attendees(&mut self, new: &NewBooking, seated: bool) -> Vec<Attendee> {
        let seat = seated.then(|| self.new_seat());
        let mut attendees = vec![Attendee {
            id: self.next_row_id(),
            name: new.name.clone(),
            email: new.email.clone(),
            phone: new.phone.clone(),
            time_zone: new.time_zone.clone(),
            language: new.language.clone(),
            absent: false,
            cancelled: false,
            seat,
            seat_metadata: if seated {
                new.metadata.clone()
            } else {
                BTreeMap::new()
            },
        }];
        if !seated {
            for email in &new.guests {
                attendees.push(Attendee {
                    id: self.next_row_id(),
                    name: String::new(),
                    email: email.clone(),
                    phone: None,
                    time_zone: new.time_zone.clone(),
                    language: "en".to_owned(),
                    absent: false,
                    cancelled: false,
                    seat: None,
                    seat_metadata: BTreeMap::new(),
                });
            }
        }
        attendees
    }

    pub(super) fn title(&self, what: &str, host_id: i64, with: &str) -> String {
        let host = self.hosts.iter().find(|host| host.id == host_id);
        format!(
            "{what} between {} and {with}",
            host.map_or("", |host| &host.name)
        )
    }
}

/// Where a booking's video room is.
pub(super) fn video_url(uid: &BookingUid) -> String {
    format!("https://app.cal.com/video/{uid}")
}
