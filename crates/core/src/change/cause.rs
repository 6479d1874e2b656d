//! Who caused a change.

use serde::{Deserialize, Serialize};

/// Who caused a fact.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cause {
    /// In which role.
    pub role: CauseRole,
    /// Name or address, as the provider gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

/// The role of whoever caused a fact.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseRole {
    /// Somebody who comes.
    Attendee,
    /// Somebody who is met.
    Host,
    /// The provider does not say.
    Provider,
    /// The clock.
    Timer,
    /// Somebody who wrote to the database directly.
    Sql,
    /// A user or program of ours.
    Operator,
}

impl CauseRole {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attendee => "attendee",
            Self::Host => "host",
            Self::Provider => "provider",
            Self::Timer => "timer",
            Self::Sql => "sql",
            Self::Operator => "operator",
        }
    }
}
