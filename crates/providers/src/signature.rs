//! What both signature schemes share: headers, HMAC-SHA256, and a comparison that leaks nothing.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The headers of one request, in order, with repeated names. Names are compared without regard to case.
#[derive(Clone, Copy, Debug)]
pub struct Headers<'a>(pub &'a [(String, String)]);

impl<'a> Headers<'a> {
    /// Every value of one header, trimmed.
    pub fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(given, _)| given.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }
}

/// What the signature of a webhook says about it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verification {
    /// Signed with one of the secrets.
    Valid {
        /// The signed time is too far from now: a replay, or a late retry.
        late: bool,
        /// Which of the secrets it was.
        secret_index: usize,
    },
    /// There is no signature.
    Missing,
    /// The provider says that it has no secret. The caller decides whether that will do.
    Unsigned,
    /// Signed with another secret, or for another body.
    Invalid,
    /// Not a signature at all; the words say why.
    Malformed(&'static str),
}

/// An HMAC-SHA256 value.
pub(crate) type Signature = [u8; 32];

/// HMAC-SHA256 over the parts, one after another.
pub(crate) fn hmac(secret: &SecretString, parts: &[&[u8]]) -> Signature {
    // HMAC takes keys of any length, so there is always a value; zeroes would verify nothing.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else {
        return [0; 32];
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// Hex digits of either case.
pub(crate) fn decode(hex: &str) -> Option<Signature> {
    let mut signature = [0; 32];
    hex::decode_to_slice(hex, &mut signature).ok()?;
    Some(signature)
}

/// The first secret for which `matches` holds. All are tried, and the time it takes does not tell which one it was.
pub(crate) fn find_secret(
    secrets: &[SecretString],
    matches: impl Fn(&SecretString) -> Choice,
) -> Option<usize> {
    let mut found = Choice::from(0);
    let mut index = 0_u64;
    for (position, secret) in (0_u64..).zip(secrets) {
        let usable = Choice::from(u8::from(!secret.expose_secret().is_empty()));
        let hit = matches(secret) & usable;
        index.conditional_assign(&position, hit & !found);
        found |= hit;
    }
    bool::from(found).then(|| usize::try_from(index).ok())?
}

/// Whether every given signature is `expected`. No signatures: no.
pub(crate) fn all_equal(given: &[Signature], expected: &Signature) -> Choice {
    let some = Choice::from(u8::from(!given.is_empty()));
    given
        .iter()
        .fold(some, |all, one| all & one.ct_eq(expected))
}

/// Whether one of the given signatures is `expected`.
pub(crate) fn any_equal(given: &[Signature], expected: &Signature) -> Choice {
    given
        .iter()
        .fold(Choice::from(0), |any, one| any | one.ct_eq(expected))
}
