//! What we want of a provider, from the moment it is written down until both sides know what became of it.
//!
//! The provider is asked to make a booking once. When its answer is lost or cannot be believed, we look for our key at the
//! provider, as often as it takes; we never ask again. What a caller was told for good stays true whatever comes later.

mod event;
mod fit;
mod patience;
mod standing;
#[cfg(test)]
mod tests;

pub use self::{
    event::{Answer, Certainty, Event, Sighting},
    fit::{Fit, Found, Wanted},
    patience::{GIVE_UP_AFTER, Patience},
    standing::{Standing, Step},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{fingerprint, ids::TenantId};

/// Under this name the key stands in a booking's metadata at Cal.com; Calendly carries it in `utm_content`.
pub const METADATA_NAME: &str = "calbridge_key";

/// Our name of an intent, sent along so that what it made can be recognized. Short enough for every provider.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IntentKey(String);

const PREFIX: &str = "cb_";

impl IntentKey {
    /// From something random.
    pub fn new(random: Uuid) -> Self {
        Self(format!("{PREFIX}{}", random.simple()))
    }

    /// For what a caller names itself: the same name gives the same key, on every node and after every restart.
    pub fn of_request(tenant: TenantId, name: &str) -> Self {
        let parts = ["intent", &tenant.to_string(), name];
        Self(format!("{PREFIX}{}", fingerprint::of_parts(parts)))
    }

    /// From what a provider sends back; `None` for what we have not made.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?;
        let ours = digits.len() == 32
            && digits
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        ours.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntentKind {
    /// Make a booking.
    Book,
    /// Move one.
    Reschedule,
    /// Call one off.
    Cancel,
    /// Agree to one for the host.
    Confirm,
    /// Decline one for the host.
    Decline,
    /// Say who did not come.
    NoShow,
    /// Give one to another host.
    Assign,
}

impl IntentKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Book,
        Self::Reschedule,
        Self::Cancel,
        Self::Confirm,
        Self::Decline,
        Self::NoShow,
        Self::Assign,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Book => "book",
            Self::Reschedule => "reschedule",
            Self::Cancel => "cancel",
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::NoShow => "no_show",
            Self::Assign => "assign",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// Whether asking twice makes two. The others name the booking they change: once it is seen to be as it was, asking
    /// again does no harm.
    pub fn makes_something_new(self) -> bool {
        self == Self::Book
    }
}

/// Why it is not known what became of a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// No answer, or one that says only that something broke. The provider may still be at it.
    Unanswered,
    /// It said that the slot is taken, in a way that it also says after booking it.
    SaidTaken,
    /// It refused, in a way that it also does after booking it.
    SaidRefused,
    /// It answered with somebody else's booking.
    Stranger,
}

impl Doubt {
    /// Every doubt.
    pub const ALL: [Self; 4] = [
        Self::Unanswered,
        Self::SaidTaken,
        Self::SaidRefused,
        Self::Stranger,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unanswered => "unanswered",
            Self::SaidTaken => "said_taken",
            Self::SaidRefused => "said_refused",
            Self::Stranger => "stranger",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|doubt| doubt.as_str() == word)
    }
}

/// Where an intent stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntentState {
    /// Written down. The provider has done nothing about it: it has not been asked, or said that it did not look at it.
    Pending,
    /// The provider is being asked, or was when we stopped.
    Sent,
    /// It was asked, and what it did is not known.
    Unknown(Doubt),
    /// Done, and seen to be what was wanted.
    Done,
    /// Somebody else has the slot.
    Taken,
    /// The provider will not do it.
    Refused,
    /// It did not happen.
    Lost,
    /// Something else came of it.
    Wrong,
    /// Nobody could find out; a person must.
    Stuck,
}

impl IntentState {
    /// Every state.
    pub const ALL: [Self; 12] = [
        Self::Pending,
        Self::Sent,
        Self::Unknown(Doubt::Unanswered),
        Self::Unknown(Doubt::SaidTaken),
        Self::Unknown(Doubt::SaidRefused),
        Self::Unknown(Doubt::Stranger),
        Self::Done,
        Self::Taken,
        Self::Refused,
        Self::Lost,
        Self::Wrong,
        Self::Stuck,
    ];

    /// The stored word; `unknown` has a second one.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sent => "sent",
            Self::Unknown(_) => "unknown",
            Self::Done => "done",
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::Lost => "lost",
            Self::Wrong => "wrong",
            Self::Stuck => "stuck",
        }
    }

    /// Why it is unknown.
    pub fn doubt(self) -> Option<Doubt> {
        match self {
            Self::Unknown(doubt) => Some(doubt),
            _ => None,
        }
    }

    /// Back from the two stored words.
    pub fn from_words(word: &str, doubt: Option<Doubt>) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.as_str() == word && state.doubt() == doubt)
    }

    /// Whether nothing more is done about it by itself.
    pub fn is_settled(self) -> bool {
        !matches!(self, Self::Pending | Self::Sent | Self::Unknown(_))
    }

    /// What a caller may be told.
    pub fn told(self) -> Told {
        match self {
            Self::Pending | Self::Sent | Self::Unknown(_) | Self::Stuck => Told::Settling,
            Self::Done => Told::Done,
            Self::Taken => Told::Taken,
            Self::Refused => Told::Refused,
            Self::Lost | Self::Wrong => Told::NotDone,
        }
    }

    /// What becomes of the time that was claimed for it.
    pub fn claim(self) -> ClaimFate {
        match self {
            Self::Pending | Self::Sent | Self::Unknown(_) | Self::Stuck => ClaimFate::Keep,
            Self::Done => ClaimFate::Bind,
            Self::Taken | Self::Refused | Self::Lost | Self::Wrong => ClaimFate::Free,
        }
    }
}

/// What a caller is told. All but `Settling` is for good.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Told {
    /// Not known yet; here is where to look.
    Settling,
    /// It is done: a booking is booked.
    Done,
    /// Somebody else has the slot; here are others.
    Taken,
    /// The provider will not do it, and says why.
    Refused,
    /// It did not happen, and will not; it may be asked for anew.
    NotDone,
}

/// What becomes of claimed time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ClaimFate {
    /// Nobody else may have it before we know.
    Keep,
    /// It is the booking's; what the booking had before is free.
    Bind,
    /// It is free.
    Free,
}
