//! What recorded and composed answers say.

use calbridge_providers::calcom_api::{
    Answer, Call, EventTypeRef, Profile, SlotsQuery, WebhookLevel, Whose,
    bookings::{self, Bookings, BookingsQuery, Position},
    calendars::{self, BusyTimesQuery},
    event_types::{self, FieldKind, FieldOrigin, OfferedEventType},
    me, schedules,
    slots::{self, ReserveSlot},
    teams::{self, Role},
    webhooks::{self, NewWebhook},
};
use insta::{Settings, assert_debug_snapshot};
use rstest::rstest;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::recorded::Recorded;
use crate::fixtures::{Outcome, at};

/// The answer, in which nothing is new.
fn said<T>(name: &str, call: &Call<T>) -> Outcome<Answer<T>> {
    let answer = Recorded::read(name)?.to(call)?;
    assert_eq!(answer.drifts, [], "{name}");
    Ok(answer)
}

fn snapshot(name: &str, value: &impl std::fmt::Debug) {
    let mut settings = Settings::clone_current();
    settings.set_omit_expression(true);
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| assert_debug_snapshot!(name, value));
}

#[test]
fn an_account_is_read_with_what_the_headers_tell() -> Outcome {
    let answer = said("api_001_me", &me())?;
    assert_eq!(answer.value.username.as_deref(), Some("greta-falk"));
    assert_eq!(answer.value.time_zone, "Europe/Berlin");
    assert_eq!(
        answer.request_id.as_deref(),
        Some("2c04180a-a1ec-4e11-a2f2-eaeecde293ae")
    );
    let quota = answer.quota.ok_or("no quota")?;
    assert_eq!((quota.limit, quota.remaining), (120, 119));
    assert_eq!(quota.resets_in.as_secs(), 60);
    Ok(())
}

fn without_raw(mut types: Vec<OfferedEventType>) -> Vec<OfferedEventType> {
    for one in &mut types {
        one.raw = Value::Null;
    }
    types
}

#[rstest]
#[case(Profile::Classic, Whose::Own, "api_012_event_types_list")]
#[case(Profile::Hosted2026, Whose::Own, "composed_event_types_2026_06_12_200")]
#[case(
    Profile::Hosted2026,
    Whose::Team(77),
    "composed_team_event_types_2026_06_12_200"
)]
fn event_types_of_both_versions_are_read(
    #[case] profile: Profile,
    #[case] whose: Whose,
    #[case] name: &str,
) -> Outcome {
    let answer = said(name, &event_types::list(profile, &whose))?;
    assert!(answer.value.iter().all(|one| one.raw["id"] == one.id));
    snapshot(name, &without_raw(answer.value));
    Ok(())
}

#[test]
fn names_in_links_carry_their_owner() -> Outcome {
    let own = said(
        "api_012_event_types_list",
        &event_types::list(Profile::Classic, &Whose::Own),
    )?;
    assert_eq!(
        own.value[0].link_name().as_deref(),
        Some("greta-falk/intro")
    );
    let team = said(
        "composed_team_event_types_2026_06_12_200",
        &event_types::list(Profile::Hosted2026, &Whose::Team(77)),
    )?;
    let names: Vec<_> = team.value.iter().map(OfferedEventType::link_name).collect();
    assert_eq!(names[0].as_deref(), Some("team/harbour/consultation"));
    let parents: Vec<_> = team
        .value
        .iter()
        .map(OfferedEventType::is_managed_parent)
        .collect();
    assert_eq!(parents, [false, true, false]);
    Ok(())
}

#[test]
fn an_event_type_without_one_length_has_none() -> Outcome {
    let mut body: Value =
        serde_json::from_slice(&Recorded::read("api_006_event_type_create_intro")?.body)?;
    body["data"]["lengthInMinutes"] = Value::Null;
    let call = event_types::get(Profile::Classic, &Whose::Own, 1);
    let answer = Recorded::json(200, &body).to(&call)?;
    assert_eq!(answer.value.length, None);
    let field = answer
        .value
        .fields
        .iter()
        .find(|field| field.slug == "referral-source");
    let field = field.ok_or("no field")?;
    assert_eq!(
        (field.kind, field.origin),
        (FieldKind::ShortText, FieldOrigin::Custom)
    );
    Ok(())
}

