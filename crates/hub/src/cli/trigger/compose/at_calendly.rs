//! Stories at Calendly.

use anyhow::Context;
use calbridge_emulator::{
    Calendly, Delivery,
    calendly::{Canceler, InviteeUri, NewInvitee},
    people::someone,
};
use jiff::Timestamp;
use rand::{SeedableRng, rngs::StdRng};

use super::{A_LITTLE, BEFORE_THE_MEETING, earlier, later, some_days_ahead};

/// What people book.
const EVENT_TYPE: &str = "first-assessment";

/// An organization of which nobody has heard yet.
pub(super) struct AtCalendly {
    organization: Calendly,
    rng: StdRng,
    now: Timestamp,
}

impl AtCalendly {
    pub(super) fn new(seed: u64, now: Timestamp) -> Self {
        Self {
            organization: Calendly::new(seed),
            rng: StdRng::seed_from_u64(seed),
            now,
        }
    }

    pub(super) fn until(mut self, event: &'static str) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let (mut story, then) = match event {
            "invitee.created" => return Ok(self.book(now)?.1),
            "invitee.canceled" => {
                let (uri, story) = self.book(earlier(now, A_LITTLE))?;
                let reason = Some("Something came up");
                (
                    story,
                    self.organization
                        .cancel(&uri, Canceler::Invitee, reason, now)?,
                )
            }
            "invitee_no_show.created" => {
                let (uri, story) = self.book_long_ago()?;
                let begun = self.begun(&uri)?;
                (story, self.organization.mark_no_show(&uri, begun)?)
            }
            "invitee_no_show.deleted" => {
                let (uri, mut story) = self.book_long_ago()?;
                let begun = self.begun(&uri)?;
                story.extend(self.organization.mark_no_show(&uri, begun)?);
                (
                    story,
                    self.organization
                        .unmark_no_show(&uri, later(begun, A_LITTLE))?,
                )
            }
            other => (Vec::new(), vec![self.organization.trigger(other, now)?]),
        };
        story.extend(then);
        Ok(story)
    }

    pub(super) fn rescheduled(mut self) -> anyhow::Result<Vec<Delivery>> {
        let now = self.now;
        let (uri, mut story) = self.book(earlier(now, A_LITTLE))?;
        let start = self
            .organization
            .free_start(EVENT_TYPE, self.begun(&uri)?)?;
        let reason = Some("Another day suits me better");
        let (_, pair) =
            self.organization
                .reschedule(&uri, start, Canceler::Invitee, reason, now)?;
        story.extend(pair);
        Ok(story)
    }

    fn book(&mut self, at: Timestamp) -> anyhow::Result<(InviteeUri, Vec<Delivery>)> {
        let day = some_days_ahead(&mut self.rng, at);
        let start = self.organization.free_start(EVENT_TYPE, day)?;
        self.book_for(start, at)
    }

    fn book_long_ago(&mut self) -> anyhow::Result<(InviteeUri, Vec<Delivery>)> {
        let at = earlier(self.now, BEFORE_THE_MEETING);
        let start = self.organization.free_start(EVENT_TYPE, at)?;
        self.book_for(start, at)
    }

    fn book_for(
        &mut self,
        start: Timestamp,
        at: Timestamp,
    ) -> anyhow::Result<(InviteeUri, Vec<Delivery>)> {
        let person = someone(&mut self.rng);
        let new = NewInvitee {
            phone: person.phone,
            time_zone: person.time_zone,
            ..NewInvitee::new(EVENT_TYPE, start, person.name, person.email)
        };
        Ok(self.organization.book(new, at)?)
    }

    /// A moment after the meeting began.
    fn begun(&self, uri: &InviteeUri) -> anyhow::Result<Timestamp> {
        let invitee = self
            .organization
            .find_invitee(uri)
            .context("the invitee is gone")?;
        let event = self
            .organization
            .find_event(&invitee.event)
            .context("the event is gone")?;
        Ok(later(event.start, A_LITTLE))
    }
}
