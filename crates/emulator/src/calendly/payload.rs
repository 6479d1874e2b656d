//! Webhook payloads, after the samples of the contract.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{Calendly, CalendlyError, InviteeUri, PayloadForm};
use crate::json::Json;
use crate::json::object;
use crate::spelling::micros;
use crate::{Delivery, Provider};

impl Calendly {
    /// A message about one invitee, as everything stands now.
    pub(super) fn tell(
        &self,
        event: &str,
        uri: &InviteeUri,
        now: Timestamp,
    ) -> Result<Delivery, CalendlyError> {
        let invitee = self.invitee(uri)?;
        let payload = self.invitee_resource(invitee);
        let payload = match self.form {
            PayloadForm::WithoutScheduledEvent => payload,
            PayloadForm::Current => {
                let event = self.event(&invitee.event)?;
                payload.with("scheduled_event", self.event_resource(event, now)?)
            }
        };
        Ok(self.envelope(event, payload, now))
    }

    /// The envelope. `created_by` is whoever made the subscription, here the owner.
    pub(super) fn envelope(&self, event: &str, payload: Json, now: Timestamp) -> Delivery {
        let body = object! {
            "event": event,
            "created_at": micros(whole_second(now)),
            "created_by": self.owner_uri(),
            "payload": payload,
        };
        Delivery {
            provider: Provider::Calendly,
            event: event.to_owned(),
            content_type: "application/json".to_owned(),
            body: body.to_bytes(),
            created_at: now,
        }
    }
}

/// All six keys, each null or text.
pub(super) fn tracking(given: &BTreeMap<String, String>) -> Json {
    let keys = [
        "utm_campaign",
        "utm_source",
        "utm_medium",
        "utm_content",
        "utm_term",
        "salesforce_uuid",
    ];
    Json::entries(keys.map(|key| (key, Json::from(given.get(key)))))
}

/// The next whole second, or this one.
fn whole_second(now: Timestamp) -> Timestamp {
    let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
    if second < now {
        second
            .checked_add(SignedDuration::from_secs(1))
            .unwrap_or(now)
    } else {
        second
    }
}
