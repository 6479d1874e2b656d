//! What can be booked in the emulated account, and who hosts it.

/// One event type.
#[derive(Debug, Clone)]
pub struct EventType {
    /// The integer id.
    pub id: i64,
    /// The slug, `type` in messages.
    pub slug: String,
    /// The title, `eventTitle` in messages.
    pub title: String,
    /// The description, if there is one.
    pub description: Option<String>,
    /// The length.
    pub minutes: i32,
    /// How it is booked.
    pub kind: Kind,
    /// Where it happens.
    pub place: Place,
    /// Questions beyond the built-in ones.
    pub fields: Vec<CustomField>,
}

/// How an event type is booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Booked means accepted.
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
    /// Accepted once paid.
    Paid {
        /// In minor units.
        price: i64,
    },
}

/// Where a meeting happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At an address.
    Address(String),
    /// The booker calls this number.
    Phone(String),
    /// In a video room of its own.
    Video,
}

/// A question of the organizer's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomField {
    /// The key in `responses`.
    pub slug: String,
    /// The question.
    pub label: String,
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
    /// Minor units, 0 when free.
    pub(super) fn price(&self) -> i64 {
        match self.kind {
            Kind::Paid { price } => price,
            _ => 0,
        }
    }

    /// Whether a team hosts it: then user-level webhooks stay silent.
    pub fn is_team(&self) -> bool {
        self.kind == Kind::RoundRobin
    }

    pub(super) fn is_seated(&self) -> bool {
        self.places().is_some()
    }

    pub(super) fn places(&self) -> Option<u32> {
        match self.kind {
            Kind::Seated { places } => Some(places),
            _ => None,
        }
    }

    pub(super) fn confirms_first(&self) -> bool {
        self.kind == Kind::ConfirmFirst
    }

    pub(super) fn currency(&self) -> &'static str {
        if self.price() > 0 { "eur" } else { "usd" }
    }

    pub(super) fn scheduling_type(&self) -> Option<&'static str> {
        self.is_team().then_some("ROUND_ROBIN")
    }
}

/// The hosts every emulated account starts with; the first one owns it.
pub(super) fn hosts() -> Vec<Host> {
    let host = |id, name: &str, username: &str, time_zone: &str| Host {
        id,
        name: name.to_owned(),
        email: format!(
            "{}@studio-falk.example",
            username.split('-').next().unwrap_or_default()
        ),
        username: username.to_owned(),
        time_zone: time_zone.to_owned(),
    };
    vec![
        host(1, "Greta Falk", "greta-falk", "Europe/Berlin"),
        host(2, "Anton Weiss", "anton-weiss", "Europe/Vienna"),
        host(3, "Mio Sato", "mio-sato", "Asia/Tokyo"),
    ]
}

/// The event types every emulated account starts with, one of each kind.
pub(super) fn event_types() -> Vec<EventType> {
    let event_type = |id, slug: &str, title: &str, minutes, kind, place| EventType {
        id,
        slug: slug.to_owned(),
        title: title.to_owned(),
        description: None,
        minutes,
        kind,
        place,
        fields: Vec::new(),
    };
    let studio = || Place::Address("Lindenweg 4, 10115 Berlin".to_owned());
    let phone = Place::Phone("+4930901820".to_owned());
    vec![
        EventType {
            description: Some("A short first conversation.".to_owned()),
            fields: vec![CustomField {
                slug: "referral-source".to_owned(),
                label: "How did you hear about us?".to_owned(),
            }],
            ..event_type(1, "intro", "Intro", 30, Kind::Plain, studio())
        },
        event_type(
            2,
            "consultation",
            "Consultation",
            45,
            Kind::ConfirmFirst,
            phone,
        ),
        event_type(
            3,
            "group-class",
            "Group class",
            60,
            Kind::Seated { places: 3 },
            studio(),
        ),
        event_type(
            4,
            "coaching",
            "Coaching",
            30,
            Kind::Recurring { count: 12 },
            studio(),
        ),
        event_type(
            5,
            "product-tour",
            "Product tour",
            45,
            Kind::RoundRobin,
            Place::Video,
        ),
        event_type(
            6,
            "paid-consult",
            "Paid consult",
            30,
            Kind::Paid { price: 4500 },
            studio(),
        ),
        event_type(7, "video-call", "Video call", 30, Kind::Plain, Place::Video),
    ]
}
