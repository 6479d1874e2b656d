//! Why a hold cannot be made, used or given back.

use calbridge_core::availability::Slot;
use calbridge_store::StoreError;

use super::keep::{LONGEST, SHORTEST};

/// Why a hold cannot be made, used or given back.
#[derive(Debug, thiserror::Error)]
pub enum HoldError {
    /// The tenant never had one of that id, or it is long over.
    #[error("there is no hold {0}")]
    NotFound(String),
    /// Somebody else made it.
    #[error("the hold is somebody else's")]
    NotYours,
    /// It keeps another time, or another event type.
    #[error("the hold keeps another time or event type than the one asked for")]
    OfAnother,
    /// It gave way to a booking made elsewhere.
    #[error("the hold gave way to a booking that was made elsewhere")]
    Displaced {
        /// Free times near it.
        alternatives: Vec<Slot>,
    },
    /// Nobody keeps a slot as short or as long.
    #[error("a slot is kept for {SHORTEST} to {LONGEST} seconds")]
    NotSoLong,
    /// The database did not do it.
    #[error(transparent)]
    Store(StoreError),
}