fn slots_query() -> Outcome<SlotsQuery> {
    Ok(SlotsQuery {
        event_type: EventTypeRef::Id(1),
        from: "2026-09-14T00:00:00Z".parse()?,
        to: "2026-09-16T00:00:00Z".parse()?,
        duration: None,
        host: None,
        reschedule: None,
    })
}

#[test]
fn slots_are_read_in_the_order_of_time() -> Outcome {
    let call = slots::list(Profile::Classic, &slots_query()?);
    let plain = said("api_v2_slots_range_200", &call)?.value;
    assert_eq!(Some(plain[0].start), at("2026-09-14T07:00:00Z"));
    assert_eq!(Some(plain[0].end), at("2026-09-14T07:30:00Z"));
    let shared = said("composed_seated_slots_200", &call)?.value;
    assert_eq!(Some(shared[0].start), at("2026-09-14T07:00:00Z"));
    let seats: Vec<_> = shared
        .iter()
        .filter_map(|slot| slot.seats.as_ref())
        .map(|seats| (seats.total, seats.booked, seats.booking_uid.is_some()))
        .collect();
    assert_eq!(seats, [(3, 2, true), (3, 0, false)]);
    let none = json!({"data": {}, "status": "success"});
    assert_eq!(Recorded::json(200, &none).to(&call)?.value, []);
    Ok(())
}

#[rstest]
#[case("api_034_slots_by_id")]
#[case("api_036_slots_tz_daykeys")]
#[case("api_052_slots_while_reserved")]
#[case("api_v2_slots_time_200")]
fn slots_without_their_ends_are_not_what_was_asked(#[case] name: &str) -> Outcome {
    let call = slots::list(Profile::Classic, &slots_query()?);
    let error = Recorded::read(name)?.to(&call).err().ok_or("an error")?;
    assert_eq!(error.message, "expected a value at `data.*[].end`");
    Ok(())
}

#[rstest]
#[case("api_050_reservation_create_noauth")]
#[case("api_v2_slot_reservation_201")]
fn a_kept_slot_says_how_long(#[case] name: &str) -> Outcome {
    let slot = ReserveSlot {
        event_type_id: 1,
        start: "2026-11-23T09:00:00Z".parse()?,
        length: None,
        keep: None,
    };
    let kept = said(name, &slots::reserve(Profile::Classic, &slot))?.value;
    assert!(kept.until < kept.start && kept.start < kept.end);
    let call = slots::reservation(Profile::Classic, &kept.uid);
    assert_eq!(said(name, &call)?.value, Some(kept));
    let expired = json!({"status": "success", "data": null});
    assert_eq!(Recorded::json(200, &expired).to(&call)?.value, None);
    let released = Recorded::json(200, &json!({"status": "success"}));
    released.to(&slots::release(Profile::Classic, "x"))?;
    Ok(())
}

fn bookings_without_raw(mut bookings: Bookings) -> Bookings {
    bookings.first.raw = Value::Null;
    for one in &mut bookings.rest {
        one.raw = Value::Null;
    }
    bookings
}

#[rstest]
#[case("api_066_booking_create_intro")]
#[case("api_088_booking_reschedule_by_booker")]
#[case("api_110_booking_cancel_by_booker_noreason")]
#[case("api_118_booking_confirm")]
#[case("api_123_booking_decline")]
#[case("api_132_booking_mark_absent_attendee")]
#[case("api_v2_booking_get_200")]
#[case("composed_seated_booking_200")]
fn bookings_are_read(#[case] name: &str) -> Outcome {
    let call = bookings::get(Profile::Classic, "a");
    let booking = said(name, &call)?.value;
    snapshot(name, &bookings_without_raw(booking).first);
    Ok(())
}

