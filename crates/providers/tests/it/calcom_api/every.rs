//! Every call there is, in both profiles.

use calbridge_providers::calcom_api::{
    ApiError, BusyTime, Call, Drift, Effect, EventTypeRef, Operation, Profile, Response,
    SlotsQuery, WebhookLevel, Whose,
    bookings::{
        self, Absences, Attendance, BookingFilter, BookingMetadata, BookingsQuery, Cancel,
        NewAttendee, NewBooking, NewLocation, Occurrences, Position, Reschedule,
    },
    calendars::{self, BusyTimesQuery, CalendarRef},
    detect, event_types, me, organizations, schedules,
    slots::{self, ReserveSlot},
    teams,
    webhooks::{self, NewWebhook, WebhookChange},
};
use serde_json::{Value, json};

use crate::fixtures::Outcome;

pub const PROFILES: [Profile; 2] = [Profile::Hosted2026, Profile::Classic];
const UID: &str = "4DChCZjFhcpnTAd4WhoAgC";

type Read = Box<dyn Fn(&Response<'_>) -> Result<Vec<Drift>, ApiError>>;

/// A call without the type of its answer.
pub struct AnyCall {
    pub operation: Operation,
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub body: Option<Value>,
    pub version: Option<&'static str>,
    pub effect: Effect,
    pub profile: Profile,
    pub read: Read,
}

fn any<T: 'static + Clone>(profile: Profile, call: Call<T>) -> AnyCall {
    let query = call.query.iter();
    AnyCall {
        operation: call.operation,
        method: call.method.to_string(),
        path: call.path.clone(),
        query: query
            .map(|(name, value)| (name.to_string(), value.clone()))
            .collect(),
        body: call.body.clone(),
        version: call.version,
        effect: call.effect,
        profile,
        read: Box::new(move |response| call.read(response).map(|answer| answer.drifts)),
    }
}

pub fn every() -> Outcome<Vec<AnyCall>> {
    let mut all = Vec::new();
    for profile in PROFILES {
        read_only(profile, &mut all)?;
        changing(profile, &mut all)?;
        on_bookings(profile, &mut all)?;
    }
    Ok(all)
}

fn read_only(profile: Profile, all: &mut Vec<AnyCall>) -> Outcome {
    all.push(any(profile, me()));
    all.push(any(profile, detect::probe(profile)));
    let people = [
        Whose::Own,
        Whose::Team(77),
        Whose::Organization { org: 5, team: None },
        Whose::Organization {
            org: 5,
            team: Some(77),
        },
        Whose::User {
            username: "ann".to_owned(),
        },
    ];
    for whose in people {
        all.push(any(profile, event_types::list(profile, &whose)));
        all.push(any(profile, event_types::list_from(profile, &whose, 250)));
        all.push(any(profile, event_types::get(profile, &whose, 880_123)));
    }
    for event_type in event_type_refs() {
        all.push(any(
            profile,
            slots::list(
                profile,
                &SlotsQuery {
                    event_type,
                    from: "2026-09-14T00:00:00Z".parse()?,
                    to: "2026-09-21T00:00:00Z".parse()?,
                    duration: Some(45),
                    host: Some(4101),
                    reschedule: Some(UID.to_owned()),
                },
            ),
        ));
    }
    all.push(any(profile, slots::reservation(profile, UID)));
    all.push(any(profile, schedules::list(profile)));
    all.push(any(profile, schedules::default(profile)));
    all.push(any(profile, schedules::get(profile, 31)));
    all.push(any(profile, calendars::list()));
    let busy: Call<Vec<BusyTime>> = calendars::busy_times(&BusyTimesQuery {
        time_zone: "Europe/Berlin".to_owned(),
        from: "2026-09-14".parse()?,
        to: "2026-09-15".parse()?,
        calendars: vec![CalendarRef {
            credential_id: 12,
            external_id: "a&b@example.org".to_owned(),
        }],
    });
    all.push(any(profile, busy));
    all.push(any(profile, teams::list()));
    all.push(any(profile, teams::members(77, 250)));
    all.push(any(profile, organizations::teams(5, 0)));
    all.push(any(profile, organizations::members(5, 250)));
    Ok(())
}

fn changing(profile: Profile, all: &mut Vec<AnyCall>) -> Outcome {
    let reserve = ReserveSlot {
        event_type_id: 880_123,
        start: "2026-09-14T13:00:00Z".parse()?,
        length: Some(30),
        keep: Some(10),
    };
    all.push(any(profile, slots::reserve(profile, &reserve)));
    all.push(any(profile, slots::release(profile, UID)));
    let levels = [
        WebhookLevel::User,
        WebhookLevel::EventType(880_123),
        WebhookLevel::TeamEventType {
            team: 77,
            event_type: 900_001,
        },
        WebhookLevel::Organization(5),
    ];
    for level in levels {
        let new = NewWebhook {
            url: "https://hooks.example.org/hooks/abc".to_owned(),
            triggers: vec!["BOOKING_CREATED".to_owned()],
            secret: "not-a-real-secret".into(),
        };
        let change = WebhookChange {
            active: Some(false),
            ..WebhookChange::default()
        };
        let id = "17c2cb6c-be0e-4c57-b038-4ba8793a3896";
        all.push(any(profile, webhooks::list(level, 0)));
        all.push(any(profile, webhooks::create(level, &new)));
        all.push(any(profile, webhooks::update(level, id, &change)));
        all.push(any(profile, webhooks::delete(level, id)));
    }
    Ok(())
}

