//! What a webhook means.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Change;

/// What a webhook event turned out to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Meaning {
    /// The event's name, as sent; empty when it has none.
    pub event_type: String,
    /// What we call it.
    pub canonical: Canonical,
    /// The provider's id of what it is about.
    pub external_id: Option<String>,
    /// When it happened, where the event says so.
    pub occurred_at: Option<Timestamp>,
    /// Names the event among those of its connection: a repetition has the same one.
    pub delivery_key: String,
    /// What to do with it.
    pub verdict: Verdict,
}

/// What to do with a webhook event.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Facts to apply.
    Apply(Vec<Change>),
    /// Understood, and nothing to do; the reason is a sentence for the operator.
    Ignore(String),
    /// Not understood; the reason is a sentence for the operator.
    Unreadable(String),
}

/// Our names of events. What a tenant may want or not is chosen by these words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the words say it")]
pub enum Canonical {
    Created,
    Requested,
    Confirmed,
    Rejected,
    Rescheduled,
    Cancelled,
    Started,
    Completed,
    NoShow,
    NoShowUndone,
    Paid,
    Updated,
    Reassigned,
    Ping,
    /// Known, but about something else than a booking.
    Other,
    Unknown,
}

impl Canonical {
    /// Every name.
    pub const ALL: [Self; 16] = [
        Self::Created,
        Self::Requested,
        Self::Confirmed,
        Self::Rejected,
        Self::Rescheduled,
        Self::Cancelled,
        Self::Started,
        Self::Completed,
        Self::NoShow,
        Self::NoShowUndone,
        Self::Paid,
        Self::Updated,
        Self::Reassigned,
        Self::Ping,
        Self::Other,
        Self::Unknown,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Requested => "requested",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Rescheduled => "rescheduled",
            Self::Cancelled => "cancelled",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::NoShow => "no_show",
            Self::NoShowUndone => "no_show_undone",
            Self::Paid => "paid",
            Self::Updated => "updated",
            Self::Reassigned => "reassigned",
            Self::Ping => "ping",
            Self::Other => "other",
            Self::Unknown => "unknown",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|name| name.as_str() == word)
    }
}
