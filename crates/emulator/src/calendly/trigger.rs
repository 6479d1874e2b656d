//! Any webhook event by its name, with a booking made for the occasion.

use jiff::{SignedDuration, Timestamp};

use super::{
    Calendly, CalendlyError, Canceler, InviteeUri, NewInvitee, RoutingResult, RoutingSubmission,
};
use crate::Delivery;

/// The webhook events this organization can send.
pub const EVENTS: [&str; 8] = [
    "invitee.created",
    "invitee.canceled",
    "invitee_no_show.created",
    "invitee_no_show.deleted",
    "routing_form_submission.created",
    "event_type.created",
    "event_type.updated",
    "event_type.deleted",
];

impl Calendly {
    /// Make one message of this kind, whatever has to happen before it.
    pub fn trigger(&mut self, name: &str, now: Timestamp) -> Result<Delivery, CalendlyError> {
        let mut deliveries = match name {
            "invitee.created" => self.sample(now)?.1,
            "invitee.canceled" => {
                let uri = self.sample(now)?.0;
                self.cancel(&uri, Canceler::Invitee, Some("Something came up"), now)?
            }
            "invitee_no_show.created" => {
                let (uri, started) = self.sample_started(now)?;
                self.mark_no_show(&uri, started)?
            }
            "invitee_no_show.deleted" => {
                let (uri, started) = self.sample_started(now)?;
                self.mark_no_show(&uri, started)?;
                self.unmark_no_show(&uri, started)?
            }
            "routing_form_submission.created" => {
                let submission = RoutingSubmission {
                    answers: vec![("Email".to_owned(), "sample.person@example.com".to_owned())],
                    result: RoutingResult::EventType("first-assessment".to_owned()),
                    tracking: [("utm_source".to_owned(), "newsletter".to_owned())].into(),
                    submitter: None,
                };
                self.submit_routing_form(&submission, now)?.1
            }
            "event_type.created" => self.create_event_type("sample", "Sample", 20, now),
            "event_type.updated" => {
                self.create_event_type("sample", "Sample", 20, now);
                self.rename_event_type("sample", "Sample, renamed", now)?
            }
            "event_type.deleted" => {
                self.create_event_type("sample", "Sample", 20, now);
                self.delete_event_type("sample", now)?
            }
            _ => return Err(CalendlyError::NoSuchWebhookEvent),
        };
        if name.starts_with("event_type.") {
            self.event_types
                .retain(|event_type| event_type.slug != "sample");
        }
        deliveries.pop().ok_or(CalendlyError::NoSuchWebhookEvent)
    }

    /// The next start, on the half hour and from tomorrow on, at which this event type can be booked.
    pub fn free_start(&self, slug: &str, now: Timestamp) -> Result<Timestamp, CalendlyError> {
        let tomorrow = now.as_second() + 24 * 3600;
        let mut start = tomorrow - tomorrow.rem_euclid(1800) + 1800;
        loop {
            let from = Timestamp::from_second(start).unwrap_or(Timestamp::MAX);
            match self.check_slot(slug, from, None, now) {
                Ok(()) => return Ok(from),
                Err(CalendlyError::AlreadyFilled) if from < Timestamp::MAX => start += 1800,
                Err(refusal) => return Err(refusal),
            }
        }
    }

    fn sample(&mut self, now: Timestamp) -> Result<(InviteeUri, Vec<Delivery>), CalendlyError> {
        let start = self.free_start("first-assessment", now)?;
        let email = "sample.person@example.com";
        self.book(
            NewInvitee::new("first-assessment", start, "Sample Person", email),
            now,
        )
    }

    fn sample_started(&mut self, now: Timestamp) -> Result<(InviteeUri, Timestamp), CalendlyError> {
        let uri = self.sample(now)?.0;
        let start = self.event(&self.invitee(&uri)?.event)?.start;
        let started = start
            .checked_add(SignedDuration::from_mins(10))
            .unwrap_or(start);
        Ok((uri, started))
    }
}
