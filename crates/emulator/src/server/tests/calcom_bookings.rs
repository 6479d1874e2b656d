//! Booking by API: what is refused, lists, attendees, hosts.

use super::*;
use crate::calcom::NewBooking;

#[tokio::test]
async fn busy_and_closed_have_the_same_words_and_the_grid_does_not_matter() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let book = async |start: &str| api.post("/bookings", calcom_api::booking(1, start)).await;
    assert_eq!(book("2026-11-24T09:10:00Z").await.0, 201);
    let (status, busy) = book("2026-11-24T09:30:00Z").await;
    assert_eq!(status, 400);
    let (status, closed) = book("2026-11-24T03:00:00Z").await;
    assert_eq!(status, 400);
    assert_eq!(busy["error"]["message"], closed["error"]["message"]);
    // Minimum notice: two hours. It is Saturday, so the schedule must open first.
    emulator.edit_calcom(|calcom| {
        let mut schedule = calcom.schedules()[0].clone();
        schedule.availability[0]
            .days
            .push(crate::calcom::Day::Saturday);
        calcom.set_schedule(schedule);
    });
    assert_eq!(book("2026-11-21T10:30:00Z").await.0, 400);
    assert_eq!(book("2026-11-21T11:00:00Z").await.0, 201);
    emulator.edit_calcom(|calcom| {
        calcom
            .change_event_type(1, |intro| intro.settings.most_per_day = Some(1))
            .unwrap();
    });
    let (status, full) = book("2026-11-24T11:00:00Z").await;
    assert_eq!(
        (status, full),
        (
            401,
            json!({"statusCode": 401, "message": "booking_limit_reached"})
        )
    );
    let mut forced = calcom_api::booking(1, "2026-11-24T11:00:00Z");
    forced["skipBookingLimits"] = json!(true);
    assert_eq!(api.post("/bookings", forced.clone()).await.0, 400);
    assert_eq!(
        api.version("2026-02-25").post("/bookings", forced).await.0,
        201
    );
}

#[tokio::test]
async fn a_body_with_a_wrong_or_a_missing_part_is_refused() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let wrong = [
        ("/attendee/timeZone", json!("Nowhere")),
        ("/attendee/language", json!("tlh")),
        ("/attendee/email", json!("nobody")),
        ("/eventTypeId", json!(5000)),
        ("/start", json!("soon")),
        ("/metadata/campaign", json!("x".repeat(501))),
    ];
    for (place, value) in wrong {
        let mut body = calcom_api::booking(1, "2026-11-24T09:00:00Z");
        body["attendee"]["language"] = json!("en");
        *body.pointer_mut(place).unwrap() = value;
        let (status, answer) = api.post("/bookings", body).await;
        let expected = if place == "/eventTypeId" { 404 } else { 400 };
        assert_eq!(status, expected, "{place}: {answer}");
    }
    let mut elsewhere = calcom_api::booking(1, "2026-11-24T09:00:00Z");
    elsewhere["location"] = json!({"type": "phone", "phone": "+12025550143"});
    assert_eq!(api.post("/bookings", elsewhere).await.0, 400);
    // The old body has other fields.
    let body = calcom_api::booking(1, "2026-11-24T09:00:00Z");
    assert_eq!(api.version(None).post("/bookings", body).await.0, 400);
    assert_eq!(emulator.look(|calcom, _| calcom.bookings().count()), 0);
}

#[tokio::test]
async fn of_two_who_book_at_the_same_time_one_loses_with_a_bare_conflict() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let held = ApiFault::new("POST /bookings", ApiFailure::Held);
    emulator.set_api_faults(ApiPlan::of([held]));
    let book = || api.post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"));
    let release = async {
        emulator
            .until("POST /bookings", |count| count.under_way == 2)
            .await;
        emulator.set_api_faults(ApiPlan::default());
    };
    let (one, other, ()) = tokio::join!(book(), book(), release);
    let mut statuses = [one.0, other.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let lost = if one.0 == 409 { one.1 } else { other.1 };
    assert_eq!(
        lost,
        json!({"statusCode": 409, "message": "booking_conflict_error"})
    );
    assert_eq!(emulator.operation("POST /bookings").most_at_once, 2);
}

