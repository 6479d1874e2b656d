//! Stories at Cal.com.

use anyhow::Context;
use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{Booking, BookingUid, By, CancelledBy, NewBooking, ResponseForm},
    people::someone,
};
use jiff::Timestamp;
use rand::{RngExt, SeedableRng, rngs::StdRng};

use super::{A_LITTLE, BEFORE_THE_MEETING, earlier, later, some_days_ahead};

/// An account of which nobody has heard yet.
pub(super) struct AtCalCom {
    account: CalCom,
    rng: StdRng,
    now: Timestamp,
}

impl AtCalCom {
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        // The server's numbers are below 2^31; another story must not have the same.
        let numbers = rng.random_range(1_000_000..2_000_000_000);
        Self {
            account: CalCom::new(seed).with_numbers_above(numbers),
            rng,
            now,
        }
    }

    pub(super) fn until(mut self, trigger: &'static str) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let (mut story, then) = match trigger {
            "BOOKING_CREATED" => return Ok(self.book("intro", now)?.1),
            "BOOKING_REQUESTED" => return Ok(self.book("consultation", now)?.1),
            "BOOKING_PAYMENT_INITIATED" => return Ok(self.book("paid-consult", now)?.1),
            "BOOKING_RESCHEDULED" => {
                let (uid, story) = self.book_before("intro")?;
                let start = self.start_of(&uid)?;
                let start = self.account.free_start(30, start);
                (
                    story,
                    self.account.reschedule(&uid, start, By::Booker, now)?.1,
                )
            }
            "BOOKING_CANCELLED" => {
                let (uid, story) = self.book_before("intro")?;
                let reason = Some("Something came up");
                (
                    story,
                    self.account
                        .cancel(&uid, CancelledBy::Booker, reason, now)?,
                )
            }
            "BOOKING_REJECTED" => {
                let (uid, story) = self.book_before("consultation")?;
                (story, self.account.decline(&uid, Some("Not a fit"), now)?)
            }
            "BOOKING_LOCATION_UPDATED" => {
                let (uid, story) = self.book_before("intro")?;
                (
                    story,
                    self.account
                        .change_location(&uid, "Hafenstr. 1, 20457 Hamburg", now)?,
                )
            }
            "BOOKING_REASSIGNED" => {
                let (uid, story) = self.book_before("product-tour")?;
                (story, self.account.reassign(&uid, now)?)
            }
            "BOOKING_PAID" => {
                let (uid, story) = self.book_before("paid-consult")?;
                (story, self.account.pay(&uid, now)?)
            }
            "BOOKING_NO_SHOW_UPDATED" => {
                let (uid, story) = self.book_long_ago()?;
                let email = self.email_of(&uid)?;
                let begun = later(self.start_of(&uid)?, A_LITTLE);
                (
                    story,
                    self.account.mark_absent(&uid, &[(&email, true)], begun)?,
                )
            }
            "MEETING_STARTED" => {
                let (uid, story) = self.book_long_ago()?;
                let start = self.start_of(&uid)?;
                (
                    story,
                    self.account
                        .meeting_started(&uid, ResponseForm::Labelled, start)?,
                )
            }
            "MEETING_ENDED" => {
                let (uid, story) = self.book_long_ago()?;
                let end = self.find(&uid)?.end;
                (
                    story,
                    self.account
                        .meeting_ended(&uid, ResponseForm::Labelled, end)?,
                )
            }
            // About no booking, or about one that nobody told of: the event alone.
            other => (Vec::new(), vec![self.account.trigger(other, now)?]),
        };
        story.extend(then);
        Ok(story)
    }

    /// A moment ago, so that what is done with the booking happens now.
    fn book_before(&mut self, slug: &str) -> anyhow::Result<(BookingUid, Vec<Delivery>)> {
        let at = earlier(self.now, A_LITTLE);
        self.book(slug, at)
    }

    /// So that the meeting is over by now.
    fn book_long_ago(&mut self) -> anyhow::Result<(BookingUid, Vec<Delivery>)> {
        let at = earlier(self.now, BEFORE_THE_MEETING);
        let start = self.account.free_start(60, at);
        self.book_for("intro", start, at)
    }

    fn book(&mut self, slug: &str, at: Timestamp) -> anyhow::Result<(BookingUid, Vec<Delivery>)> {
        let day = some_days_ahead(&mut self.rng, at);
        let start = self.account.free_start(60, day);
        self.book_for(slug, start, at)
    }

    fn book_for(
        &mut self,
        slug: &str,
        start: Timestamp,
        at: Timestamp,
    ) -> anyhow::Result<(BookingUid, Vec<Delivery>)> {
        let person = someone(&mut self.rng);
        let new = NewBooking {
            phone: person.phone,
            time_zone: person.time_zone,
            language: person.language,
            ..NewBooking::new(slug, start, person.name, person.email)
        };
        Ok(self.account.book(new, at)?)
    }

    fn find(&self, uid: &BookingUid) -> anyhow::Result<&Booking> {
        self.account
            .find_booking(uid)
            .context("the booking is gone")
    }

    fn start_of(&self, uid: &BookingUid) -> anyhow::Result<Timestamp> {
        Ok(self.find(uid)?.start)
    }

    fn email_of(&self, uid: &BookingUid) -> anyhow::Result<String> {
        let attendee = self
            .find(uid)?
            .present()
            .next()
            .context("nobody comes to the booking")?;
        Ok(attendee.email.clone())
    }
}
