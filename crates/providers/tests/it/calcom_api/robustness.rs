//! No answer makes a reader fall over, or say more than it should.

use std::{path::PathBuf, sync::LazyLock};

use calbridge_providers::calcom_api::{BaseUrl, ErrorKind, Response};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::{Index, select},
};
use serde_json::Value;

use super::{
    every::{AnyCall, every},
    recorded::Recorded,
};
use crate::fixtures::paths;

static BODIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let files: Vec<PathBuf> = paths("calcom-api").unwrap_or_default();
    let bodies: Vec<_> = files
        .iter()
        .filter_map(|file| Recorded::read_file(file).ok())
        .map(|recorded| recorded.body)
        .collect();
    assert!(bodies.len() > 30);
    bodies
});

thread_local! {
    static EVERY: Vec<AnyCall> = every().unwrap_or_default();
}

/// Every call reads it, and nothing happens.
fn is_harmless(status: u16, headers: &HeaderMap, body: &[u8]) -> Result<(), TestCaseError> {
    let response = Response {
        status,
        headers,
        body,
    };
    EVERY.with(|every| {
        prop_assert!(!every.is_empty());
        for call in every {
            match (call.read)(&response) {
                Ok(drifts) => {
                    prop_assert!((200..300).contains(&status));
                    prop_assert!(drifts.len() <= 20);
                    let personal = drifts
                        .iter()
                        .any(|drift| format!("{drift:?}").contains('@'));
                    prop_assert!(!personal);
                }
                Err(error) => {
                    prop_assert!(error.message.chars().count() <= 300);
                    let shown = format!("{error:?}{error}");
                    prop_assert!(!shown.contains('@'), "{}", shown);
                    if let ErrorKind::Refused { code } = &error.kind {
                        prop_assert!(!code.is_empty() && code.len() <= 64);
                    }
                }
            }
        }
        Ok(())
    })
}

fn any_status() -> impl Strategy<Value = u16> {
    prop_oneof![
        Just(200),
        select(vec![
            201, 204, 302, 400, 401, 403, 404, 409, 410, 422, 429, 498, 500, 502
        ]),
        any::<u16>(),
    ]
}

fn any_headers() -> impl Strategy<Value = HeaderMap> {
    let name = select(vec![
        "x-ratelimit-limit-default",
        "x-ratelimit-remaining-default",
        "x-ratelimit-reset-default",
        "x-ratelimit-limit-",
        "x-request-id",
        "retry-after",
        "deprecation",
        "cal-api-version",
    ]);
    vec((name, "[0-9a-z-]{0,24}"), 0..6).prop_map(|pairs| {
        pairs
            .into_iter()
            .filter_map(|(name, value)| {
                let value = HeaderValue::from_str(&value).ok()?;
                Some((HeaderName::from_static(name), value))
            })
            .collect()
    })
}

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-zA-Z@ ]{1,12}",
        select(vec![
            "status",
            "data",
            "pagination",
            "error",
            "message",
            "code",
            "details",
            "errors",
            "constraints",
            "statusCode",
            "id",
            "uid",
            "start",
            "end",
            "slug",
            "lengthInMinutes",
            "bookingFields",
            "field",
            "type",
            "attendees",
            "hosts",
            "triggers",
            "2026-09-14",
            "bookingWindow",
            "disabled",
            "hasMore",
            "hasNextPage",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        select(vec![
            "success",
            "error",
            "2026-01-01T00:00:00Z",
            "ann@example.org",
            "custom"
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
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_do_no_harm(status in any_status(), headers in any_headers(), body in vec(any::<u8>(), 0..200)) {
        is_harmless(status, &headers, &body)?;
    }

    #[test]
    fn any_json_does_no_harm(status in any_status(), headers in any_headers(), body in any_json()) {
        is_harmless(status, &headers, body.to_string().as_bytes())?;
    }

    #[test]
    fn any_data_do_no_harm(data in any_json(), pages in any_json()) {
        let body = serde_json::json!({"status": "success", "data": data, "pagination": pages});
        is_harmless(200, &HeaderMap::new(), body.to_string().as_bytes())?;
        let body = serde_json::json!({"status": "success", "data": [data], "pagination": pages});
        is_harmless(200, &HeaderMap::new(), body.to_string().as_bytes())?;
    }

    #[test]
    fn strange_values_do_no_harm(which in any::<Index>(), at in any::<Index>(), value in any_json(), status in any_status()) {
        let body = which.get(&BODIES);
        if let Ok(mut json) = serde_json::from_slice::<Value>(body) {
            let mut at = at.index(count(&json));
            transplant(&mut json, &mut at, &value);
            let body = json.to_string().into_bytes();
            is_harmless(200, &HeaderMap::new(), &body)?;
            is_harmless(status, &HeaderMap::new(), &body)?;
        }
    }

    #[test]
    fn cut_bodies_do_no_harm(which in any::<Index>(), to in any::<Index>()) {
        let body = which.get(&BODIES);
        is_harmless(200, &HeaderMap::new(), &body[..to.index(body.len())])?;
    }

    #[test]
    fn any_base_url_is_judged(text in "(https?://)?[a-z0-9.:@/?#%\\[\\]]{0,30}(/v[12])?/?") {
        if let Ok((url, _)) = BaseUrl::parse(&text) {
            prop_assert!(url.as_str().ends_with("/v2"));
            prop_assert!(!url.as_str().contains('@') && !url.as_str().contains('?'));
            prop_assert_eq!(BaseUrl::parse(url.as_str()), Ok((url.clone(), None)));
        }
    }
}
