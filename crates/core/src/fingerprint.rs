//! Short stable names for content.

use sha2::{Digest, Sha256};

/// Bytes of a name: enough that no two contents meet, and half the room in every index.
const NAME: usize = 16;

/// Lower-case hex of the first half of a SHA-256 over parts, each preceded by its length, so that no two lists of parts
/// meet.
pub fn of_parts<I, P>(parts: I) -> String
where
    I: IntoIterator<Item = P>,
    P: AsRef<[u8]>,
{
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(&hash.finalize()[..NAME])
}

/// Lower-case hex of the first half of a SHA-256 of some content: a name for it.
pub fn of_content(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..NAME])
}

/// Lower-case hex SHA-256 of some bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A number for advisory locks: equal parts give equal numbers.
pub fn lock_key<I, P>(parts: I) -> i64
where
    I: IntoIterator<Item = P>,
    P: AsRef<[u8]>,
{
    let mut hash = Sha256::new();
    for part in parts {
        let part = part.as_ref();
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let digest = hash.finalize();
    let mut first = [0_u8; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(first)
}

/// `value` itself, or its fingerprint when it is too long for an index on every engine.
pub fn indexable(value: &str) -> String {
    if value.len() <= 512 {
        value.to_owned()
    } else {
        format!("sha256:{}", of_bytes(value.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_not_confused_with_their_concatenation() {
        assert_ne!(of_parts(["ab", "c"]), of_parts(["a", "bc"]));
        assert_eq!(of_parts(["ab", "c"]), of_parts(["ab", "c"]));
    }

    #[test]
    fn only_long_values_are_shortened() {
        assert_eq!(indexable("abc"), "abc");
        assert_eq!(indexable(&"x".repeat(9_000)).len(), 71);
    }
}
