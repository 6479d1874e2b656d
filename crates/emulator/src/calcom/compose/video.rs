//! Cal Video and instant meetings: recordings, transcripts, who did not join.

use jiff::Timestamp;

use crate::Delivery;
use crate::calcom::payload::View;
use crate::calcom::{BookingUid, CalCom, CalComError};
use crate::json::{Json, known, object};
use crate::spelling::{millis, utc_offset};

impl CalCom {
    /// A recording can be fetched. Has neither `bookingId` nor `status`.
    pub fn recording_ready(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let link = format!("https://recordings.video.example/r/{uid}?sig=none");
        let payload = recording(&self.view(uid)?).with("downloadLink", link);
        Ok(vec![Delivery::calcom("RECORDING_READY", payload, now)])
    }

    /// A transcript can be fetched.
    pub fn transcription_generated(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let link = |format: &str| {
            let link = format!("https://recordings.video.example/t/{uid}.{format}?sig=none");
            object! { "format": format, "link": link }
        };
        let links = object! {
            "transcription": Json::list(["json", "srt", "txt", "vtt"].map(link)),
            "recording": format!("https://recordings.video.example/r/{uid}?sig=none"),
        };
        let payload = recording(&self.view(uid)?).with("downloadLinks", links);
        Ok(vec![Delivery::calcom(
            "RECORDING_TRANSCRIPTION_GENERATED",
            payload,
            now,
        )])
    }

    /// The host did not join in time.
    pub fn hosts_did_not_join(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let trigger = "AFTER_HOSTS_CAL_VIDEO_NO_SHOW";
        let webhook = self.webhook(trigger);
        let view = self.view(uid)?;
        let payload = no_show(&view, webhook).and(object! {
            "hostEmail": &view.host.email,
            "noShowHost": true,
            "rescheduledBy": known(view.booking.rescheduled_by.as_ref()),
            "message": late_message("Host with email", now),
        });
        Ok(vec![Delivery::calcom(trigger, payload, now)])
    }

    /// No guest joined in time.
    pub fn guests_did_not_join(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let trigger = "AFTER_GUESTS_CAL_VIDEO_NO_SHOW";
        let webhook = self.webhook(trigger);
        let view = self.view(uid)?;
        let payload = no_show(&view, webhook).and(object! {
            "message": late_message("Guest", now),
            "guests": view.attendee_rows(),
        });
        Ok(vec![Delivery::calcom(trigger, payload, now)])
    }

    /// Someone waits to talk now. The responses are plain values.
    pub fn instant_meeting(&mut self, name: &str, email: &str, now: Timestamp) -> Vec<Delivery> {
        let uid = self.ids.short();
        let token = self.ids.hex(12);
        let payload = object! {
            "triggerEvent": "INSTANT_MEETING",
            "uid": uid,
            "responses": object! {
                "name": name,
                "email": email,
                "location": object! { "optionValue": "", "value": "integrations:daily" },
                "guests": Json::List(Vec::new()),
            },
            "connectAndJoinUrl": format!("https://app.cal.com/connect-and-join?token={token}"),
            "eventTypeId": 5,
            "eventTypeTitle": "Product tour",
            "customInputs": object! {},
        };
        vec![Delivery::calcom("INSTANT_MEETING", payload, now)]
    }

    /// A host took the instant meeting.
    pub fn instant_meeting_accepted(
        &mut self,
        uid: &BookingUid,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalComError> {
        let view = self.view(uid)?;
        let confirmed = view.confirmed();
        let same = |key: &str| confirmed.get(key).cloned().unwrap_or(Json::Absent);
        let payload = object! {
            "bookingId": view.booking.id,
            "bookingUid": view.booking.uid.as_str(),
            "eventTypeId": view.event_type.id,
            "status": view.booking.status.upper(),
            "title": &view.booking.title,
            "startTime": millis(view.booking.start),
            "endTime": millis(view.booking.end),
            "organizer": view.organizer(),
            "attendees": same("attendees"),
            "responses": same("responses"),
            "location": &view.booking.location,
            "metadata": &view.booking.metadata,
        };
        Ok(vec![Delivery::calcom(
            "INSTANT_MEETING_ACCEPTED",
            payload,
            now,
        )])
    }

    fn webhook(&mut self, trigger: &str) -> Json {
        object! {
            "id": self.ids.uuid(),
            "subscriberUrl": "https://hooks.example.net/cal",
            "appId": Json::Null,
            "time": 5,
            "timeUnit": "MINUTE",
            "eventTriggers": Json::list([trigger]),
            "payloadTemplate": Json::Null,
            "version": "2021-10-20",
        }
    }
}

fn recording(view: &View<'_>) -> Json {
    let attendees = view.booking.present().map(|attendee| {
        object! {
            "id": attendee.id,
            "name": &attendee.name,
            "email": &attendee.email,
            "timeZone": &attendee.time_zone,
            "language": object! { "locale": &attendee.language },
            "utcOffset": utc_offset(&attendee.time_zone, view.booking.start),
        }
    });
    object! {
        "type": &view.event_type.title,
        "title": &view.booking.title,
        "description": known(view.booking.notes.as_ref()),
        "startTime": millis(view.booking.start),
        "endTime": millis(view.booking.end),
        "organizer": view.organizer().without("username").without("timeFormat"),
        "attendees": Json::list(attendees),
        "uid": view.booking.uid.as_str(),
        "customReplyToEmail": Json::Null,
    }
}

fn no_show(view: &View<'_>, webhook: Json) -> Json {
    object! {
        "title": &view.booking.title,
        "bookingId": view.booking.id,
        "bookingUid": view.booking.uid.as_str(),
        "startTime": millis(view.booking.start),
        "attendees": view.attendee_rows(),
        "endTime": millis(view.booking.end),
        "participants": Json::List(Vec::new()),
        "eventType": object! {
            "id": view.event_type.id,
            "teamId": Json::Null,
            "parentId": Json::Null,
            "calVideoSettings": Json::Null,
        },
        "webhook": webhook,
    }
}

fn late_message(who: &str, now: Timestamp) -> String {
    let until = now.strftime("%Y-%m-%d %H:%M:%S +00:00");
    format!("{who} didn't join the call or didn't join before {until}")
}
