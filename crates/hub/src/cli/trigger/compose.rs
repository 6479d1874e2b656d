//! The story before an event: what a provider would have told until then.

use anyhow::Context as _;
use calbridge_emulator::{
    CalCom, Calendly, Delivery,
    calcom::{BookingUid, By, CancelledBy, NewBooking, ResponseForm},
    calendly::{Canceler, InviteeUri, NewInvitee},
    people::someone,
};
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};

use super::names::Wanted;

/// The events of a story that ends in the one that is wanted.
pub(super) fn story(wanted: Wanted, seed: u64, now: Timestamp) -> anyhow::Result<Vec<Delivery>> {
    let events = match wanted {
        Wanted::CalCom(trigger) => AtCalCom::new(seed, now).until(trigger)?,
        Wanted::Calendly(event) => AtCalendly::new(seed, now).until(event)?,
        Wanted::CalendlyReschedule => AtCalendly::new(seed, now).rescheduled()?,
    };
    Ok(events)
}

/// Between one thing that people do and the next, so that each has a time of its own.
fn a_little_later(now: Timestamp) -> Timestamp {
    now.checked_add(SignedDuration::from_mins(1)).unwrap_or(now)
}

struct AtCalCom {
    account: CalCom,
    rng: StdRng,
    booked_at: Timestamp,
    now: Timestamp,
}

impl AtCalCom {
    fn new(seed: u64, now: Timestamp) -> Self {
        // Booked a minute ago, so that what is done with the booking happens now.
        let booked_at = now.checked_sub(SignedDuration::from_mins(1)).unwrap_or(now);
        Self {
            account: CalCom::new(seed),
            rng: StdRng::seed_from_u64(seed),
            booked_at,
            now,
        }
    }

    fn until(mut self, trigger: &'static str) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let (mut story, then) = match trigger {
            "BOOKING_CREATED" => {
                self.booked_at = now;
                return Ok(self.book("intro")?.1);
            }
            "BOOKING_REQUESTED" => {
                self.booked_at = now;
                return Ok(self.book("consultation")?.1);
            }
            "BOOKING_PAYMENT_INITIATED" => {
                self.booked_at = now;
                return Ok(self.book("paid-consult")?.1);
            }
            "BOOKING_RESCHEDULED" => {
                let (uid, story) = self.book("intro")?;
                let start = self.account.free_start(30, now);
                (story, self.account.reschedule(&uid, start, By::Booker, now)?.1)
            }
            "BOOKING_CANCELLED" => {
                let (uid, story) = self.book("intro")?;
                let reason = Some("Something came up");
                (story, self.account.cancel(&uid, CancelledBy::Booker, reason, now)?)
            }
            "BOOKING_REJECTED" => {
                let (uid, story) = self.book("consultation")?;
                (story, self.account.decline(&uid, Some("Not a fit"), now)?)
            }
            "BOOKING_LOCATION_UPDATED" => {
                let (uid, story) = self.book("intro")?;
                (story, self.account.change_location(&uid, "Hafenstr. 1, 20457 Hamburg", now)?)
            }
            "BOOKING_REASSIGNED" => {
                let (uid, story) = self.book("product-tour")?;
                (story, self.account.reassign(&uid, now)?)
            }
            "BOOKING_PAID" => {
                let (uid, story) = self.book("paid-consult")?;
                (story, self.account.pay(&uid, now)?)
            }
            "BOOKING_NO_SHOW_UPDATED" => {
                let (uid, story) = self.book("intro")?;
                let (start, email) = self.start_and_email(&uid)?;
                let later = a_little_later(start);
                (story, self.account.mark_absent(&uid, &[(&email, true)], later)?)
            }
            "MEETING_STARTED" => {
                let (uid, story) = self.book("intro")?;
                let (start, _) = self.start_and_email(&uid)?;
                (story, self.account.meeting_started(&uid, ResponseForm::Labelled, start)?)
            }
            "MEETING_ENDED" => {
                let (uid, story) = self.book("intro")?;
                let (start, _) = self.start_and_email(&uid)?;
                (story, self.account.meeting_ended(&uid, ResponseForm::Labelled, a_little_later(start))?)
            }
            // About no booking, or about one that nobody told of: the event alone.
            other => (Vec::new(), vec![self.account.trigger(other, now)?]),
        };
        story.extend(then);
        Ok(story)
    }

    fn book(&mut self, slug: &str) -> anyhow::Result<(BookingUid, Vec<Delivery>)> {
        let person = someone(&mut self.rng);
        let start = self.account.free_start(60, self.now);
        let new = NewBooking {
            phone: person.phone,
            time_zone: person.time_zone,
            language: person.language,
            ..NewBooking::new(slug, start, person.name, person.email)
        };
        Ok(self.account.book(new, self.booked_at)?)
    }

    fn start_and_email(&self, uid: &BookingUid) -> anyhow::Result<(Timestamp, String)> {
        let booking = self.account.find_booking(uid).context("the booking is gone")?;
        let attendee = booking.present().next().context("nobody comes to the booking")?;
        Ok((booking.start, attendee.email.clone()))
    }
}

