//! Seated event types: several people, one booking.

use jiff::Timestamp;

use super::account::end_of;
use super::{Attendee, Booking, BookingUid, CalCom, CalComError, NewBooking, SeatUid, Status};
use crate::Delivery;

impl CalCom {
    /// Take a seat: in the booking already there, or in a new one. Sends `BOOKING_CREATED` with the same uid
    /// and id for every seat, naming this person only.
    pub fn book_seat(
        &mut self,
        new: NewBooking,
        now: Timestamp,
    ) -> Result<(BookingUid, SeatUid, Vec<Delivery>), CalComError> {
        let wished = self.wished(&new)?;
        let event_type_id = wished.id;
        let places = wished.places().ok_or(CalComError::WrongKind)?;
        if new.start < now {
            return Err(CalComError::InThePast);
        }
        let (uid, ical_uid) = if let Some(uid) = self.seated_at(event_type_id, new.start) {
            self.has_room(&uid, places)?;
            let attendee = self.attendees(&new, true);
            self.get_mut(&uid)?.attendees.extend(attendee);
            // Captured: each seat's message carries another iCalUID.
            (uid, Some(self.new_ical_uid()))
        } else {
            let uid = self.store_new(new, now)?;
            self.schedule(&uid)?;
            (uid, None)
        };
        let view = self.view(&uid)?;
        let attendee = view
            .booking
            .attendees
            .last()
            .ok_or(CalComError::NoSuchSeat)?;
        let seat = attendee.seat.clone().ok_or(CalComError::NoSuchSeat)?;
        let ical_uid = ical_uid.unwrap_or_else(|| view.booking.ical_uid.clone());
        let payload = view.seat_created(attendee, &ical_uid);
        Ok((
            uid,
            seat,
            vec![Delivery::calcom("BOOKING_CREATED", payload, now)],
        ))
    }

    /// Give up one seat. While others remain the message says `CANCELLED` although the booking goes on;
    /// the last seat cancels the whole booking.
    pub fn cancel_seat(
        &mut self,
        uid: &BookingUid,
        seat: &SeatUid,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_active(uid)?;
        if booking.end < now {
            return Err(CalComError::AlreadyOver);
        }
        let attendee = find_seat(booking, seat)?.clone();
        if booking.present().count() == 1 {
            return self.cancel(uid, super::CancelledBy::Api, reason, now);
        }
        self.get_mut(uid)?.ical_sequence += 1;
        let payload = self.view(uid)?.seat_cancelled(&attendee, reason);
        self.leave(uid, seat)?;
        Ok(vec![Delivery::calcom("BOOKING_CANCELLED", payload, now)])
    }

    /// Move one seat to another time. Sends `BOOKING_RESCHEDULED` with a new seat uid. Joining a booking
    /// that exists sends that booking's `uid` with the `bookingId` of the one left.
    pub fn move_seat(
        &mut self,
        uid: &BookingUid,
        seat: &SeatUid,
        new_start: Timestamp,
        now: Timestamp,
    ) -> Result<(BookingUid, SeatUid, Vec<Delivery>), CalComError> {
        let left = self.get_active(uid)?.clone();
        let mover = find_seat(&left, seat)?.clone();
        if new_start < now {
            return Err(CalComError::InThePast);
        }
        if new_start == left.start {
            return Err(CalComError::HostBusy);
        }
        let event_type = self.event_type_of(&left)?.clone();
        let places = event_type.places().ok_or(CalComError::WrongKind)?;
        let end = end_of(new_start, event_type.minutes);
        let last_one = left.present().count() == 1;
        let joined = self.seated_at(event_type.id, new_start);
        if let Some(other) = &joined {
            self.has_room(other, places)?;
        } else if !self.host_is_free(left.host_id, new_start, end, last_one.then_some(uid)) {
            return Err(CalComError::HostBusy);
        }
        let new_seat = self.new_seat();
        let arrival = Attendee {
            id: self.next_row_id(),
            seat: Some(new_seat.clone()),
            ..mover
        };
        self.leave(uid, seat)?;
        let ical_uid = self.new_ical_uid();
        let (target, booking_id) = if let Some(other) = joined {
            self.get_mut(&other)?.attendees.push(arrival.clone());
            (other, left.id)
        } else {
            let uid = self.store_moved(&left, &arrival, new_start, end, &ical_uid, now)?;
            let id = self.get(&uid)?.id;
            (uid, id)
        };
        if last_one {
            self.unschedule(uid);
            let emptied = self.get_mut(uid)?;
            emptied.status = Status::Cancelled;
            emptied.successor = Some(target.clone());
            emptied.updated_at = now;
        }
        let payload = self
            .view(&target)?
            .seat_moved(&arrival, &left, booking_id, &ical_uid);
        Ok((
            target,
            new_seat,
            vec![Delivery::calcom("BOOKING_RESCHEDULED", payload, now)],
        ))
    }

    fn store_moved(
        &mut self,
        left: &Booking,
        arrival: &Attendee,
        start: Timestamp,
        end: Timestamp,
        ical_uid: &str,
        now: Timestamp,
    ) -> Result<BookingUid, CalComError> {
        let uid = self.new_uid();
        let what = self.event_type_of(left)?.title.clone();
        let booking = Booking {
            id: self.next_booking_id(),
            uid: uid.clone(),
            title: self.title(&what, left.host_id, &arrival.name),
            start,
            end,
            attendees: vec![arrival.clone()],
            predecessor: Some(left.uid.clone()),
            metadata: arrival.seat_metadata.clone(),
            ical_uid: ical_uid.to_owned(),
            ical_sequence: left.ical_sequence + 1,
            created_at: now,
            updated_at: now,
            idempotency_key: self.ids.uuid(),
            ..left.clone()
        };
        self.insert(booking);
        self.schedule(&uid)?;
        Ok(uid)
    }

    pub(crate) fn seated_at(&self, event_type: i64, start: Timestamp) -> Option<BookingUid> {
        self.bookings()
            .find(|booking| {
                booking.event_type_id == event_type
                    && booking.start == start
                    && booking.status == Status::Accepted
            })
            .map(|booking| booking.uid.clone())
    }

    pub(super) fn has_room(&self, uid: &BookingUid, places: u32) -> Result<(), CalComError> {
        let taken = self.get(uid)?.present().count();
        if usize::try_from(places).is_ok_and(|places| taken < places) {
            Ok(())
        } else {
            Err(CalComError::Full)
        }
    }

    fn leave(&mut self, uid: &BookingUid, seat: &SeatUid) -> Result<(), CalComError> {
        let booking = self.get_mut(uid)?;
        for attendee in &mut booking.attendees {
            if attendee.seat.as_ref() == Some(seat) {
                attendee.cancelled = true;
            }
        }
        Ok(())
    }
}

fn find_seat<'a>(booking: &'a Booking, seat: &SeatUid) -> Result<&'a Attendee, CalComError> {
    booking
        .present()
        .find(|attendee| attendee.seat.as_ref() == Some(seat))
        .ok_or(CalComError::NoSuchSeat)
}
