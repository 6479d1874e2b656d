//! The story before an event: what a provider would have told until then.

mod at_calcom;
mod at_calendly;

use calbridge_emulator::Delivery;
use jiff::{SignedDuration, Timestamp};
use rand::{RngExt, rngs::StdRng};

use self::{at_calcom::AtCalCom, at_calendly::AtCalendly};
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

/// From one thing that people do to the next, so that each has a time of its own.
const A_LITTLE: SignedDuration = SignedDuration::from_mins(1);

/// A meeting that has begun was booked so long ago: emulated people book at least a day ahead.
const BEFORE_THE_MEETING: SignedDuration = SignedDuration::from_hours(48);

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}

fn earlier(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_sub(by).unwrap_or(at)
}

/// People book some days ahead, not all for the same hour.
fn some_days_ahead(rng: &mut StdRng, at: Timestamp) -> Timestamp {
    later(
        at,
        SignedDuration::from_mins(30 * rng.random_range(0..14 * 48)),
    )
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
            assert!(
                names(Wanted::CalCom(trigger)).contains(&trigger.to_owned()),
                "{trigger}"
            );
        }
        for event in EVENTS {
            assert_eq!(
                names(Wanted::Calendly(event)).last().map(String::as_str),
                Some(event)
            );
        }
    }

    #[test]
    fn a_booking_is_made_before_it_is_moved() {
        let moved = names(Wanted::CalCom("BOOKING_RESCHEDULED"));
        assert_eq!(moved, ["BOOKING_CREATED", "BOOKING_RESCHEDULED"]);
        let moved = names(Wanted::CalendlyReschedule);
        assert_eq!(
            moved,
            ["invitee.created", "invitee.canceled", "invitee.created"]
        );
    }

    #[test]
    fn no_two_stories_are_about_the_same_booking() {
        let number = |seed| {
            let events = story(Wanted::CalCom("BOOKING_CREATED"), seed, now()).unwrap();
            let body: serde_json::Value = serde_json::from_slice(&events[0].body).unwrap();
            body["payload"]["bookingId"].as_i64().unwrap()
        };
        let numbers: std::collections::BTreeSet<_> = (0..200).map(number).collect();
        assert_eq!(numbers.len(), 200);
    }

    #[test]
    fn a_seed_repeats_its_story_and_another_tells_another() {
        let of = |seed| story(Wanted::CalCom("BOOKING_CREATED"), seed, now()).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }
}
