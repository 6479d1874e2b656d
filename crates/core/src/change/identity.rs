//! What names a booking.

use serde::{Deserialize, Serialize};

use crate::fingerprint;

/// The ids by which a fact names its booking.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Identity {
    /// The provider's name for the generation of the booking that the fact speaks of: it changes on a reschedule.
    /// `None` for our own facts, which speak of the current one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Every id in the fact that names this booking, former ones included.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// Among them the former subjects that the fact names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
}

/// An id somebody else uses for a booking. Unique per connection, kind and value.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Reference {
    /// What kind of id it is.
    pub kind: ReferenceKind,
    /// The id.
    pub value: String,
}

impl Reference {
    /// A reference; values too long for an index are replaced by their fingerprint.
    pub fn new(kind: ReferenceKind, value: &str) -> Self {
        Self {
            kind,
            value: fingerprint::indexable(value),
        }
    }
}

/// Kinds of ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReferenceKind {
    /// Cal.com's uid of a booking.
    Uid,
    /// Cal.com's integer id of a booking.
    Number,
    /// Calendly's URI of a scheduled event.
    Event,
    /// Calendly's URI of an invitee.
    Invitee,
    /// Our own id of a booking that was joined with another.
    Former,
}

impl ReferenceKind {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Uid => "uid",
            Self::Number => "number",
            Self::Event => "event",
            Self::Invitee => "invitee",
            Self::Former => "former",
        }
    }

    /// Back from the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [
            Self::Uid,
            Self::Number,
            Self::Event,
            Self::Invitee,
            Self::Former,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == word)
    }
}
