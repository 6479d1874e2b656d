//! What can be booked in the emulated account, and who hosts it.

use serde::{Deserialize, Serialize};

use super::settings::Settings;

/// One event type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventType {
    /// The integer id; 0 asks the account for the next free one when it is added.
    #[serde(default)]
    pub id: i64,
    /// The slug, `type` in messages.
    pub slug: String,
    /// The title, `eventTitle` in messages.
    pub title: String,
    /// The description, if there is one.
    #[serde(default)]
    pub description: Option<String>,
    /// The length; with several lengths, the one offered first.
    pub minutes: i32,
    /// How it is booked.
    #[serde(default)]
    pub kind: Kind,
    /// Where it happens.
    #[serde(default)]
    pub place: Place,
    /// Questions beyond the built-in ones.
    #[serde(default)]
    pub fields: Vec<CustomField>,
    /// Whose it is.
    #[serde(default)]
    pub owner: Owner,
    /// Everything else that can be set.
    #[serde(default)]
    pub settings: Settings,
}

/// How an event type is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Booked means accepted.
    #[default]
    Plain,
    /// The host confirms first.
    ConfirmFirst,
    /// Several people share one booking.
    Seated {
        /// How many.
        places: u32,
    },
    /// Several weekly occurrences in one go.
    Recurring {
        /// At most so many.
        count: u32,
    },
    /// The team's hosts take turns.
    RoundRobin,
    /// All of the team's hosts come.
    Collective,
    /// A template of the team: every host has a child of it, only children can be booked.
    Managed,
    /// Accepted once paid.
    Paid {
        /// In minor units.
        price: i64,
    },
}

/// Whose an event type is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    /// One host's own.
    User(i64),
    /// A team's.
    Team {
        /// The team's id.
        team: i64,
        /// The ids of those who host it; empty means all members.
        hosts: Vec<i64>,
    },
    /// One host's copy of a managed event type.
    Child {
        /// The host.
        user: i64,
        /// The managed event type.
        parent: i64,
    },
}

/// Where a meeting happens.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// At an address.
    Address(String),
    /// The booker calls this number.
    Phone(String),
    /// In a video room of its own.
    #[default]
    Video,
}

/// A question of the organizer's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    /// The key in `responses`.
    pub slug: String,
    /// The question.
    pub label: String,
    /// What kind of answer it takes.
    #[serde(default)]
    pub form: FieldForm,
    /// Whether one must answer.
    #[serde(default)]
    pub required: bool,
}

/// What kind of answer a question takes.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldForm {
    /// A line of text.
    #[default]
    Text,
    /// Several lines of text.
    Textarea,
    /// A number.
    Number,
    /// Yes or no.
    Boolean,
    /// A phone number.
    Phone,
    /// An address on the web.
    Url,
    /// One of these.
    Select(Vec<String>),
    /// Some of these.
    Multiselect(Vec<String>),
    /// One of these, all shown.
    Radio(Vec<String>),
    /// Some of these, all shown.
    Checkbox(Vec<String>),
}

/// Someone who hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The integer user id.
    pub id: i64,
    /// The full name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The user name.
    pub username: String,
    /// The IANA zone.
    pub time_zone: String,
}

impl EventType {
    /// An event type of the account's owner with the settings a new one has.
    pub fn new(slug: impl Into<String>, title: impl Into<String>, minutes: i32) -> Self {
        Self {
            id: 0,
            slug: slug.into(),
            title: title.into(),
            description: None,
            minutes,
            kind: Kind::Plain,
            place: Place::Video,
            fields: Vec::new(),
            owner: Owner::default(),
            settings: Settings::default(),
        }
    }

    /// Minor units, 0 when free.
    pub fn price(&self) -> i64 {
        match self.kind {
            Kind::Paid { price } => price,
            _ => 0,
        }
    }

    /// Whether a team hosts it: then user-level webhooks stay silent.
    pub fn is_team(&self) -> bool {
        matches!(self.owner, Owner::Team { .. })
    }

    /// The team it belongs to.
    pub fn team(&self) -> Option<i64> {
        match self.owner {
            Owner::Team { team, .. } => Some(team),
            Owner::User(_) | Owner::Child { .. } => None,
        }
    }

    /// The one host of an event type that is nobody else's.
    pub fn user(&self) -> Option<i64> {
        match self.owner {
            Owner::User(user) | Owner::Child { user, .. } => Some(user),
            Owner::Team { .. } => None,
        }
    }

    /// The managed event type this one is a copy of.
    pub fn parent(&self) -> Option<i64> {
        match self.owner {
            Owner::Child { parent, .. } => Some(parent),
            Owner::User(_) | Owner::Team { .. } => None,
        }
    }

    /// Whether one may book it for that long.
    pub fn allows_length(&self, minutes: i32) -> bool {
        minutes == self.minutes || self.settings.lengths.contains(&minutes)
    }

    pub(super) fn is_seated(&self) -> bool {
        self.places().is_some()
    }

    pub(crate) fn places(&self) -> Option<u32> {
        match self.kind {
            Kind::Seated { places } => Some(places),
            _ => None,
        }
    }

    pub(super) fn confirms_first(&self) -> bool {
        self.kind == Kind::ConfirmFirst
    }

    pub(crate) fn currency(&self) -> &str {
        let usual = if self.price() > 0 { "eur" } else { "usd" };
        self.settings.currency.as_deref().unwrap_or(usual)
    }

    pub(super) fn scheduling_type(&self) -> Option<&'static str> {
        self.is_team().then_some(match self.kind {
            Kind::Collective => "COLLECTIVE",
            Kind::Managed => "MANAGED",
            _ => "ROUND_ROBIN",
        })
    }
}

impl Default for Owner {
    /// The account's owner.
    fn default() -> Self {
        Self::User(1)
    }
}
