//! Booking leads without being asked: whom, and how often.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::LeadStatus;

/// A tenant's rules for booking leads without being asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AutomaticBooking {
    /// On or off; if absent, as the installation has it.
    pub enabled: Option<bool>,
    /// Leads with this status are booked.
    pub status: LeadStatus,
    /// Any id of the event type; the default one if absent.
    pub event_type: Option<String>,
    /// So often it is tried for a lead.
    pub attempts: u32,
    /// Minutes from one try to the next.
    pub spacing_minutes: u32,
    /// Leads begun with in a minute.
    pub leads_per_run: u32,
}

impl Default for AutomaticBooking {
    fn default() -> Self {
        Self {
            enabled: None,
            status: LeadStatus("qualified".to_owned()),
            event_type: None,
            attempts: 3,
            spacing_minutes: 60,
            leads_per_run: 20,
        }
    }
}

impl AutomaticBooking {
    /// Whether it is on.
    pub fn is_on(&self, of_installation: bool) -> bool {
        self.enabled.unwrap_or(of_installation)
    }

    /// When to try again.
    pub fn next_attempt(&self, now: Timestamp) -> Timestamp {
        let wait = SignedDuration::from_mins(self.spacing_minutes.max(1).into());
        now.checked_add(wait).unwrap_or(now)
    }

    /// Where a lead stands for whom so many tries came to nothing.
    pub fn after(&self, attempts: u32) -> AutomaticState {
        if attempts < self.attempts {
            AutomaticState::Waiting
        } else {
            AutomaticState::Stopped
        }
    }
}

/// Where the booking of a lead stands that nobody asked for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutomaticState {
    /// It is tried, later.
    Waiting,
    /// It is tried, or was and it is not known yet what came of it.
    Trying,
    /// The lead is booked.
    Booked,
    /// It is not tried any more.
    Stopped,
}

impl AutomaticState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Trying, Self::Booked, Self::Stopped];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Trying => "trying",
            Self::Booked => "booked",
            Self::Stopped => "stopped",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_off_unless_the_tenant_or_the_installation_wants_it() {
        let mut rules = AutomaticBooking::default();
        assert!(!rules.is_on(false));
        assert!(rules.is_on(true));
        rules.enabled = Some(false);
        assert!(!rules.is_on(true));
    }

    #[test]
    fn tries_are_counted_and_spaced() {
        let rules = AutomaticBooking::default();
        assert_eq!(rules.after(2), AutomaticState::Waiting);
        assert_eq!(rules.after(3), AutomaticState::Stopped);
        let now: Timestamp = "2026-03-02T10:00:00Z".parse().unwrap();
        assert_eq!(rules.next_attempt(now).to_string(), "2026-03-02T11:00:00Z");
    }

    #[test]
    fn every_state_has_a_word() {
        for state in AutomaticState::ALL {
            assert_eq!(AutomaticState::from_word(state.as_str()), Some(state));
        }
    }
}
