//! What bookings do to the people a tenant follows, and what we do for them by ourselves.

mod automatic;

use serde::{Deserialize, Serialize};

pub use self::automatic::{AutomaticBooking, AutomaticState};
use crate::story::Outlook;

/// A status of a lead: one of the tenant's own words, stored in lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadStatus(String);

/// Not a status word.
#[derive(Debug, thiserror::Error)]
#[error("a status is 1 to 40 letters, digits, `_` or `-`")]
pub struct NotALeadStatus;

impl LeadStatus {
    /// Accept any case.
    pub fn parse(text: &str) -> Result<Self, NotALeadStatus> {
        let word = text.trim().to_lowercase().replace(' ', "_");
        let fits = (1..=40).contains(&word.chars().count())
            && word
                .chars()
                .all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        if fits {
            Ok(Self(word))
        } else {
            Err(NotALeadStatus)
        }
    }

    /// The stored word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for LeadStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// The statuses every tenant starts with: word, label, and whether it is where a new lead begins.
pub const SEEDED_STATUSES: [(&str, &str); 5] = [
    ("new", "New"),
    ("contacted", "Contacted"),
    ("qualified", "Qualified"),
    ("booked", "Booked"),
    ("completed", "Completed"),
];

/// The status of a lead nobody has done anything with.
pub const NEW: &str = "new";

/// Which status a lead gets from its current booking. `None` leaves the status alone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LeadRules {
    /// A meeting is ahead.
    pub booked: Option<LeadStatus>,
    /// The meeting was called off or declined.
    pub cancelled: Option<LeadStatus>,
    /// The meeting took place.
    pub completed: Option<LeadStatus>,
    /// The person did not come.
    pub no_show: Option<LeadStatus>,
}

impl Default for LeadRules {
    fn default() -> Self {
        let word = |word: &str| Some(LeadStatus(word.to_owned()));
        Self {
            booked: word("booked"),
            cancelled: word("qualified"),
            completed: word("completed"),
            // Still worth a conversation, like after a cancellation.
            no_show: word("qualified"),
        }
    }
}

impl LeadRules {
    /// The status that follows from what a lead's current booking means for it.
    pub fn status(&self, outlook: Outlook) -> Option<&LeadStatus> {
        match outlook {
            Outlook::Ahead => self.booked.as_ref(),
            Outlook::Over => self.completed.as_ref(),
            Outlook::Missed => self.no_show.as_ref(),
            Outlook::Lost => self.cancelled.as_ref(),
            Outlook::Elsewhere => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_accepted_in_any_case_and_stored_in_lower_case() {
        assert_eq!(LeadStatus::parse("BOOKED").unwrap().as_str(), "booked");
        assert_eq!(LeadStatus::parse("Hot Lead").unwrap().as_str(), "hot_lead");
        assert!(LeadStatus::parse("").is_err());
        assert!(LeadStatus::parse("a'; DROP TABLE leads").is_err());
    }
}
