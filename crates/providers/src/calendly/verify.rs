//! Calendly's signature: `t=<seconds>,v1=<hex>`, an HMAC over the text of `t`, a full stop and the body.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use crate::signature::{self, Headers, Signature, Verification};

const HEADER: &str = "Calendly-Webhook-Signature";

pub(crate) fn verify(
    headers: Headers<'_>,
    body: &[u8],
    secrets: &[SecretString],
    now: Timestamp,
    tolerance: Duration,
) -> Verification {
    let mut claims = Vec::new();
    for value in headers.all(HEADER) {
        match Claim::parse(value) {
            Ok(claim) => claims.push(claim),
            Err(reason) => return Verification::Malformed(reason),
        }
    }
    if claims.is_empty() {
        return Verification::Missing;
    }
    let found = signature::find_secret(secrets, |secret| {
        claims.iter().fold(1.into(), |all, claim| {
            let expected = signature::hmac(secret, &[claim.time.as_bytes(), b".", body]);
            all & signature::any_equal(&claim.signatures, &expected)
        })
    });
    match found {
        Some(secret_index) => Verification::Valid {
            late: claims.iter().any(|claim| claim.distance(now) > tolerance),
            secret_index,
        },
        None => Verification::Invalid,
    }
}

pub(crate) fn sign(secret: &SecretString, body: &[u8], now: Timestamp) -> Vec<(String, String)> {
    // Without a key there is no header (Calendly contract, signature).
    if secret.expose_secret().is_empty() {
        return Vec::new();
    }
    let time = now.as_second().to_string();
    let signature = hex::encode(signature::hmac(secret, &[time.as_bytes(), b".", body]));
    vec![(HEADER.to_owned(), format!("t={time},v1={signature}"))]
}

/// What one header says.
struct Claim<'a> {
    /// The signed time, as sent: this text is part of the message.
    time: &'a str,
    seconds: u64,
    /// During a key change there may be several; one of them is enough.
    signatures: Vec<Signature>,
}

impl<'a> Claim<'a> {
    fn parse(value: &'a str) -> Result<Self, &'static str> {
        let mut time = None;
        let mut signatures = Vec::new();
        let mut any_v1 = false;
        for (name, value) in value
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
        {
            match name {
                "t" if time.is_some() => return Err("the signature names two times"),
                "t" => time = Some(value),
                "v1" => {
                    any_v1 = true;
                    signatures.extend(signature::decode(value));
                }
                _ => {} // Schemes to come.
            }
        }
        let time = time.ok_or("the signature names no time `t`")?;
        if !time.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("the time `t` of the signature is not a number");
        }
        let seconds = time
            .parse()
            .map_err(|_| "the time `t` of the signature is not a number")?;
        match (any_v1, signatures.is_empty()) {
            (false, _) => Err("there is no signature `v1`"),
            (true, true) => Err("the signature `v1` is not 64 hex digits"),
            (true, false) => Ok(Self {
                time,
                seconds,
                signatures,
            }),
        }
    }

    /// How far the signed time is from `now`, in either direction.
    fn distance(&self, now: Timestamp) -> Duration {
        let now = u64::try_from(now.as_second()).unwrap_or(0);
        Duration::from_secs(self.seconds.abs_diff(now))
    }
}
