//! Calendly's signature.

use std::{fs, path::Path};

use calbridge_core::provider::Provider;
use calbridge_providers::{Verification, sign};
use jiff::Timestamp;
use rstest::rstest;
use secrecy::SecretString;

use super::{SIGNED_AT, judge, signature, valid};
use crate::fixtures::Outcome;

const KEY: &str = "cal-test-signing-key-0001";

fn calendly(value: &str, body: &[u8], keys: &[&str]) -> Outcome<Verification> {
    let given = [("calendly-webhook-signature", value)];
    judge(Provider::Calendly, &given, body, keys, SIGNED_AT)
}

#[rstest]
#[case(
    "01-invitee.created.in-person",
    "54f9ff2c6c08cb6c82e859aed803a7e7da1b0c3e78e03c1f03f08a6f49094a2e"
)]
#[case(
    "02-invitee.created.zoom-questions-tracking",
    "829f279cbace841e1277ec5e416135993a3cd1b7b4a19d141b3d92f260bbb6ca"
)]
#[case(
    "03-invitee.canceled.by-host",
    "c77f6dfd8c560f380ba0939dc5efc22c9dfdba1db001b05a37c5b7ddf3c13552"
)]
#[case(
    "04-reschedule.1.invitee.canceled",
    "6c6c3cc05143fa019a484002bcc7080b3951df2cc241bd2caf3dd592590d7166"
)]
#[case(
    "05-reschedule.2.invitee.created",
    "12ef58457a2f0d5437e999ed510f5d8ab3d8652e43d4a2442b27e179e024d7e2"
)]
#[case(
    "06-invitee_no_show.created",
    "9711c0234b1d3fd72febbbd80e41d0a77571b816dcd57ca6554b650b98869be7"
)]
#[case(
    "07-routing_form_submission.created",
    "15871693a724bb52d098fea3c00304ccf18e4a9d0f81045d119c621224cc0931"
)]
#[case(
    "08-invitee.created.group-paid",
    "89a979fabc9df580baeae876b8b1ead2d7f8ac8962cdff92550fe9f2e1d679dd"
)]
fn the_samples_of_calendly_verify(#[case] file: &str, #[case] v1: &str) -> Outcome {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("fixtures/calendly/{file}.json"));
    let body = fs::read(path)?;
    let value = format!("t={SIGNED_AT},v1={v1}");
    assert_eq!(calendly(&value, &body, &[KEY])?, valid(0));
    assert_eq!(signature(Provider::Calendly, KEY, &body)?, value);
    Ok(())
}

const ZOE: &str = "{\"event\":\"invitee.created\",\"payload\":{\"name\":\"Zoë\"}}";
const ZOE_V1: &str = "0d47e8235afdb7e61b94c5f64aa3ab8c1430cee330e0dee417ce43878dc90cce";

#[test]
fn unknown_names_and_several_signatures_are_tolerated() -> Outcome {
    let zeroes = "0".repeat(64);
    for value in [
        format!("t={SIGNED_AT},v1={ZOE_V1}"),
        format!("v1={ZOE_V1},t={SIGNED_AT}"),
        format!("t={SIGNED_AT}, v0=x, v1={zeroes}, v1={ZOE_V1}"),
        format!("t={SIGNED_AT},v1=short,v1={ZOE_V1},v2=1=2,flag"),
        format!("t={SIGNED_AT},v1={}", ZOE_V1.to_uppercase()),
    ] {
        assert_eq!(
            calendly(&value, ZOE.as_bytes(), &["x", KEY])?,
            valid(1),
            "{value}"
        );
    }
    Ok(())
}

#[rstest]
#[case(0, false)]
#[case(180, false)]
#[case(181, true)]
#[case(-180, false)]
#[case(-181, true)]
#[case(1_000_000_000, true)]
fn a_time_too_far_away_is_late(#[case] seconds: i64, #[case] late: bool) -> Outcome {
    let value = format!("t={SIGNED_AT},v1={ZOE_V1}");
    let given = [("Calendly-Webhook-Signature", value.as_str())];
    let verdict = judge(
        Provider::Calendly,
        &given,
        ZOE.as_bytes(),
        &[KEY],
        SIGNED_AT + seconds,
    )?;
    assert_eq!(
        verdict,
        Verification::Valid {
            late,
            secret_index: 0
        }
    );
    Ok(())
}

#[test]
fn what_is_wrong_for_calendly_does_not_pass() -> Outcome {
    let body = ZOE.as_bytes();
    let good = format!("t={SIGNED_AT},v1={ZOE_V1}");
    let no_number = Verification::Malformed("the time `t` of the signature is not a number");
    let cases = [
        (
            "empty",
            String::new(),
            Verification::Malformed("the signature names no time `t`"),
        ),
        (
            "no time",
            format!("v1={ZOE_V1}"),
            Verification::Malformed("the signature names no time `t`"),
        ),
        (
            "no signature",
            format!("t={SIGNED_AT}"),
            Verification::Malformed("there is no signature `v1`"),
        ),
        (
            "truncated",
            format!("t={SIGNED_AT},v1={}", &ZOE_V1[..40]),
            Verification::Malformed("the signature `v1` is not 64 hex digits"),
        ),
        ("a word", format!("t=now,v1={ZOE_V1}"), no_number),
        ("a signed number", format!("t=-5,v1={ZOE_V1}"), no_number),
        (
            "an endless number",
            format!("t={},v1={ZOE_V1}", "9".repeat(40)),
            no_number,
        ),
        (
            "two times",
            format!("t=1,{good}"),
            Verification::Malformed("the signature names two times"),
        ),
        (
            "another time",
            format!("t={},v1={ZOE_V1}", SIGNED_AT + 1),
            Verification::Invalid,
        ),
        (
            "the same time in other words",
            format!("t=0{SIGNED_AT},v1={ZOE_V1}"),
            Verification::Invalid,
        ),
    ];
    for (what, value, expected) in cases {
        assert_eq!(calendly(&value, body, &[KEY])?, expected, "{what}");
    }
    assert_eq!(calendly(&good, body, &["wrong"])?, Verification::Invalid);
    assert_eq!(calendly(&good, body, &[])?, Verification::Invalid);
    assert_eq!(calendly(&good, b"{}", &[KEY])?, Verification::Invalid);
    assert_eq!(
        judge(Provider::Calendly, &[], body, &[KEY], SIGNED_AT)?,
        Verification::Missing
    );
    let two = [
        ("Calendly-Webhook-Signature", good.as_str()),
        ("Calendly-Webhook-Signature", "t=1,v1=00"),
    ];
    let verdict = judge(Provider::Calendly, &two, body, &[KEY], SIGNED_AT)?;
    assert!(matches!(verdict, Verification::Malformed(_)), "{verdict:?}");
    Ok(())
}

#[test]
fn without_a_key_calendly_sends_no_header() -> Outcome {
    let now = Timestamp::from_second(SIGNED_AT)?;
    assert!(sign(Provider::Calendly, &SecretString::from(""), b"{}", now).is_empty());
    Ok(())
}
