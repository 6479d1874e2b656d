//! Cal.com's signature.

use std::{fs, path::Path};

use calbridge_core::provider::Provider;
use calbridge_providers::{Headers, Verification, verify};
use jiff::Timestamp;
use rstest::rstest;
use serde_json::Value;

use super::{SIGNED_AT, TOLERANCE, judge, secrets, signature, valid};
use crate::fixtures::{Fixture, Outcome, paths};

fn calcom(given: &[(&str, &str)], body: &[u8], keys: &[&str]) -> Outcome<Verification> {
    judge(Provider::CalCom, given, body, keys, SIGNED_AT)
}

#[test]
fn the_vectors_of_calcom_verify() -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/calcom/signature_vectors.json");
    let json: Value = serde_json::from_slice(&fs::read(path)?)?;
    let vectors = json["vectors"].as_array().ok_or("no vectors")?;
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let body = vector["body"].as_str().ok_or("no body")?.as_bytes();
        let value = vector["X-Cal-Signature-256"]
            .as_str()
            .ok_or("no signature")?;
        let secret = vector["secret"].as_str().unwrap_or_default();
        let given = [("X-Cal-Signature-256", value)];
        let expected = if secret.is_empty() {
            Verification::Unsigned
        } else {
            valid(0)
        };
        assert_eq!(
            calcom(&given, body, &[secret])?,
            expected,
            "{}",
            vector["name"]
        );
        assert_eq!(
            signature(Provider::CalCom, secret, body)?,
            value,
            "{}",
            vector["name"]
        );
    }
    Ok(())
}

#[test]
fn recorded_signatures_verify() -> Outcome {
    let mut count = 0;
    for path in paths("calcom")? {
        let fixture = Fixture::read(&path)?;
        let Some(secret) = fixture.secret else {
            continue;
        };
        let given = Headers(&fixture.headers);
        let keys = secrets(&["another", &secret]);
        let verdict = verify(
            Provider::CalCom,
            given,
            &fixture.body,
            &keys,
            Timestamp::UNIX_EPOCH,
            TOLERANCE,
        );
        assert_eq!(verdict, valid(1), "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 15);
    Ok(())
}

const BODY: &[u8] = br#"{"triggerEvent":"PING"}"#;

#[rstest]
#[case::this_name("X-Cal-Signature-256")]
#[case::short("Cal-Signature-256")]
#[case::fast_lead("X-Cal-Signature")]
#[case::short_without_number("Cal-Signature")]
#[case::lower_case("x-cal-signature-256")]
fn every_header_name_and_either_case_of_hex_is_accepted(#[case] name: &str) -> Outcome {
    let hex = signature(Provider::CalCom, "s", BODY)?;
    for value in [
        hex.clone(),
        hex.to_uppercase(),
        format!("sha256={hex}"),
        format!(" {hex} "),
    ] {
        assert_eq!(
            calcom(&[(name, &value)], BODY, &["s"])?,
            valid(0),
            "{name}: {value}"
        );
    }
    Ok(())
}

#[test]
fn during_a_rotation_both_secrets_are_good() -> Outcome {
    let old = signature(Provider::CalCom, "old", BODY)?;
    let new = signature(Provider::CalCom, "new", BODY)?;
    let keys = ["new", "old"];
    assert_eq!(
        calcom(&[("X-Cal-Signature-256", &new)], BODY, &keys)?,
        valid(0)
    );
    assert_eq!(
        calcom(&[("X-Cal-Signature-256", &old)], BODY, &keys)?,
        valid(1)
    );
    assert_eq!(
        calcom(&[("X-Cal-Signature-256", &old)], BODY, &["", "old", "old"])?,
        valid(1)
    );
    Ok(())
}

/// What it is, the headers, the body, the secrets, and the verdict.
type Case<'a> = (
    &'a str,
    &'a [(&'a str, &'a str)],
    &'a [u8],
    &'a [&'a str],
    Verification,
);

#[test]
fn what_is_wrong_for_calcom_does_not_pass() -> Outcome {
    let good = signature(Provider::CalCom, "s", BODY)?;
    let other = signature(Provider::CalCom, "t", BODY)?;
    let name = "X-Cal-Signature-256";
    let malformed = Verification::Malformed("the signature is not 64 hex digits");
    let cases: &[Case<'_>] = &[
        (
            "missing",
            &[("Content-Type", "application/json")],
            BODY,
            &["s"],
            Verification::Missing,
        ),
        (
            "empty",
            &[(name, "")],
            BODY,
            &["s"],
            Verification::Malformed("the signature is empty"),
        ),
        (
            "only a prefix",
            &[(name, "sha256=")],
            BODY,
            &["s"],
            Verification::Malformed("the signature is empty"),
        ),
        (
            "unsigned",
            &[(name, "no-secret-provided")],
            BODY,
            &["s"],
            Verification::Unsigned,
        ),
        (
            "wrong key",
            &[(name, &other)],
            BODY,
            &["s"],
            Verification::Invalid,
        ),
        ("no key", &[(name, &good)], BODY, &[], Verification::Invalid),
        (
            "empty key",
            &[(name, &signature(Provider::CalCom, "x", b"")?)],
            b"",
            &[""],
            Verification::Invalid,
        ),
        ("truncated", &[(name, &good[..40])], BODY, &["s"], malformed),
        (
            "longer",
            &[(name, &format!("{good}00"))],
            BODY,
            &["s"],
            malformed,
        ),
        (
            "other words",
            &[(name, "test-signature")],
            BODY,
            &["s"],
            malformed,
        ),
        (
            "another body",
            &[(name, &good)],
            b"{}",
            &["s"],
            Verification::Invalid,
        ),
        (
            "re-encoded body",
            &[(name, &good)],
            br#"{ "triggerEvent": "PING" }"#,
            &["s"],
            Verification::Invalid,
        ),
        (
            "second header wrong",
            &[(name, &good), ("X-Cal-Signature", &other)],
            BODY,
            &["s"],
            Verification::Invalid,
        ),
        (
            "second value wrong",
            &[(name, &good), (name, &other)],
            BODY,
            &["s"],
            Verification::Invalid,
        ),
        (
            "each by another secret",
            &[(name, &good), (name, &other)],
            BODY,
            &["s", "t"],
            Verification::Invalid,
        ),
        (
            "second value unsigned",
            &[(name, &good), (name, "no-secret-provided")],
            BODY,
            &["s"],
            Verification::Invalid,
        ),
        (
            "second value malformed",
            &[(name, &good), (name, "x")],
            BODY,
            &["s"],
            malformed,
        ),
    ];
    for (what, given, body, keys, expected) in cases {
        assert_eq!(calcom(given, body, keys)?, *expected, "{what}");
    }
    assert_eq!(
        calcom(&[(name, &good), ("Cal-Signature", &good)], BODY, &["s"])?,
        valid(0)
    );
    Ok(())
}

#[test]
fn an_hmac_with_the_empty_key_verifies_nothing() -> Outcome {
    // HMAC-SHA256 of the empty message with the empty key (RFC 4231 style, well known).
    let known = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
    assert_eq!(
        calcom(&[("X-Cal-Signature-256", known)], b"", &[""])?,
        Verification::Invalid
    );
    Ok(())
}
