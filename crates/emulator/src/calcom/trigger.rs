//! Any trigger by its name, with a booking made for the occasion. For `calbridge trigger` and for tests that
//! want to see every message once.

use jiff::{SignedDuration, Timestamp};

use super::{
    Answer, BookingUid, By, CalCom, CalComError, CancelledBy, NewBooking, OutOfOffice,
    ResponseForm, Rotation,
};
use crate::Delivery;

/// Every trigger of contract 3.1, and `PING`.
pub const TRIGGERS: [&str; 29] = [
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_LOCATION_UPDATED",
    "BOOKING_REASSIGNED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "BOOKING_NO_SHOW_UPDATED",
    "AFTER_HOSTS_CAL_VIDEO_NO_SHOW",
    "AFTER_GUESTS_CAL_VIDEO_NO_SHOW",
    "MEETING_STARTED",
    "MEETING_ENDED",
    "RECORDING_READY",
    "RECORDING_TRANSCRIPTION_GENERATED",
    "INSTANT_MEETING",
    "INSTANT_MEETING_ACCEPTED",
    "FORM_SUBMITTED",
    "FORM_SUBMITTED_NO_EVENT",
    "ROUTING_FORM_FALLBACK_HIT",
    "OOO_CREATED",
    "WRONG_ASSIGNMENT_REPORT",
    "CALENDAR_ENTRY_REJECTED",
    "DELEGATION_CREDENTIAL_ERROR",
    "DELEGATION_CREDENTIAL_SECRET_ROTATED",
    "DELEGATION_CREDENTIAL_ROTATION_REQUIRED",
    "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED",
    "PING",
];

impl CalCom {
    /// Make one message with this trigger, whatever has to happen before it.
    pub fn trigger(&mut self, name: &str, now: Timestamp) -> Result<Delivery, CalComError> {
        let deliveries = self.deliveries_for(name, now)?;
        deliveries
            .into_iter()
            .find(|delivery| delivery.event == name)
            .ok_or(CalComError::NoSuchTrigger)
    }

    fn deliveries_for(&mut self, name: &str, now: Timestamp) -> Result<Vec<Delivery>, CalComError> {
        let answers = [Answer {
            field: "email".to_owned(),
            value: "sample.person@mailbox.example".to_owned(),
            option: None,
        }];
        match name {
            "BOOKING_CREATED" => Ok(self.sample("intro", now)?.1),
            "BOOKING_REQUESTED" => Ok(self.sample("consultation", now)?.1),
            "BOOKING_PAYMENT_INITIATED" => Ok(self.sample("paid-consult", now)?.1),
            "BOOKING_RESCHEDULED" => {
                let uid = self.sample("intro", now)?.0;
                let start = self.free_start(30, now);
                Ok(self.reschedule(&uid, start, By::Booker, now)?.1)
            }
            "BOOKING_CANCELLED" => {
                let uid = self.sample("intro", now)?.0;
                self.cancel(&uid, CancelledBy::Booker, Some("Something came up"), now)
            }
            "BOOKING_REJECTED" => {
                let uid = self.sample("consultation", now)?.0;
                self.decline(&uid, Some("Not a fit"), now)
            }
            "BOOKING_LOCATION_UPDATED" => {
                let uid = self.sample("intro", now)?.0;
                self.change_location(&uid, "Hafenstr. 1, 20457 Hamburg", now)
            }
            "BOOKING_REASSIGNED" => {
                let uid = self.sample("product-tour", now)?.0;
                self.reassign(&uid, now)
            }
            "BOOKING_PAID" => {
                let uid = self.sample("paid-consult", now)?.0;
                self.pay(&uid, now)
            }
            "BOOKING_NO_SHOW_UPDATED" => {
                let (uid, later) = self.sample_started(now)?;
                self.mark_absent(&uid, &[("sample.person@mailbox.example", true)], later)
            }
            "MEETING_STARTED" => {
                let (uid, later) = self.sample_started(now)?;
                self.meeting_started(&uid, ResponseForm::Labelled, later)
            }
            "MEETING_ENDED" => {
                let (uid, later) = self.sample_started(now)?;
                self.meeting_ended(&uid, ResponseForm::Labelled, later)
            }
            "INSTANT_MEETING" => {
                Ok(self.instant_meeting("Sample Person", "sample.person@mailbox.example", now))
            }
            "FORM_SUBMITTED" => Ok(self.form_submitted(&answers, now)),
            "FORM_SUBMITTED_NO_EVENT" => Ok(self.form_submitted_no_event(&answers, now)),
            "ROUTING_FORM_FALLBACK_HIT" => Ok(self.routing_form_fallback_hit(&answers, now)),
            "OOO_CREATED" => {
                let away = OutOfOffice {
                    start: now,
                    end: later(now, 48),
                    notes: "Winter break".to_owned(),
                };
                Ok(self.out_of_office(&away, now))
            }
            "DELEGATION_CREDENTIAL_ERROR" => Ok(self.delegation_credential_error(now)),
            "DELEGATION_CREDENTIAL_SECRET_ROTATED" => {
                Ok(self.delegation_credential_rotation(Rotation::Done, now))
            }
            "DELEGATION_CREDENTIAL_ROTATION_REQUIRED" => {
                Ok(self.delegation_credential_rotation(Rotation::Required, now))
            }
            "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED" => {
                Ok(self.delegation_credential_rotation(Rotation::Failed, now))
            }
            "PING" => Ok(self.ping(now)),
            _ => self.video_deliveries_for(name, now),
        }
    }

