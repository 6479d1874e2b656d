//! What is sent.

use calbridge_providers::calcom_api::{
    Call, Effect, EventTypeRef, Profile, SlotsQuery,
    bookings::{
        self, BookingMetadata, BookingsQuery, Cancel, NewBooking, Occurrences, Position, Reschedule,
    },
    slots, webhooks,
    webhooks::{NewWebhook, WebhookLevel},
};
use serde_json::json;

use super::every::{PROFILES, every, new_booking};
use crate::fixtures::Outcome;

fn query<T>(call: &Call<T>, name: &str) -> Option<String> {
    let mut named = call.query.iter().filter(|(given, _)| given == name);
    named.next().map(|(_, value)| value.clone())
}

#[test]
fn only_calls_that_change_nothing_may_be_repeated() -> Outcome {
    for call in every()? {
        let reads = call.method == "GET";
        assert_eq!(call.effect == Effect::Reads, reads, "{}", call.operation);
        assert!(!reads || call.body.is_none(), "{}", call.operation);
    }
    Ok(())
}

#[test]
fn slots_are_asked_in_utc_and_with_their_ends() -> Outcome {
    let call = slots::list(
        Profile::Hosted2026,
        &SlotsQuery {
            event_type: EventTypeRef::Id(7),
            from: "2026-09-14T08:30:00+02:00".parse()?,
            to: "2026-09-21T00:00:00Z".parse()?,
            duration: None,
            host: None,
            reschedule: None,
        },
    );
    // Midnight itself would be taken for the end of the day that it begins.
    assert_eq!(
        call.path_and_query(),
        "/slots?start=2026-09-14T06%3A30%3A00.000Z&end=2026-09-20T23%3A59%3A59.999Z\
         &timeZone=UTC&format=range&eventTypeId=7"
    );
    assert_eq!(call.version, Some("2024-09-04"));
    Ok(())
}

#[test]
fn a_booking_carries_what_is_known_and_nothing_else() -> Outcome {
    let full = new_booking(EventTypeRef::Id(7), None)?;
    let sparse = NewBooking {
        attendee: bookings::NewAttendee {
            email: None,
            phone: None,
            language: None,
            ..full.attendee.clone()
        },
        responses: serde_json::Map::new(),
        guests: Vec::new(),
        metadata: BookingMetadata::default(),
        length: None,
        occurrences: None,
        ..full.clone()
    };
    let body = bookings::create(Profile::Classic, &full).body;
    let expected = json!({
        "start": "2026-09-14T13:00:00.000Z",
        "eventTypeId": 7,
        "attendee": {
            "name": "Ann Lee",
            "email": "ann@example.org",
            "phoneNumber": "+12025550143",
            "timeZone": "America/New_York",
            "language": "de",
        },
        "bookingFieldsResponses": {"referral-source": "A friend", "topics": ["a", "b"], "age": 41},
        "guests": ["bo@example.org"],
        "metadata": {"lead": "L-7"},
        "lengthInMinutes": 30,
        "recurrenceCount": 3,
    });
    assert_eq!(body, Some(expected));
    let body = bookings::create(Profile::Classic, &sparse).body;
    let expected = json!({
        "start": "2026-09-14T13:00:00.000Z",
        "eventTypeId": 7,
        "attendee": {"name": "Ann Lee", "timeZone": "America/New_York"},
    });
    assert_eq!(body, Some(expected));
    Ok(())
}

#[test]
fn a_seat_is_moved_and_cancelled_without_what_seats_refuse() -> Outcome {
    let to = Reschedule {
        start: "2026-09-15T13:00:00Z".parse()?,
        by: None,
        reason: Some("Train strike".to_owned()),
        seat_uid: Some("seat".to_owned()),
    };
    assert_eq!(
        bookings::reschedule(Profile::Classic, "a", &to).body,
        Some(json!({"start": "2026-09-15T13:00:00.000Z", "seatUid": "seat"}))
    );
    let cancel = Cancel {
        reason: None,
        occurrences: Occurrences::ThisAndLater,
        seat_uid: Some("seat".to_owned()),
    };
    assert_eq!(
        bookings::cancel(Profile::Classic, "a", &cancel).body,
        Some(json!({"seatUid": "seat"}))
    );
    Ok(())
}

#[test]
fn each_profile_turns_pages_its_own_way() {
    let all = BookingsQuery::default();
    let call = bookings::list(Profile::Hosted2026, &all, &Position::Cursor("x".to_owned()));
    assert_eq!(call.path_and_query(), "/bookings?limit=100&cursor=x");
    let call = bookings::list(Profile::Classic, &all, &Position::Skip(100));
    assert_eq!(
        call.path_and_query(),
        "/bookings?sortCreated=asc&take=100&skip=100"
    );
    let greedy = BookingsQuery {
        page_size: Some(0),
        after_updated: Some(jiff::Timestamp::UNIX_EPOCH),
        ..all
    };
    for profile in PROFILES {
        let call = bookings::list(profile, &greedy, &Position::Start);
        let size = query(&call, "limit").or(query(&call, "take"));
        assert_eq!(size.as_deref(), Some("1"));
        assert_eq!(
            query(&call, "afterUpdatedAt").as_deref(),
            Some("1970-01-01T00:00:00.000Z")
        );
    }
}

#[test]
fn nothing_personal_is_shown_with_a_call() -> Outcome {
    let new = new_booking(EventTypeRef::Id(7), None)?;
    let shown = format!("{:?}", bookings::create(Profile::Classic, &new));
    assert!(
        !shown.contains("ann@example.org") && !shown.contains("Ann Lee"),
        "{shown}"
    );
    let webhook = NewWebhook {
        url: "https://hooks.example.org/x".to_owned(),
        triggers: Vec::new(),
        secret: "not-a-real-secret".into(),
    };
    let shown = format!(
        "{webhook:?} {:?}",
        webhooks::create(WebhookLevel::User, &webhook)
    );
    assert!(!shown.contains("not-a-real-secret"), "{shown}");
    Ok(())
}