#[test]
fn a_series_is_read_whole() -> Outcome {
    let call = bookings::get(Profile::Classic, "a");
    let series = said("composed_recurring_bookings_200", &call)?.value;
    assert_eq!(series.first.uid, "occurrence-1");
    assert_eq!(series.rest.len(), 1);
    assert!(series.rest[0].recurring_uid.is_some());
    Ok(())
}

#[test]
fn pages_lead_to_the_next_one() -> Outcome {
    let everything = BookingsQuery::default();
    let call = bookings::list(Profile::Hosted2026, &everything, &Position::Start);
    let page = said("api_v2_bookings_list_cursor_200", &call)?.value;
    assert_eq!(page.bookings.len(), 2);
    assert_eq!(
        page.next,
        Some(Position::Cursor("c3ludGhldGljLWN1cnNvcg".to_owned()))
    );
    let call = bookings::list(Profile::Classic, &everything, &Position::Start);
    let page = said("api_079_booking_list_filters", &call)?.value;
    assert_eq!((page.next, page.total), (None, Some(1)));
    let mut body: Value =
        serde_json::from_slice(&Recorded::read("api_079_booking_list_filters")?.body)?;
    body["pagination"]["hasNextPage"] = json!(true);
    body["pagination"]["currentPage"] = json!(3);
    body["pagination"]["itemsPerPage"] = json!(100);
    let page = Recorded::json(200, &body).to(&call)?.value;
    assert_eq!(page.next, Some(Position::Skip(300)));
    body["pagination"]["itemsPerPage"] = json!(0);
    assert!(Recorded::json(200, &body).to(&call).is_err());
    Ok(())
}

#[test]
fn a_reassigned_booking_names_its_new_host() -> Outcome {
    let call = bookings::reassign(Profile::Hosted2026, "a", None, None);
    let given = said("composed_reassigned_200", &call)?.value;
    assert_eq!(
        (given.host_id, given.host_name.as_deref()),
        (4102, Some("Jonas Weber"))
    );
    Ok(())
}

#[test]
fn schedules_calendars_and_teams_are_read() -> Outcome {
    let all = said("composed_schedules_200", &schedules::list(Profile::Classic))?.value;
    snapshot("composed_schedules_200", &all);
    let all = said("composed_calendars_200", &calendars::list())?.value;
    snapshot("composed_calendars_200", &all);
    let all = said("composed_teams_200", &teams::list())?.value;
    assert_eq!(all[0].slug.as_deref(), Some("harbour"));
    let all = said("composed_team_memberships_200", &teams::members(77, 0))?.value;
    assert_eq!(
        (all[0].role, all[0].user_id, all[1].accepted),
        (Some(Role::Owner), 4101, false)
    );
    let query = BusyTimesQuery {
        time_zone: "UTC".to_owned(),
        from: "2026-09-14".parse()?,
        to: "2026-09-14".parse()?,
        calendars: Vec::new(),
    };
    let busy = said("composed_busy_times_200", &calendars::busy_times(&query))?.value;
    assert_eq!(Some(busy[0].end), at("2026-09-14T10:30:00Z"));
    Ok(())
}

#[test]
fn there_may_be_no_default_schedule() -> Outcome {
    let none = Recorded::json(200, &json!({"status": "success", "data": null}));
    assert_eq!(none.to(&schedules::default(Profile::Classic))?.value, None);
    Ok(())
}

#[test]
fn a_webhook_keeps_its_secret_to_itself() -> Outcome {
    let new = NewWebhook {
        url: "http://127.0.0.1:9777/".to_owned(),
        triggers: vec!["BOOKING_CREATED".to_owned()],
        secret: "x".into(),
    };
    let call = webhooks::create(WebhookLevel::User, &new);
    for name in [
        "api_018_webhook_create_duplicate_url",
        "api_v2_webhook_create_201",
    ] {
        let webhook = said(name, &call)?.value;
        let secret = webhook.secret.as_ref().ok_or("no secret")?.expose_secret();
        assert!(["x", "synthetic-secret"].contains(&secret));
        assert!(!format!("{webhook:?}").contains("synthetic-secret"));
        assert_eq!(webhook.id.len(), 36);
    }
    Ok(())
}
