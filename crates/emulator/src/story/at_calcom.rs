//! What people do at Cal.com.

use jiff::Timestamp;

use super::Story;
use crate::Delivery;
use crate::calcom::{Answer, Booking, BookingUid, By, CancelledBy, NewBooking, SeatUid, Status};

impl Story {
    pub(super) fn book(&mut self, slug: &str, now: Timestamp) -> Option<Vec<Delivery>> {
        let new = self.new_booking(slug, now);
        self.calcom
            .book(new, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn answer(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let asked = self.uids(|booking| {
            booking.status == Status::Pending && booking.event_type == "consultation"
        });
        let uid = self.pick(asked)?;
        if self.chance(0.8) {
            self.calcom.confirm(&uid, now).ok()
        } else {
            let reason = self.reason();
            self.calcom.decline(&uid, reason.as_deref(), now).ok()
        }
    }

    pub(super) fn take_seat(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let mut new = self.new_booking("group-class", now);
        new.guests.clear();
        // Seats fill up only when people choose classes that others have chosen.
        let classes: Vec<_> = self
            .calcom
            .bookings()
            .filter(|booking| {
                booking.event_type == "group-class"
                    && booking.status == Status::Accepted
                    && booking.start > now
                    && booking.present().all(|present| present.email != new.email)
            })
            .map(|booking| booking.start)
            .collect();
        if self.chance(0.7)
            && let Some(start) = self.pick(classes)
        {
            new.start = start;
        }
        self.calcom
            .book_seat(new, now)
            .ok()
            .map(|(_, _, deliveries)| deliveries)
    }

    pub(super) fn leave_seat(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let seats: Vec<(BookingUid, SeatUid)> = self
            .calcom
            .bookings()
            .filter(|booking| booking.status == Status::Accepted && booking.start > now)
            .flat_map(|booking| {
                booking
                    .present()
                    .filter_map(|one| Some((booking.uid.clone(), one.seat.clone()?)))
            })
            .collect();
        let (uid, seat) = self.pick(seats)?;
        if self.chance(0.6) {
            let reason = self.reason();
            return self
                .calcom
                .cancel_seat(&uid, &seat, reason.as_deref(), now)
                .ok();
        }
        let start = self.start(now);
        self.calcom
            .move_seat(&uid, &seat, start, now)
            .ok()
            .map(|(_, _, deliveries)| deliveries)
    }

    pub(super) fn book_series(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let new = self.new_booking("coaching", now);
        self.calcom
            .book_recurring(&new, 4, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn buy_and_pay(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let new = self.new_booking("paid-consult", now);
        let (uid, mut deliveries) = self.calcom.book(new, now).ok()?;
        if self.chance(0.8) {
            deliveries.extend(self.calcom.pay(&uid, now).ok()?);
        }
        Some(deliveries)
    }

    pub(super) fn move_booking(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let movable =
            self.uids(|booking| booking.status == Status::Accepted && booking.start > now);
        let uid = self.pick(movable)?;
        let by = if self.chance(0.7) {
            By::Booker
        } else {
            By::Host
        };
        let start = self.start(now);
        self.calcom
            .reschedule(&uid, start, by, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn cancel_booking(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let active = self.uids(|booking| {
            matches!(booking.status, Status::Accepted | Status::Pending) && booking.start > now
        });
        let uid = self.pick(active)?;
        let reason = self.reason();
        if self.chance(0.1) {
            return self
                .calcom
                .request_reschedule(&uid, reason.as_deref(), now)
                .ok();
        }
        let by = if self.chance(0.6) {
            CancelledBy::Booker
        } else {
            CancelledBy::Api
        };
        self.calcom.cancel(&uid, by, reason.as_deref(), now).ok()
    }

    pub(super) fn stay_away(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let started = self.uids(|booking| {
            booking.status == Status::Accepted
                && Self::just_happened(booking.start, now)
                && booking.present().all(|attendee| !attendee.absent)
        });
        let uid = self.pick(started)?;
        let email = self
            .calcom
            .find_booking(&uid)?
            .present()
            .next()?
            .email
            .clone();
        self.calcom.mark_absent(&uid, &[(&email, true)], now).ok()
    }

    pub(super) fn send_form(&mut self, now: Timestamp) -> Vec<Delivery> {
        let person = self.person();
        let answer = |field: &str, value: &str, option: Option<&str>| Answer {
            field: field.to_owned(),
            value: value.to_owned(),
            option: option.map(str::to_owned),
        };
        let region = Some("c083f4c7-3679-45d3-a794-e1fae9cbca90");
        let answers = [
            answer("name", &person.name, None),
            answer("email", &person.email, None),
            answer("region", "EMEA", region),
        ];
        self.calcom.form_submitted(&answers, now)
    }

    fn uids(&self, wanted: impl Fn(&Booking) -> bool) -> Vec<BookingUid> {
        self.calcom
            .bookings()
            .filter(|booking| wanted(booking))
            .map(|booking| booking.uid.clone())
            .collect()
    }

    pub(crate) fn new_booking(&mut self, slug: &str, now: Timestamp) -> NewBooking {
        let person = self.person();
        let guests = self.guests(&person);
        let mut new = NewBooking {
            phone: person.phone.clone(),
            time_zone: person.time_zone.clone(),
            language: person.language.clone(),
            guests,
            ..NewBooking::new(slug, self.start(now), person.name, person.email)
        };
        if self.chance(0.4) {
            new.notes = Some("Erster Besuch, linkes Knie.\nПожалуйста, перезвоните 🙏".to_owned());
        }
        if self.chance(0.5) {
            new.metadata
                .insert("campaign".to_owned(), "autumn".to_owned());
        }
        if slug == "intro" {
            new.responses.insert(
                "referral-source".to_owned(),
                "A friend & \"Zoë\"".to_owned(),
            );
        }
        new
    }
}
