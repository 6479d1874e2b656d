//! What comparing came to, as it is recorded and shown.

use calbridge_core::{
    agreement::{Difference, Side},
    ids::BookingId,
};
use serde::{Deserialize, Serialize};

/// So many differences are listed; the rest are counted.
const MOST_LISTED: usize = 200;

/// What comparing came to.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct SweepReport {
    /// Bookings of the provider that were read.
    pub read: usize,
    /// Those about which both agreed, or a person decided that they may differ.
    pub agreed: usize,
    /// Those that only the provider knew.
    pub found: usize,
    /// Those that stood otherwise there, and stand so here now.
    pub repaired: usize,
    /// Those about which both still disagree.
    pub conflicting: usize,
    /// Those that differed, the first of them.
    pub differing: Vec<Compared>,
}

/// A booking that differed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Compared {
    /// The provider's id.
    pub external_id: String,
    /// Our id, where there is one.
    pub booking_id: Option<BookingId>,
    /// In what.
    pub differences: Vec<Difference>,
    /// In what it still does: for a person to look at.
    pub conflicts: Vec<Difference>,
    /// How it stands here, with what was repaired.
    #[serde(default)]
    pub ours: Option<Side>,
    /// How it stands at the provider.
    #[serde(default)]
    pub theirs: Option<Side>,
    /// A person decided that it may differ.
    #[serde(default)]
    pub kept: bool,
}

impl Compared {
    /// Whether only the provider knew it.
    pub fn is_found(&self) -> bool {
        self.differences == [Difference::MissingHere]
    }

    /// Whether it is for a person to look at.
    pub fn is_conflict(&self) -> bool {
        !self.conflicts.is_empty() && !self.kept
    }

    /// Whether something was made to agree.
    pub fn is_repaired(&self) -> bool {
        !self.is_found() && self.conflicts != self.differences
    }
}

impl SweepReport {
    /// Add what comparing some more came to.
    pub(super) fn add(&mut self, read: usize, compared: Vec<Compared>) {
        self.read += read;
        self.agreed += read.saturating_sub(compared.len());
        for one in compared {
            self.found += usize::from(one.is_found());
            self.repaired += usize::from(one.is_repaired());
            self.conflicting += usize::from(one.is_conflict());
            self.agreed += usize::from(one.kept);
            if self.differing.len() < MOST_LISTED {
                self.differing.push(one);
            }
        }
    }

    /// One line.
    pub fn summary(&self) -> String {
        format!(
            "{} read, {} agreed, {} found, {} repaired, {} conflicting",
            self.read, self.agreed, self.found, self.repaired, self.conflicting
        )
    }
}
