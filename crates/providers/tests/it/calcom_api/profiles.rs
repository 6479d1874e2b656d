//! Which versions a server speaks, and answers in a version that was not asked for.

use calbridge_providers::calcom_api::{
    ApiError, Detection, ErrorKind, EventTypeRef, Profile, SlotsQuery, Whose,
    bookings::{self, BookingsQuery, Position},
    detect, event_types, schedules, slots,
};
use rstest::rstest;
use serde_json::{Value, json};

use super::recorded::Recorded;
use crate::fixtures::Outcome;

fn detected(profile: Profile, answer: &Recorded) -> Detection {
    Profile::detect(profile, &answer.to(&detect::probe(profile)))
}

/// What servers answer to a version they do not know.
fn old_event_types() -> Value {
    json!({"status": "success", "data": {
        "eventTypeGroups": [{"teamId": null, "eventTypes": [{"id": 1, "length": 30, "slug": "intro"}]}],
        "profiles": [],
    }})
}

#[test]
fn the_newest_shape_means_the_hosted_profile() -> Outcome {
    let answer = Recorded::read("composed_event_types_2026_06_12_200")?;
    let speaks = Detection::Speaks(Profile::Hosted2026);
    assert_eq!(detected(Profile::Hosted2026, &answer), speaks);
    let nothing_yet = Recorded::json(200, &json!({"status": "success", "data": []}));
    assert_eq!(detected(Profile::Hosted2026, &nothing_yet), speaks);
    Ok(())
}

#[test]
fn the_oldest_shape_means_to_ask_for_the_classic_one() -> Outcome {
    let downgraded = Recorded::json(200, &old_event_types());
    assert_eq!(
        detected(Profile::Hosted2026, &downgraded),
        Detection::Probe(Profile::Classic)
    );
    let unknown = Recorded::read("api_016_event_types_list_wrong_family_version")?;
    assert_eq!(
        detected(Profile::Hosted2026, &unknown),
        Detection::Probe(Profile::Classic)
    );
    let classic = Recorded::read("api_012_event_types_list")?;
    assert_eq!(
        detected(Profile::Classic, &classic),
        Detection::Speaks(Profile::Classic)
    );
    assert_eq!(detected(Profile::Classic, &downgraded), Detection::Neither);
    Ok(())
}

#[rstest]
#[case(401, Detection::Undecided)]
#[case(429, Detection::Undecided)]
#[case(500, Detection::Undecided)]
#[case(410, Detection::Neither)]
fn a_failure_for_another_reason_decides_nothing(#[case] status: u16, #[case] expected: Detection) {
    let answer = Recorded::json(status, &json!({"message": "x"}));
    assert_eq!(detected(Profile::Hosted2026, &answer), expected);
}

#[test]
fn a_missing_route_is_told_from_a_missing_thing() -> Outcome {
    let call = event_types::list(Profile::Classic, &Whose::Own);
    let answer = Recorded::read("api_016_event_types_list_wrong_family_version")?;
    let error = answer.to(&call).err().ok_or("it is an error")?;
    assert!(error.route_missing());
    Ok(())
}

#[test]
fn a_profile_keeps_its_name() {
    for profile in [Profile::Hosted2026, Profile::Classic] {
        assert_eq!(Profile::parse(profile.as_str()), Some(profile));
    }
    assert_eq!(Profile::parse("v1"), None);
}

fn expected<T>(outcome: Result<T, ApiError>) -> Outcome<String> {
    match outcome.err().map(|error| (error.kind, error.message)) {
        Some((ErrorKind::Misread { expected }, message)) => {
            assert!(message.contains(expected), "{message}");
            Ok(message)
        }
        other => Err(format!("not a misread: {other:?}").into()),
    }
}

#[test]
fn an_older_shape_is_never_guessed_at() -> Outcome {
    let old = Recorded::json(200, &old_event_types());
    let list = event_types::list(Profile::Classic, &Whose::Own);
    assert_eq!(
        expected(old.to(&list))?,
        "expected a list of event types at `data`"
    );

    let old = Recorded::json(
        200,
        &json!({"status": "success", "data": {"id": 1, "length": 30, "slug": "intro", "title": "Intro"}}),
    );
    let get = event_types::get(Profile::Classic, &Whose::Own, 1);
    assert_eq!(
        expected(old.to(&get))?,
        "expected an event type of 2024-06-14 or later at `data.lengthInMinutes`"
    );

    let old = Recorded::json(
        200,
        &json!({"status": "success", "data": {
            "id": 1, "uid": "a", "startTime": "2026-11-24T09:00:00Z", "status": "ACCEPTED", "attendees": [],
        }}),
    );
    assert_eq!(
        expected(old.to(&bookings::get(Profile::Classic, "a")))?,
        "expected a booking of 2024-08-13 or later at `data.start`"
    );

    let old = Recorded::json(
        200,
        &json!({"status": "success", "data": {"slots": {"2026-11-24": [{"time": "2026-11-24T09:00:00Z"}]}}}),
    );
    let query = SlotsQuery {
        event_type: EventTypeRef::Id(1),
        from: "2026-11-24T00:00:00Z".parse()?,
        to: "2026-11-25T00:00:00Z".parse()?,
        duration: None,
        host: None,
        reschedule: None,
    };
    assert_eq!(
        expected(old.to(&slots::list(Profile::Classic, &query)))?,
        "expected slots by day at `data.*`"
    );

    let old = Recorded::json(
        200,
        &json!({"status": "success", "data": {"id": 1, "name": "x", "workingHours": [], "availability": []}}),
    );
    assert_eq!(
        expected(old.to(&schedules::get(Profile::Classic, 1)))?,
        "expected a schedule of 2024-06-11 at `data.overrides`"
    );
    Ok(())
}

#[test]
fn pages_of_the_other_profile_are_never_guessed_at() -> Outcome {
    let everything = BookingsQuery::default();
    let pages = [
        (Profile::Hosted2026, "api_079_booking_list_filters"),
        (Profile::Classic, "api_v2_bookings_list_cursor_200"),
    ];
    for (profile, name) in pages {
        let call = bookings::list(profile, &everything, &Position::Start);
        expected(Recorded::read(name)?.to(&call))?;
    }
    Ok(())
}
