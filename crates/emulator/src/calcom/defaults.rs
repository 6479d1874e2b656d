//! What every emulated account starts with.

use super::event_type::{CustomField, EventType, FieldForm, Host, Kind, Owner, Place};
use super::schedule::Schedule;
use super::team::Team;

/// The team's id.
const TEAM: i64 = 10;

/// The hosts; the first one owns the account.
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

/// One schedule for each host, Monday to Friday from nine to five where the host lives.
pub(super) fn schedules() -> Vec<Schedule> {
    hosts()
        .into_iter()
        .map(|host| Schedule::working_hours(host.id, host.id, host.time_zone))
        .collect()
}

/// The team all hosts are in.
pub(super) fn teams() -> Vec<Team> {
    vec![Team {
        id: TEAM,
        name: "Studio Falk".to_owned(),
        slug: "studio-falk".to_owned(),
        members: vec![1, 2, 3],
    }]
}

/// The event types, one of each kind.
pub(super) fn event_types() -> Vec<EventType> {
    let event_type = |id, slug: &str, title: &str, minutes, kind, place| EventType {
        id,
        kind,
        place,
        ..EventType::new(slug, title, minutes)
    };
    let studio = || Place::Address("Lindenweg 4, 10115 Berlin".to_owned());
    let phone = Place::Phone("+4930901820".to_owned());
    let team = Owner::Team {
        team: TEAM,
        hosts: vec![1, 2, 3],
    };
    vec![
        EventType {
            description: Some("A short first conversation.".to_owned()),
            fields: vec![CustomField {
                slug: "referral-source".to_owned(),
                label: "How did you hear about us?".to_owned(),
                form: FieldForm::Text,
                required: false,
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
        EventType {
            owner: team,
            ..event_type(
                5,
                "product-tour",
                "Product tour",
                45,
                Kind::RoundRobin,
                Place::Video,
            )
        },
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
