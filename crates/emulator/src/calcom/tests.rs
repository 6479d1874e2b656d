//! What the account promises: shapes as captured, ids and chains, refusals.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::Delivery;
use jiff::Timestamp;

mod shapes;
mod stories;

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn now() -> Timestamp {
    at("2026-11-21T09:48:44.625Z")
}

pub(super) fn intro(start: &str) -> NewBooking {
    NewBooking {
        time_zone: "America/New_York".to_owned(),
        language: "es".to_owned(),
        guests: vec!["ines.b@mailbox.example".to_owned()],
        notes: Some("First visit, left knee.".to_owned()),
        metadata: [("crmContact", "C-20841"), ("campaign", "autumn")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        responses: [(
            "referral-source".to_owned(),
            "A friend & <neighbour> \"Zoë\"".to_owned(),
        )]
        .into(),
        ..NewBooking::new(
            "intro",
            at(start),
            "Tomás Okafor",
            "tomas.okafor@mailbox.example",
        )
    }
}

pub(super) fn consultation(start: &str) -> NewBooking {
    NewBooking {
        phone: Some("+4790011222".to_owned()),
        time_zone: "Europe/Oslo".to_owned(),
        language: "no".to_owned(),
        metadata: [("crmContact".to_owned(), "C-3".to_owned())].into(),
        ..NewBooking::new(
            "consultation",
            at(start),
            "Ida Sørby",
            "ida@mailbox.example",
        )
    }
}

pub(super) fn seat(name: &str, start: &str) -> NewBooking {
    let email = format!("{}@mailbox.example", name.to_lowercase());
    NewBooking::new("group-class", at(start), name, email)
}

pub(super) fn body(delivery: &Delivery) -> Value {
    serde_json::from_slice(&delivery.body).unwrap()
}

pub(super) fn payload(deliveries: &[Delivery]) -> Value {
    body(&deliveries[0])["payload"].clone()
}

pub(super) fn triggers(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries
        .iter()
        .map(|delivery| delivery.event.as_str())
        .collect()
}

/// Every key of a value as a path; list items share the path `[]`.
pub(super) fn key_paths(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, path: &str, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let path = format!("{path}.{key}");
                    found.insert(path.clone());
                    walk(value, &path, found);
                }
            }
            Value::Array(items) => {
                for item in items {
                    walk(item, &format!("{path}[]"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(value, "", &mut found);
    found
}
