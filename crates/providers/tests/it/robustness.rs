//! No body makes the reader fall over, and equal bytes always mean the same.

use std::sync::LazyLock;

use calbridge_core::{
    change::{ReferenceKind, Verdict},
    provider::Provider,
};
use calbridge_providers::{Headers, account_hint, normalize, verify};
use jiff::Timestamp;
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::Index,
};
use secrecy::SecretString;
use serde_json::Value;

use crate::fixtures;

fn read_twice(body: &[u8]) -> Result<(), TestCaseError> {
    let received_at =
        fixtures::received_at().map_err(|error| TestCaseError::fail(error.to_string()))?;
    for provider in [Provider::CalCom, Provider::Calendly] {
        for content_type in [None, Some("application/x-www-form-urlencoded")] {
            let reading = normalize(provider, content_type, body, received_at);
            prop_assert_eq!(
                &reading,
                &normalize(provider, content_type, body, received_at)
            );
            prop_assert_eq!(reading.meaning.delivery_key.len(), 32);
            if let Some(payload) = &reading.payload {
                let _ = account_hint(payload);
            }
            match reading.meaning.verdict {
                Verdict::Apply(changes) => {
                    prop_assert!(!changes.is_empty());
                    for change in changes {
                        let identity = change.identity;
                        prop_assert!(identity.subject.is_some());
                        prop_assert!(!identity.references.is_empty());
                        prop_assert!(identity.references.iter().all(|one| one.value.len() <= 512));
                        let known = |uid: &String| {
                            identity.references.iter().any(|one| {
                                matches!(one.kind, ReferenceKind::Uid | ReferenceKind::Invitee)
                                    && one.value == *uid
                            })
                        };
                        prop_assert!(identity.former.iter().all(known));
                    }
                }
                Verdict::Ignore(reason) | Verdict::Unreadable(reason) => {
                    prop_assert!(!reason.is_empty());
                }
            }
        }
    }
    Ok(())
}

static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let fixtures = fixtures::all().unwrap_or_default();
    assert!(!fixtures.is_empty());
    fixtures.into_iter().map(|fixture| fixture.body).collect()
});

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-zA-Z_]{1,12}",
        proptest::sample::select(vec![
            "triggerEvent",
            "payload",
            "uid",
            "id",
            "createdAt",
            "responses",
            "attendees",
            "email",
            "value",
            "event",
            "uri",
            "scheduled_event",
            "seatsPerTimeSlot",
            "rescheduleUid",
            "metadata",
            "status",
            "startTime",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        proptest::sample::select(vec![
            "BOOKING_CREATED",
            "BOOKING_RESCHEDULED",
            "BOOKING_REQUESTED",
            "BOOKING_NO_SHOW_UPDATED",
            "MEETING_ENDED",
            "invitee.created",
            "invitee.canceled",
            "PENDING",
            "2026-01-01T00:00:00Z",
            "ann@example.org",
            "4DChCZjFhcpnTAd4WhoAgC@Cal.diy",
        ])
        .prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map(name.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Put `value` in the place of one of the nodes of `json`.
fn transplant(json: &mut Value, at: &mut usize, value: &Value) {
    if *at == 0 {
        *json = value.clone();
    }
    *at = at.wrapping_sub(1);
    match json {
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| transplant(item, at, value)),
        Value::Object(fields) => fields
            .values_mut()
            .for_each(|field| transplant(field, at, value)),
        _ => {}
    }
}

fn count(json: &Value) -> usize {
    1 + match json {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn flipped_bytes_do_no_harm(which in any::<Index>(), flips in vec((any::<Index>(), any::<u8>()), 1..8)) {
        let mut body = which.get(&BODIES).clone();
        for (at, byte) in flips {
            let at = at.index(body.len());
            body[at] = byte;
        }
        read_twice(&body)?;
    }

    #[test]
    fn cut_and_repeated_bodies_do_no_harm(which in any::<Index>(), from in any::<Index>(), to in any::<Index>()) {
        let body = which.get(&BODIES).clone();
        let (from, to) = (from.index(body.len()), to.index(body.len()));
        read_twice(&body[..to])?;
        read_twice(&body[from.min(to)..])?;
        read_twice(&[&body[..to], &body[from..]].concat())?;
    }

    #[test]
    fn strange_values_do_no_harm(which in any::<Index>(), at in any::<Index>(), value in any_json()) {
        let body = which.get(&BODIES).clone();
        if let Ok(mut json) = serde_json::from_slice::<Value>(&body) {
            let mut at = at.index(count(&json));
            transplant(&mut json, &mut at, &value);
            read_twice(json.to_string().as_bytes())?;
        }
    }

    #[test]
    fn any_json_does_no_harm(json in any_json()) {
        read_twice(json.to_string().as_bytes())?;
    }

    #[test]
    fn any_bytes_do_no_harm(body in vec(any::<u8>(), 0..200), levels in 0_usize..300) {
        read_twice(&body)?;
        let nested = format!("{}{}{}", "{\"a\":[".repeat(levels), "1", "]}".repeat(levels));
        read_twice(nested.as_bytes())?;
    }

    #[test]
    fn any_escapes_do_no_harm(text in r#"(\\u[dD][89a-fA-F][0-9]{2}|\\\\|\\|é|"|[a-z]){0,12}"#) {
        read_twice(format!("{{\"triggerEvent\":\"PING\",\"a\":\"{text}\"}}").as_bytes())?;
    }

    #[test]
    fn any_header_is_judged(value in "(t=|v1=|,|[0-9a-f]{0,70}|.){0,6}", body in vec(any::<u8>(), 0..20)) {
        let secrets = [SecretString::from("secret")];
        for (provider, name) in [
            (Provider::CalCom, "X-Cal-Signature-256"),
            (Provider::Calendly, "Calendly-Webhook-Signature"),
        ] {
            let headers = [(name.to_owned(), value.clone())];
            let tolerance = std::time::Duration::from_mins(3);
            let verdict = verify(provider, Headers(&headers), &body, &secrets, Timestamp::UNIX_EPOCH, tolerance);
            let passed = matches!(verdict, calbridge_providers::Verification::Valid { .. });
            prop_assert!(!passed);
        }
    }
}
