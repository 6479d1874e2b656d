//! Who came: absences, and the clock events at start and end.

use jiff::Timestamp;

use super::{BookingUid, CalCom, CalComError, Status};
use crate::Delivery;
use crate::json::{Json, object};

/// How clock events write `responses`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseForm {
    /// Slug to `{label, value, isHidden}`.
    Labelled,
    /// Slug to value: the webhook was added after the booking was made.
    Plain,
}

impl CalCom {
    /// Mark attendees as absent or present. Sends `BOOKING_NO_SHOW_UPDATED`, also for an unknown address:
    /// then with an empty list.
    pub fn mark_absent(
        &mut self,
        uid: &BookingUid,
        marks: &[(&str, bool)],
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_mut(uid)?;
        if booking.start > now {
            return Err(CalComError::NotStarted);
        }
        let mut marked = Vec::new();
        for (email, absent) in marks {
            for attendee in booking
                .attendees
                .iter_mut()
                .filter(|known| known.email == *email)
            {
                attendee.absent = *absent;
                marked.push((attendee.email.clone(), *absent));
            }
        }
        let message = match marked.as_slice() {
            [(email, true)] => format!("{email} marked as no-show"),
            [(email, false)] => format!("{email} unmarked as no-show"),
            _ => "No-show status updated".to_owned(),
        };
        let attendees = Json::list(
            marked
                .into_iter()
                .map(|(email, absent)| object! { "email": email, "noShow": absent }),
        );
        let payload = object! {
            "message": message,
            "attendees": attendees,
            "bookingUid": uid.as_str(),
            "bookingId": booking.id,
        };
        Ok(vec![Delivery::calcom(
            "BOOKING_NO_SHOW_UPDATED",
            payload,
            now,
        )])
    }

    /// Mark the host as absent. Sends nothing.
    pub fn mark_host_absent(
        &mut self,
        uid: &BookingUid,
        absent: bool,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let booking = self.get_mut(uid)?;
        if booking.start > now {
            return Err(CalComError::NotStarted);
        }
        booking.absent_host = absent;
        booking.updated_at = now;
        Ok(Vec::new())
    }

    /// The clock reached the start. Sends the flat `MEETING_STARTED`; thin for a booking the host confirmed.
    pub fn meeting_started(
        &mut self,
        uid: &BookingUid,
        form: ResponseForm,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        self.clock_event("MEETING_STARTED", uid, form, now)
    }

    /// The clock reached the end. Sends the flat `MEETING_ENDED`; thin for a booking the host confirmed.
    pub fn meeting_ended(
        &mut self,
        uid: &BookingUid,
        form: ResponseForm,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        self.clock_event("MEETING_ENDED", uid, form, now)
    }

    fn clock_event(
        &mut self,
        trigger: &str,
        uid: &BookingUid,
        form: ResponseForm,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        if self.get_active(uid)?.status != Status::Accepted {
            return Err(CalComError::WrongKind);
        }
        self.unschedule_one(uid, trigger);
        let body = self.view(uid)?.clock_event(trigger, form);
        Ok(vec![Delivery::calcom_bare(trigger, &body, now)])
    }
}