#[tokio::test]
async fn a_list_comes_by_pages_or_by_cursor() {
    let emulator = start().await;
    for hour in 9..14 {
        let start = format!("2026-11-24T{hour:02}:00:00Z").parse().unwrap();
        let new = NewBooking::new("intro", start, "Bo Lund", "bo@mailbox.example");
        emulator
            .at_calcom(|calcom, now| calcom.book(new, now))
            .unwrap();
    }
    let api = Api::calcom(&emulator);
    assert_eq!(api.clone().anonymous().get("/bookings").await.0, 403);
    let (_, page) = api
        .get("/bookings?status=upcoming,unconfirmed&take=2&skip=2&sortStart=desc&attendeeEmail=bo@mailbox.example")
        .await;
    assert_eq!(page["data"][0]["start"], "2026-11-24T11:00:00.000Z");
    assert_eq!(
        page["pagination"],
        json!({
            "returnedItems": 2, "totalItems": 5, "itemsPerPage": 2, "remainingItems": 1, "currentPage": 2,
            "totalPages": 3, "hasNextPage": true, "hasPreviousPage": true,
        })
    );
    assert_eq!(api.get("/bookings?status=someday").await.0, 400);
    assert_eq!(api.get("/bookings?take=251").await.0, 400);
    let (_, none) = api
        .get("/bookings?afterUpdatedAt=2026-11-22T00:00:00Z")
        .await;
    assert_eq!(none["pagination"]["totalItems"], 0);

    let api = api.version("2026-05-01");
    let mut path = "/bookings?status=upcoming&limit=2".to_owned();
    let mut starts = Vec::new();
    loop {
        let (status, part) = api.get(&path).await;
        assert_eq!(status, 200, "{part}");
        let part_starts = part["data"].as_array().unwrap().iter();
        starts.extend(part_starts.map(|one| one["start"].as_str().unwrap().to_owned()));
        let Some(cursor) = part["pagination"]["nextCursor"].as_str() else {
            assert_eq!(part["pagination"]["hasMore"], false);
            break;
        };
        path = format!("/bookings?status=upcoming&limit=2&cursor={cursor}");
    }
    assert_eq!(starts.len(), 5);
    assert!(starts.is_sorted());
    assert_eq!(api.get("/bookings?status=upcoming,past").await.0, 400);
    assert_eq!(api.get("/bookings?cursor=nonsense").await.0, 400);
}

#[tokio::test]
async fn bookings_of_a_team_are_in_its_list_whoever_hosts_them() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let mut usernames = Vec::new();
    for hour in [9, 10] {
        let wish = calcom_api::booking(5, &format!("2026-11-24T{hour:02}:00:00Z"));
        let (status, made) = api.post("/bookings", wish).await;
        assert_eq!(status, 201, "{made}");
        usernames.push(made["data"]["hosts"][0]["username"].clone());
    }
    assert_eq!(usernames, ["greta-falk", "anton-weiss"]);
    let (_, team) = api.get("/teams/10/bookings").await;
    assert_eq!(team["data"].as_array().unwrap().len(), 2);
    let (_, own) = api.get("/bookings?teamsIds=10").await;
    assert_eq!(own["data"].as_array().unwrap().len(), 1);

    let uid = own["data"][0]["uid"].as_str().unwrap();
    let (status, moved) = api
        .post(&format!("/bookings/{uid}/reassign"), Value::Null)
        .await;
    assert_eq!(
        (status, &moved["data"]["reassignedTo"]["id"]),
        (200, &json!(2))
    );
    let back = format!("/bookings/{uid}/reassign/1");
    assert_eq!(
        api.post(&back, json!({"reason": "Back"})).await.1["data"]["reassignedTo"]["id"],
        1
    );
    assert_eq!(
        api.post(&format!("/bookings/{uid}/reassign/77"), json!({}))
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn people_join_a_booking_within_small_limits() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let (_, made) = api
        .post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"))
        .await;
    let path = format!("/bookings/{}", made["data"]["uid"].as_str().unwrap());
    let guests = json!({"guests": [{"email": "lea@mailbox.example", "name": "Lea"}]});
    let guests_path = format!("{path}/guests");
    let answer = api.ask("POST", &guests_path, guests.clone()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body["data"]["guests"],
        json!(["lea@mailbox.example"])
    );
    assert_eq!(
        answer.header("x-ratelimit-remaining-booking_guests_add"),
        Some("4")
    );
    assert_eq!(answer.header("x-ratelimit-limit-default"), None);
    for _ in 0..4 {
        assert_eq!(api.post(&guests_path, guests.clone()).await.0, 200);
    }
    assert_eq!(api.post(&guests_path, guests).await.0, 429);
    let attendee = json!({"name": "Bo", "email": "bo@mailbox.example", "timeZone": "Europe/Oslo"});
    let (status, added) = api.post(&format!("{path}/attendees"), attendee).await;
    assert_eq!(
        (status, &added["data"]["bookingId"]),
        (201, &made["data"]["id"])
    );
    let one = format!("{path}/attendees/{}", added["data"]["id"]);
    assert_eq!(api.get(&one).await.1["data"]["email"], "bo@mailbox.example");
    let (_, all) = api.get(&format!("{path}/attendees")).await;
    assert_eq!(all["data"].as_array().unwrap().len(), 7);
    let elsewhere = json!({"location": {"type": "address", "address": "Hafenstr. 1, Hamburg"}});
    let (_, moved) = api
        .call("PATCH", &format!("{path}/location"), elsewhere)
        .await;
    assert_eq!(moved["data"]["location"], "Hafenstr. 1, Hamburg");
}
