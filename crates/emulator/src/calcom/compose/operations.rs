//! Operations: the test button, wrong assignments, credentials, refused calendar entries.

use jiff::Timestamp;

use crate::Delivery;
use crate::calcom::{BookingUid, CalCom, CalComError};
use crate::json::{Json, object};
use crate::spelling::{millis, utc_offset};

/// What became of rotating a delegation credential's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rotation {
    /// It worked.
    Done,
    /// Someone has to do it.
    Required,
    /// It did not work.
    Failed,
}

impl CalCom {
    /// The test button. Cannot be subscribed to; has no uid.
    pub fn ping(&mut self, now: Timestamp) -> Vec<Delivery> {
        let person = |name: &str, email: &str| {
            object! {
                "email": email,
                "name": name,
                "timeZone": "Europe/London",
                "language": object! { "locale": "en" },
                "utcOffset": utc_offset("Europe/London", now),
            }
        };
        let payload = object! {
            "type": "Test",
            "title": "Test trigger event",
            "startTime": millis(now),
            "endTime": millis(now),
            "attendees": Json::list([person("John Doe", "jdoe@example.com")]),
            "organizer": person("Cal", "no-reply@cal.com"),
        };
        vec![Delivery::calcom("PING", payload, now)]
    }

    /// Someone says the booking went to the wrong host.
    pub fn report_wrong_assignment(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let view = self.view(uid)?;
        let booking = view.booking;
        let payload = object! {
            "booking": object! {
                "uid": booking.uid.as_str(),
                "id": booking.id,
                "title": &booking.title,
                "startTime": millis(booking.start),
                "endTime": millis(booking.end),
                "status": booking.status.upper(),
                "eventType": object! {
                    "id": view.event_type.id,
                    "title": &view.event_type.title,
                    "slug": &view.event_type.slug,
                    "teamId": Json::Null,
                },
            },
            "report": object! {
                "reportedBy": &view.host.email,
                "routingReason": "Region: EMEA",
                "guest": booking.attendees.first().map(|booker| &booker.email),
                "host": &view.host.email,
                "correctAssignee": view.hosts.last().map(|host| &host.email),
                "additionalNotes": "Belongs to the other region.",
            },
        };
        Ok(vec![Delivery::calcom(
            "WRONG_ASSIGNMENT_REPORT",
            payload,
            now,
        )])
    }

    /// The calendar refused an entry. The payload is not documented, this is a guess.
    pub fn calendar_entry_rejected(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let payload = self.view(uid)?.created();
        Ok(vec![Delivery::calcom(
            "CALENDAR_ENTRY_REJECTED",
            payload,
            now,
        )])
    }

    /// A delegation credential does not work.
    pub fn delegation_credential_error(&mut self, now: Timestamp) -> Vec<Delivery> {
        let delegation = self.ids.uuid();
        let id = self.next_row_id();
        let owner = self.hosts.first();
        let payload = object! {
            "error": object! {
                "type": "CalendarAppDelegationCredentialError",
                "message": "Delegation credential is not authorized",
            },
            "credential": object! {
                "id": id,
                "type": "google_calendar",
                "appId": "google-calendar",
                "delegationCredentialId": delegation,
            },
            "user": object! {
                "id": owner.map(|owner| owner.id),
                "email": owner.map(|owner| &owner.email),
                "organizationId": 3001,
            },
        };
        vec![Delivery::calcom(
            "DELEGATION_CREDENTIAL_ERROR",
            payload,
            now,
        )]
    }

    /// The secret of a delegation credential was, must be, or could not be rotated.
    pub fn delegation_credential_rotation(
        &mut self,
        outcome: Rotation,
        now: Timestamp,
    ) -> Vec<Delivery> {
        let trigger = match outcome {
            Rotation::Done => "DELEGATION_CREDENTIAL_SECRET_ROTATED",
            Rotation::Required => "DELEGATION_CREDENTIAL_ROTATION_REQUIRED",
            Rotation::Failed => "DELEGATION_CREDENTIAL_SECRET_ROTATION_FAILED",
        };
        let error = match outcome {
            Rotation::Failed => object! {
                "code": "SECRET_MINT_FAILED",
                "message": "The workspace refused a new secret",
            },
            Rotation::Done | Rotation::Required => Json::Absent,
        };
        let payload = object! {
            "delegationCredential": object! {
                "id": self.ids.uuid(),
                "workspacePlatform": "google",
                "domain": "studio-falk.example",
                "organizationId": 3001,
                "secretExpiresAt": millis(now),
            },
            "error": error,
        };
        vec![Delivery::calcom(trigger, payload, now)]
    }
}
