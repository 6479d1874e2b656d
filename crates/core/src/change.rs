//! What a webhook event means, in our words: facts about bookings, free of vendor terms.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{fingerprint, person::PersonName, state::Confirmation};

/// One fact about one booking.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The ids that name the booking.
    pub identity: Identity,
    /// When it happened, as the provider says; see [`Change::dated`].
    pub occurred_at: Timestamp,
    /// Where [`Change::occurred_at`] comes from.
    pub dated: Dated,
    /// Who caused it, as far as the provider says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// What happened.
    pub what: What,
    /// What else the fact tells about the booking. Boxed: it is most of the size.
    #[serde(default)]
    pub details: Box<Details>,
}

impl Change {
    /// Equal facts have equal fingerprints; it names a fact among those of its booking.
    pub fn fingerprint(&self) -> String {
        // A map of known shape always serializes; an empty text would only merge facts that cannot be told apart.
        fingerprint::of_content(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

/// Where the time of a fact comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dated {
    /// The provider said so.
    ByProvider,
    /// The provider said nothing; it is the time we heard of it.
    ByReceipt,
}

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

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum What {
    /// The booking exists. On a pending one, `Confirmed` means that the host agreed.
    Created {
        /// Whether the host has agreed.
        confirmation: Confirmation,
    },
    /// The booking got another time; the subject is its new generation.
    Rescheduled {
        /// Whether the host has agreed to the new time.
        confirmation: Confirmation,
    },
    /// The subject was given up for another generation, of which another fact will tell (Calendly's first half).
    Superseded,
    /// The host agreed.
    Confirmed,
    /// The host declined.
    Rejected,
    /// Called off.
    Cancelled {
        /// The host asks for another time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reschedule_requested: bool,
    },
    /// The scheduled start has come.
    Started,
    /// The meeting is over.
    Completed,
    /// Attendees were marked absent, or the mark was taken back.
    Attendance {
        /// Who, and whether absent.
        marks: Vec<AttendanceMark>,
    },
    /// Paid for.
    Paid,
    /// Details changed, for example the place.
    Updated,
    /// Another host.
    Reassigned,
    /// Attendees (those in the details) took places in a group meeting.
    Joined {
        /// Whether the host has agreed.
        confirmation: Confirmation,
        /// They came over from another meeting.
        moved: bool,
    },
    /// Attendees (those in the details) gave up their places in a group meeting.
    Left {
        /// They went over to another meeting.
        moved: bool,
    },
    /// Somebody set the status directly, in the words of `bookings.status`.
    StatusSet {
        /// The word.
        status: String,
    },
    /// Somebody of the tenant was made responsible, or nobody.
    Assigned {
        /// The user.
        user_id: Option<i64>,
    },
}

impl What {
    /// The word in `booking_changes.kind`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created {
                confirmation: Confirmation::Pending,
            } => "requested",
            Self::Created { .. } => "created",
            Self::Rescheduled { .. } => "rescheduled",
            Self::Superseded => "superseded",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled { .. } => "cancelled",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Attendance { marks } if marks.iter().any(|mark| mark.absent) => "no_show",
            Self::Attendance { .. } => "no_show_undone",
            Self::Paid => "paid",
            Self::Updated => "updated",
            Self::Reassigned => "reassigned",
            Self::Joined { .. } => "joined",
            Self::Left { .. } => "left",
            Self::StatusSet { .. } => "status_set",
            Self::Assigned { .. } => "assigned",
        }
    }

    /// Facts of one instant are told in this order.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Created { .. } | Self::Joined { .. } => 0,
            Self::Paid | Self::Confirmed => 1,
            Self::Superseded => 2,
            Self::Rescheduled { .. } => 3,
            Self::Updated | Self::Reassigned => 4,
            Self::Started => 5,
            Self::Completed => 6,
            Self::Attendance { .. } => 7,
            Self::Rejected => 8,
            Self::Cancelled { .. } | Self::Left { .. } => 9,
            Self::StatusSet { .. } | Self::Assigned { .. } => 10,
        }
    }
}

/// One attendee marked absent or present.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttendanceMark {
    /// Whom the provider named.
    pub whom: MarkedBy,
    /// Absent, or the mark taken back.
    pub absent: bool,
}

/// How a provider names the attendee it marks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkedBy {
    /// By [`Attendee::key`].
    Key(String),
    /// By e-mail address, normalized.
    Email(String),
}

/// The key of the one who booked, in a meeting that is not a group meeting.
pub const BOOKER: &str = "booker";

/// Booked a place, or was brought along.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum AttendeeRole {
    /// Booked; has a lead.
    #[default]
    Booker,
    /// Was brought along.
    Guest,
}

impl AttendeeRole {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Booker => "booker",
            Self::Guest => "guest",
        }
    }
}

/// Somebody who comes, as one fact describes them. Empty fields are unknown, not erased.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Attendee {
    /// Names the attendee within the booking through all its facts: [`BOOKER`], or one per place of a group meeting.
    pub key: String,
    /// Booked, or brought along.
    pub role: AttendeeRole,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// E-mail address, normalized.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number as given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The provider's own name for the place: seat uid, invitee URI.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

/// Somebody who is met.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// The provider's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// IANA zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
}

/// Where a person came from. Keys `source`, `medium`, `campaign`, `term`, `content`.
pub type Utm = BTreeMap<String, String>;

/// What a fact tells besides what happened. Empty fields are unknown, not erased.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    /// Title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What the booker wrote.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Timestamp>,
    /// End.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Timestamp>,
    /// Start before a reschedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_start: Option<Timestamp>,
    /// Length in minutes, where the fact gives no end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<i64>,
    /// The provider's id or URI of the event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type: Option<String>,
    /// The provider's slug of the event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_type_slug: Option<String>,
    /// Place, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Link to the meeting or its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meeting_url: Option<String>,
    /// Why, for a cancellation, rejection or reschedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The id that the documented interfaces show as the booking's own: Cal.com's integer, or the uid where
    /// only that exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// Who is met.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// Who comes. In a group meeting only those the fact is about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attendees: Vec<Attendee>,
    /// Several may book places; `None` when the fact does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<bool>,
    /// How many places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capacity: Option<i64>,
    /// The lead that the booking's metadata names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_id: Option<i64>,
    /// The tenant that the booking's metadata names; only ever compared and noted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_tenant: Option<String>,
    /// Where the person came from.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub utm: Utm,
    /// The provider's id of the series, for recurring bookings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<String>,
    /// Price in minor units of [`Details::currency`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<i64>,
    /// ISO 4217 code, upper case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

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
