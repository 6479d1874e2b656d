//! How often a transaction that met another one is tried again.

use calbridge_store::StoreError;

/// Tries after the first one. With `LONGEST_WAIT` for each, less than a caller waits for an answer.
pub(super) const MORE_TRIES: u32 = 2;

/// The tries that are left.
pub(crate) struct Tries(u32);

impl Tries {
    pub(crate) fn new() -> Self {
        Self(MORE_TRIES)
    }

    /// Whether the error passes when everything is done again, and there is a try left.
    pub(crate) fn again(&mut self, error: &StoreError) -> bool {
        if !matches!(error, StoreError::Busy | StoreError::Conflict) {
            return false;
        }
        let left = self.0 > 0;
        self.0 = self.0.saturating_sub(1);
        left
    }
}