    fn video_deliveries_for(
        &mut self,
        name: &str,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let uid = match name {
            name if TRIGGERS.contains(&name) => self.sample("video-call", now)?.0,
            _ => return Err(CalComError::NoSuchTrigger),
        };
        match name {
            "AFTER_HOSTS_CAL_VIDEO_NO_SHOW" => self.hosts_did_not_join(&uid, now),
            "AFTER_GUESTS_CAL_VIDEO_NO_SHOW" => self.guests_did_not_join(&uid, now),
            "RECORDING_READY" => self.recording_ready(&uid, now),
            "RECORDING_TRANSCRIPTION_GENERATED" => self.transcription_generated(&uid, now),
            "INSTANT_MEETING_ACCEPTED" => self.instant_meeting_accepted(&uid, now),
            "WRONG_ASSIGNMENT_REPORT" => self.report_wrong_assignment(&uid, now),
            _ => self.calendar_entry_rejected(&uid, now),
        }
    }

    /// The next start, on the half hour and from tomorrow on, at which every host is free that long.
    pub fn free_start(&self, minutes: i32, now: Timestamp) -> Timestamp {
        let half_hour = 1800;
        let tomorrow = later(now, 24).as_second();
        let mut start = tomorrow - tomorrow.rem_euclid(half_hour) + half_hour;
        loop {
            let Ok(from) = Timestamp::from_second(start) else {
                return Timestamp::MAX;
            };
            let until = super::account::end_of(from, minutes);
            if self
                .hosts
                .iter()
                .all(|host| self.host_is_free(host.id, from, until, None))
            {
                return from;
            }
            start += half_hour;
        }
    }

    fn sample(
        &mut self,
        slug: &str,
        now: Timestamp,
    ) -> Result<(BookingUid, Vec<Delivery>), CalComError> {
        let minutes = self.event_type(slug)?.minutes;
        let start = self.free_start(minutes, now);
        let new = NewBooking::new(
            slug,
            start,
            "Sample Person",
            "sample.person@mailbox.example",
        );
        self.book(new, now)
    }

    fn sample_started(&mut self, now: Timestamp) -> Result<(BookingUid, Timestamp), CalComError> {
        let uid = self.sample("intro", now)?.0;
        let start = self.get(&uid)?.start;
        Ok((uid, start))
    }
}

fn later(now: Timestamp, hours: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_hours(hours))
        .unwrap_or(Timestamp::MAX)
}
