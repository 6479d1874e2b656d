//! Identifiers as the providers make them, all from one seed.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// Base 58: digits and letters without `0`, `O`, `I` and `l`.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A source of identifiers that repeats exactly from its seed.
#[derive(Debug)]
pub(crate) struct Ids {
    rng: StdRng,
}

impl Ids {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
        }
    }

    /// A booking uid: 22 characters of base 58.
    pub(crate) fn short(&mut self) -> String {
        (0..22)
            .map(|_| char::from(BASE58[self.rng.random_range(0..BASE58.len())]))
            .collect()
    }

    /// A version 4 UUID in lower case.
    pub(crate) fn uuid(&mut self) -> String {
        uuid::Builder::from_random_bytes(self.rng.random())
            .into_uuid()
            .to_string()
    }

    /// Lower-case hexadecimal of `bytes` random bytes.
    pub(crate) fn hex(&mut self, bytes: usize) -> String {
        let mut random = vec![0; bytes];
        self.rng.fill_bytes(&mut random);
        hex::encode(random)
    }

    /// A number below `limit`, for small irregularities such as microseconds.
    pub(crate) fn below(&mut self, limit: i64) -> i64 {
        self.rng.random_range(0..limit.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_identifiers() {
        let (mut left, mut right) = (Ids::new(7), Ids::new(7));
        assert_eq!(left.short(), right.short());
        assert_eq!(left.uuid(), right.uuid());
        assert_ne!(left.short(), Ids::new(8).short());
    }
}
