//! From the body of a webhook to its meaning.

use calbridge_core::{
    change::{Canonical, Meaning, Verdict},
    fingerprint,
    provider::Provider,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{body, calcom, calendly, redact::redact};

/// What a body turned out to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Reading {
    /// What it means.
    pub meaning: Meaning,
    /// The whole body, envelope included, without the secrets it carried; `None` when it is not JSON.
    pub payload: Option<Value>,
}

/// Read the body of a webhook. The same bytes, heard at the same time, always mean the same.
pub fn normalize(
    provider: Provider,
    content_type: Option<&str>,
    body: &[u8],
    received_at: Timestamp,
) -> Reading {
    let delivery = Delivery { body, received_at };
    match body::read(provider, content_type, body) {
        Ok(mut json) => {
            redact(&mut json);
            let meaning = match provider {
                Provider::CalCom => calcom::normalize(&json, delivery),
                Provider::Calendly => calendly::normalize(&json, delivery),
            };
            Reading {
                meaning,
                payload: Some(json),
            }
        }
        Err(refused) => Reading {
            meaning: Meaning {
                event_type: String::new(),
                canonical: Canonical::Unknown,
                external_id: None,
                occurred_at: None,
                delivery_key: delivery.body_key(),
                verdict: Verdict::Unreadable(refused.reason),
            },
            payload: refused.json,
        },
    }
}

/// What is known about a body besides its JSON.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery<'a> {
    body: &'a [u8],
    /// When we heard of it.
    pub received_at: Timestamp,
}

impl Delivery<'_> {
    /// The delivery key of a body that tells no better one: equal bytes are one delivery.
    pub(crate) fn body_key(self) -> String {
        fingerprint::of_parts(["body", &fingerprint::of_bytes(self.body)])
    }
}

/// The name of an event as sent, cut where no real name reaches.
pub(crate) fn event_type(name: &str) -> String {
    name.chars().take(100).collect()
}

/// Why nothing is done about an event nobody has told us of.
pub(crate) fn unknown_event(name: &str) -> String {
    let name = event_type(name);
    format!("unknown event `{name}`; it is kept, nothing is done about it")
}