fn on_bookings(profile: Profile, all: &mut Vec<AnyCall>) -> Outcome {
    for event_type in event_type_refs() {
        for location in locations() {
            let new = new_booking(event_type.clone(), location)?;
            all.push(any(profile, bookings::create(profile, &new)));
        }
    }
    all.push(any(profile, bookings::get(profile, UID)));
    for query in booking_queries()? {
        for position in [
            Position::Start,
            Position::Skip(100),
            Position::Cursor("abc".to_owned()),
        ] {
            all.push(any(profile, bookings::list(profile, &query, &position)));
        }
    }
    for seat_uid in [
        None,
        Some("1d9a6f0c-0b1e-4c65-8f1e-2a4b6c8d0e1f".to_owned()),
    ] {
        let to = Reschedule {
            start: "2026-09-15T13:00:00Z".parse()?,
            by: Some("ann@example.org".to_owned()),
            reason: Some("Train strike".to_owned()),
            seat_uid: seat_uid.clone(),
        };
        all.push(any(profile, bookings::reschedule(profile, UID, &to)));
        let cancel = Cancel {
            reason: Some("Train strike".to_owned()),
            occurrences: Occurrences::ThisAndLater,
            seat_uid,
        };
        all.push(any(profile, bookings::cancel(profile, UID, &cancel)));
    }
    let absences = Absences {
        host: Some(Attendance::Present),
        attendees: vec![("ann@example.org".to_owned(), Attendance::Absent)],
    };
    all.push(any(profile, bookings::confirm(profile, UID)));
    all.push(any(profile, bookings::decline(profile, UID, Some("Full"))));
    all.push(any(profile, bookings::mark_absent(profile, UID, &absences)));
    all.push(any(profile, bookings::reassign(profile, UID, None, None)));
    all.push(any(
        profile,
        bookings::reassign(profile, UID, Some(4102), Some("Ill")),
    ));
    Ok(())
}

fn booking_queries() -> Outcome<[BookingsQuery; 2]> {
    let time = "2026-09-14T00:00:00Z".parse()?;
    let all = BookingsQuery {
        filter: Some(BookingFilter::Unconfirmed),
        attendee_email: Some("ann@example.org".to_owned()),
        event_types: vec![1, 2],
        teams: vec![77],
        uid: Some(UID.to_owned()),
        after_start: Some(time),
        before_end: Some(time),
        after_created: Some(time),
        before_created: Some(time),
        after_updated: Some(time),
        before_updated: Some(time),
        page_size: Some(1000),
    };
    Ok([BookingsQuery::default(), all])
}

pub fn new_booking(event_type: EventTypeRef, location: Option<NewLocation>) -> Outcome<NewBooking> {
    let metadata = json!({"lead": "L-7"});
    let responses = json!({"referral-source": "A friend", "topics": ["a", "b"], "age": 41});
    Ok(NewBooking {
        event_type,
        start: "2026-09-14T13:00:00Z".parse()?,
        attendee: NewAttendee {
            name: "Ann Lee".to_owned(),
            email: Some("ann@example.org".to_owned()),
            phone: Some("+12025550143".to_owned()),
            time_zone: "America/New_York".to_owned(),
            language: Some("de-AT".to_owned()),
        },
        responses: responses.as_object().cloned().unwrap_or_default(),
        guests: vec!["bo@example.org".to_owned()],
        metadata: BookingMetadata::new(metadata.as_object().ok_or("no object")?)?,
        location,
        length: Some(30),
        occurrences: Some(3),
    })
}

fn event_type_refs() -> [EventTypeRef; 3] {
    [
        EventTypeRef::Id(880_123),
        EventTypeRef::OfUser {
            username: "ann".to_owned(),
            slug: "intro".to_owned(),
            organization: Some("acme".to_owned()),
        },
        EventTypeRef::OfTeam {
            team: "sales".to_owned(),
            slug: "intro".to_owned(),
            organization: None,
        },
    ]
}

fn locations() -> Vec<Option<NewLocation>> {
    vec![
        None,
        Some(NewLocation::Address),
        Some(NewLocation::AttendeeAddress("Quay 1".to_owned())),
        Some(NewLocation::AttendeeDefined("the park".to_owned())),
        Some(NewLocation::AttendeePhone("+12025550143".to_owned())),
        Some(NewLocation::Integration("cal-video".to_owned())),
        Some(NewLocation::Link),
        Some(NewLocation::Phone),
        Some(NewLocation::OrganizersDefaultApp),
    ]
}

#[test]
fn no_operation_is_forgotten() -> Outcome {
    let every = every()?;
    for operation in Operation::ALL {
        assert!(
            every.iter().any(|call| call.operation == *operation),
            "{operation}"
        );
    }
    Ok(())
}