struct AtCalendly {
    organization: Calendly,
    rng: StdRng,
    now: Timestamp,
}

impl AtCalendly {
    fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            organization: Calendly::new(seed),
            rng: StdRng::seed_from_u64(seed),
            now,
        }
    }

    fn until(mut self, event: &'static str) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let before = now.checked_sub(SignedDuration::from_mins(1)).unwrap_or(now);
        let (mut story, then) = match event {
            "invitee.created" => return Ok(self.book(now)?.1),
            "invitee.canceled" => {
                let (uri, story) = self.book(before)?;
                let reason = Some("Something came up");
                (story, self.organization.cancel(&uri, Canceler::Invitee, reason, now)?)
            }
            "invitee_no_show.created" => {
                let (uri, story) = self.book(before)?;
                let started = self.started(&uri)?;
                (story, self.organization.mark_no_show(&uri, started)?)
            }
            "invitee_no_show.deleted" => {
                let (uri, mut story) = self.book(before)?;
                let started = self.started(&uri)?;
                story.extend(self.organization.mark_no_show(&uri, started)?);
                (story, self.organization.unmark_no_show(&uri, a_little_later(started))?)
            }
            other => (Vec::new(), vec![self.organization.trigger(other, now)?]),
        };
        story.extend(then);
        Ok(story)
    }

    fn rescheduled(mut self) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let before = now.checked_sub(SignedDuration::from_mins(1)).unwrap_or(now);
        let (uri, mut story) = self.book(before)?;
        let start = self.organization.free_start("first-assessment", now)?;
        let reason = Some("Another day suits me better");
        let (_, pair) = self
            .organization
            .reschedule(&uri, start, Canceler::Invitee, reason, now)?;
        story.extend(pair);
        Ok(story)
    }

    fn book(&mut self, at: Timestamp) -> anyhow::Result<(InviteeUri, Vec<Delivery>)> {
        let person = someone(&mut self.rng);
        let start = self.organization.free_start("first-assessment", at)?;
        let new = NewInvitee {
            phone: person.phone,
            time_zone: person.time_zone,
            ..NewInvitee::new("first-assessment", start, person.name, person.email)
        };
        Ok(self.organization.book(new, at)?)
    }

    fn started(&self, uri: &InviteeUri) -> anyhow::Result<Timestamp> {
        let invitee = self.organization.find_invitee(uri).context("the invitee is gone")?;
        let event = self.organization.find_event(&invitee.event).context("the event is gone")?;
        Ok(a_little_later(event.start))
    }
}

#[cfg(test)]
mod tests {
    use calbridge_emulator::{calcom::TRIGGERS, calendly::EVENTS};

    use super::*;

    fn now() -> Timestamp {
        "2026-11-21T09:00:00Z".parse().unwrap()
    }

    fn names(wanted: Wanted) -> Vec<String> {
        let events = story(wanted, 7, now()).unwrap();
        events.into_iter().map(|event| event.event).collect()
    }

    #[test]
    fn every_event_can_be_made_and_comes_last() {
        for trigger in TRIGGERS {
            assert!(names(Wanted::CalCom(trigger)).contains(&trigger.to_owned()), "{trigger}");
        }
        for event in EVENTS {
            assert_eq!(names(Wanted::Calendly(event)).last().map(String::as_str), Some(event));
        }
    }

    #[test]
    fn a_booking_is_made_before_it_is_moved() {
        let moved = names(Wanted::CalCom("BOOKING_RESCHEDULED"));
        assert_eq!(moved, ["BOOKING_CREATED", "BOOKING_RESCHEDULED"]);
        let moved = names(Wanted::CalendlyReschedule);
        assert_eq!(moved, ["invitee.created", "invitee.canceled", "invitee.created"]);
    }

    #[test]
    fn a_seed_repeats_its_story_and_another_tells_another() {
        let of = |seed| story(Wanted::CalCom("BOOKING_CREATED"), seed, now()).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
