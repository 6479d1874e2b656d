//! What people do at Calendly.

use jiff::Timestamp;

use super::Story;
use crate::Delivery;
use crate::calendly::{
    Canceler, Invitee, InviteeUri, NewInvitee, RoutingResult, RoutingSubmission, ScheduledEvent,
};

impl Story {
    pub(super) fn invite(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let slugs = vec!["first-assessment", "video-consultation", "follow-up"];
        let slug = self.pick(slugs)?;
        let new = self.new_invitee(slug, now);
        self.calendly
            .book(new, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn join_group(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let mut new = self.new_invitee("back-care-class", now);
        let classes: Vec<Timestamp> = self
            .calendly
            .scheduled_events()
            .iter()
            .filter(|event| {
                event.event_type == "back-care-class"
                    && event.cancellation.is_none()
                    && event.start > now
            })
            .map(|event| event.start)
            .collect();
        if self.chance(0.7)
            && let Some(start) = self.pick(classes)
        {
            new.start = start;
        }
        self.calendly
            .book_group_place(new, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn move_invitee(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let coming = self.active(|event| event.start > now);
        let uri = self.pick(coming)?;
        let by = self.side();
        let start = self.start(now);
        let reason = self.reason();
        self.calendly
            .reschedule(&uri, start, by, reason.as_deref(), now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    pub(super) fn cancel_invitee(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let coming = self.active(|event| event.start > now);
        let uri = self.pick(coming)?;
        let by = self.side();
        let reason = self.reason();
        self.calendly.cancel(&uri, by, reason.as_deref(), now).ok()
    }

    pub(super) fn invitee_stays_away(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let started = self.active(|event| Self::just_happened(event.start, now));
        let uri = self.pick(started)?;
        if self.calendly.find_invitee(&uri)?.no_show.is_some() {
            return self.calendly.unmark_no_show(&uri, now).ok();
        }
        self.calendly.mark_no_show(&uri, now).ok()
    }

    pub(super) fn send_routing_form(&mut self, now: Timestamp) -> Option<Vec<Delivery>> {
        let person = self.person();
        let submission = RoutingSubmission {
            answers: vec![
                ("Full name".to_owned(), person.name),
                ("Email".to_owned(), person.email),
                ("Are you a new patient?".to_owned(), "Yes".to_owned()),
            ],
            result: RoutingResult::EventType("first-assessment".to_owned()),
            tracking: [("utm_source".to_owned(), "newsletter".to_owned())].into(),
            submitter: None,
        };
        self.calendly
            .submit_routing_form(&submission, now)
            .ok()
            .map(|(_, deliveries)| deliveries)
    }

    fn side(&mut self) -> Canceler {
        if self.chance(0.7) {
            Canceler::Invitee
        } else {
            Canceler::Host
        }
    }

    fn active(&self, wanted: impl Fn(&ScheduledEvent) -> bool) -> Vec<InviteeUri> {
        let is_wanted = |invitee: &&Invitee| {
            invitee.is_active()
                && self
                    .calendly
                    .find_event(&invitee.event)
                    .is_some_and(&wanted)
        };
        self.calendly
            .invitees()
            .iter()
            .filter(is_wanted)
            .map(|invitee| invitee.uri.clone())
            .collect()
    }

    fn new_invitee(&mut self, slug: &str, now: Timestamp) -> NewInvitee {
        let person = self.person();
        let guests = self.guests(&person);
        let mut new = NewInvitee {
            phone: person.phone.clone(),
            time_zone: person.time_zone.clone(),
            guests,
            ..NewInvitee::new(slug, self.start(now), person.name, person.email)
        };
        if let Some((first, last)) = new.name.split_once(' ')
            && self.chance(0.5)
        {
            new.first_name = Some(first.to_owned());
            new.last_name = Some(last.to_owned());
        }
        if self.chance(0.5) {
            let question = "What would you like help with?".to_owned();
            new.answers
                .push((question, "Left knee.\nSince about six weeks.".to_owned()));
        }
        if self.chance(0.4) {
            new.tracking
                .insert("utm_source".to_owned(), "newsletter".to_owned());
            new.tracking
                .insert("utm_campaign".to_owned(), "winter-knees".to_owned());
        }
        new
    }
}
