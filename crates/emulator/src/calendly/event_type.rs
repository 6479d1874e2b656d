//! What can be booked in the emulated organization, and who hosts it.

/// A member of the organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The full URI.
    pub uri: String,
    /// The full name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The slug of the booking page.
    pub slug: String,
    /// The IANA zone.
    pub time_zone: String,
}

/// One event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// The full URI.
    pub uri: String,
    /// The slug.
    pub slug: String,
    /// The name.
    pub name: String,
    /// The length.
    pub minutes: i32,
    /// For one person or for several.
    pub audience: Audience,
    /// Where it happens.
    pub place: Place,
    /// The position of the host among the users.
    pub host: usize,
    /// The price in whole dollars, if it has one.
    pub price: Option<u32>,
    /// Offered, or switched off.
    pub active: bool,
}

/// How many people book one scheduled event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    /// One person.
    Solo,
    /// Up to so many, each with a booking of their own.
    Group {
        /// How many.
        limit: u32,
    },
}

/// Where an event happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// At an address.
    Physical {
        /// The address.
        location: String,
        /// How to find the door.
        additional_info: String,
    },
    /// In a Zoom meeting, made some seconds after booking.
    Zoom,
    /// As the host wrote it.
    Custom(String),
}

impl EventType {
    /// How many people fit into one scheduled event.
    pub fn limit(&self) -> u32 {
        match self.audience {
            Audience::Solo => 1,
            Audience::Group { limit } => limit,
        }
    }
}

/// The users every emulated organization starts with; the first one owns it.
pub(super) fn users(mut uri: impl FnMut(&str) -> String) -> Vec<User> {
    let mut user = |name: &str, slug: &str, time_zone: &str| User {
        uri: uri("users"),
        name: name.to_owned(),
        email: format!("{}@harbor-clinic.example", slug.replace('-', ".")),
        slug: slug.to_owned(),
        time_zone: time_zone.to_owned(),
    };
    vec![
        user("Runa Haugen", "runa-haugen", "America/New_York"),
        user("Pawel Gorski", "pawel-gorski", "America/New_York"),
    ]
}

/// The event types every emulated organization starts with.
pub(super) fn event_types(mut uri: impl FnMut(&str) -> String) -> Vec<EventType> {
    let mut event_type =
        |slug: &str, name: &str, minutes, audience, place, host, price| EventType {
            uri: uri("event_types"),
            slug: slug.to_owned(),
            name: name.to_owned(),
            minutes,
            audience,
            place,
            host,
            price,
            active: true,
        };
    let clinic = || Place::Physical {
        location: "Harbor Clinic, 14 Quay Street, Portland, ME 04101".to_owned(),
        additional_info: "Second floor. Ring the bell marked CLINIC.".to_owned(),
    };
    let studio = Place::Custom("Studio B, entrance from the courtyard".to_owned());
    vec![
        event_type(
            "first-assessment",
            "First assessment (45 min)",
            45,
            Audience::Solo,
            clinic(),
            0,
            None,
        ),
        event_type(
            "video-consultation",
            "Video consultation (30 min)",
            30,
            Audience::Solo,
            Place::Zoom,
            1,
            None,
        ),
        event_type(
            "follow-up",
            "Follow-up treatment (30 min)",
            30,
            Audience::Solo,
            clinic(),
            0,
            None,
        ),
        event_type(
            "back-care-class",
            "Back care class",
            60,
            Audience::Group { limit: 8 },
            studio,
            1,
            Some(24),
        ),
    ]
}
