//! Cal.com's signature: plain hex of an HMAC over the body. It signs no time.

use secrecy::{ExposeSecret, SecretString};

use crate::signature::{self, Headers, Verification};

/// The header Cal.com sends, and names seen elsewhere (the documents of Fast Lead and `AskProAI`), in order.
const HEADERS: [&str; 4] = [
    "X-Cal-Signature-256",
    "Cal-Signature-256",
    "X-Cal-Signature",
    "Cal-Signature",
];

/// Sent in place of a signature where the webhook has no secret (`signature_vectors.json`).
const NO_SECRET: &str = "no-secret-provided";

pub(crate) fn verify(headers: Headers<'_>, body: &[u8], secrets: &[SecretString]) -> Verification {
    let given: Vec<&str> = HEADERS.iter().flat_map(|name| headers.all(name)).collect();
    if given.is_empty() {
        return Verification::Missing;
    }
    let signed: Vec<&str> = given
        .iter()
        .copied()
        .filter(|value| *value != NO_SECRET)
        .collect();
    if signed.is_empty() {
        return Verification::Unsigned;
    }
    if signed.len() < given.len() {
        // A signature beside the statement that there is none: somebody added one of them.
        return Verification::Invalid;
    }
    let mut signatures = Vec::with_capacity(signed.len());
    for value in signed {
        let hex = value.strip_prefix("sha256=").unwrap_or(value);
        match signature::decode(hex) {
            Some(signature) => signatures.push(signature),
            None if hex.is_empty() => return Verification::Malformed("the signature is empty"),
            None => return Verification::Malformed("the signature is not 64 hex digits"),
        }
    }
    let found = signature::find_secret(secrets, |secret| {
        signature::all_equal(&signatures, &signature::hmac(secret, &[body]))
    });
    match found {
        Some(secret_index) => Verification::Valid {
            late: false,
            secret_index,
        },
        None => Verification::Invalid,
    }
}

pub(crate) fn sign(secret: &SecretString, body: &[u8]) -> Vec<(String, String)> {
    let value = if secret.expose_secret().is_empty() {
        NO_SECRET.to_owned()
    } else {
        hex::encode(signature::hmac(secret, &[body]))
    };
    vec![(HEADERS[0].to_owned(), value)]
}
