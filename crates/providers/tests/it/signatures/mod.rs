//! Signatures: the providers' own vectors, and everything that must not pass.

mod calcom;
mod calendly;

use std::time::Duration;

use calbridge_core::provider::Provider;
use calbridge_providers::{Headers, Verification, sign, verify};
use jiff::Timestamp;
use secrecy::SecretString;

use crate::fixtures::Outcome;

const TOLERANCE: Duration = Duration::from_mins(3);
const SIGNED_AT: i64 = 1_795_435_200;

fn headers(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn secrets(texts: &[&str]) -> Vec<SecretString> {
    texts.iter().map(|text| SecretString::from(*text)).collect()
}

fn judge(
    provider: Provider,
    given: &[(&str, &str)],
    body: &[u8],
    keys: &[&str],
    now: i64,
) -> Outcome<Verification> {
    let now = Timestamp::from_second(now)?;
    let (given, keys) = (headers(given), secrets(keys));
    Ok(verify(
        provider,
        Headers(&given),
        body,
        &keys,
        now,
        TOLERANCE,
    ))
}

const fn valid(secret_index: usize) -> Verification {
    Verification::Valid {
        late: false,
        secret_index,
    }
}

/// The one header that a provider would send.
fn signature(provider: Provider, key: &str, body: &[u8]) -> Outcome<String> {
    let mut pairs = sign(
        provider,
        &SecretString::from(key),
        body,
        Timestamp::from_second(SIGNED_AT)?,
    );
    Ok(pairs.pop().ok_or("no header")?.1)
}
