//! Rules about Cal.com's messages that no fixture shows.

mod facts;
mod groups;
mod people;
mod shapes;

use serde_json::{Value, json};

const UID: &str = "3DykxUz85RCfs36MYw15Rm";

/// A message about one ordinary booking, with these fields changed.
fn message(trigger: &str, fields: &Value) -> Value {
    let mut payload = json!({
        "uid": UID,
        "bookingId": 7,
        "startTime": "2026-11-24T12:00:00Z",
        "endTime": "2026-11-24T12:45:00Z",
        "organizer": {"email": "greta@studio.example"},
        "attendees": [{"email": "Ann@Example.org", "name": "Ann Lee"}],
    });
    if let (Some(payload), Some(fields)) = (payload.as_object_mut(), fields.as_object()) {
        payload.extend(fields.clone());
    }
    json!({"triggerEvent": trigger, "createdAt": "2026-11-21T09:52:01.449Z", "payload": payload})
}
