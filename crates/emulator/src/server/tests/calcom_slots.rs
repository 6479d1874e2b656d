//! Slots, reservations, schedules and calendars.

use jiff::civil::{date, time};

use super::*;
use crate::calcom::{BusyBlock, Calendars, DayOverride};

/// The starts of one day of event type 1 in that zone.
async fn starts(api: &Api, day: &str, zone: &str) -> Vec<String> {
    let path = format!("/slots?eventTypeId=1&start={day}&end={day}&timeZone={zone}");
    let (status, answer) = api.version("2024-09-04").get(&path).await;
    assert_eq!(status, 200, "{answer}");
    let days = answer["data"].as_object().unwrap();
    days.values()
        .flat_map(|slots| slots.as_array().unwrap())
        .map(|slot| slot["start"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_zone_asked_for_decides_days_and_times() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).anonymous();
    let in_utc = api
        .version("2024-09-04")
        .get("/slots?eventTypeId=1&start=2026-11-23&end=2026-11-24")
        .await
        .1;
    let day = in_utc["data"]["2026-11-23"].as_array().unwrap();
    assert_eq!(day.len(), 16);
    assert_eq!(day[0]["start"], "2026-11-23T08:00:00.000Z");
    assert_eq!(day[15]["start"], "2026-11-23T15:30:00.000Z");
    let path = "/slots?eventTypeId=1&start=2026-11-23&end=2026-11-24&timeZone=Pacific/Auckland&format=range";
    let (_, far) = api.version("2024-09-04").get(path).await;
    let days: Vec<_> = far["data"].as_object().unwrap().keys().collect();
    assert_eq!(days, ["2026-11-23", "2026-11-24", "2026-11-25"]);
    assert_eq!(
        far["data"]["2026-11-24"][0],
        json!({"start": "2026-11-24T00:00:00.000+13:00", "end": "2026-11-24T00:30:00.000+13:00"})
    );
}

#[tokio::test]
async fn opening_hours_follow_the_wall_clock_over_a_clock_change() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    // Berlin: summer time begins on 2027-03-28, a Sunday.
    let before = starts(&api, "2027-03-26", "Europe/Berlin").await;
    let after = starts(&api, "2027-03-29", "Europe/Berlin").await;
    assert_eq!(before[0], "2027-03-26T09:00:00.000+01:00");
    assert_eq!(after[0], "2027-03-29T09:00:00.000+02:00");
    assert_eq!(before.len(), after.len());
    emulator.edit_calcom(|calcom| {
        let mut schedule = calcom.schedules()[0].clone();
        schedule.overrides = vec![DayOverride {
            date: date(2027, 3, 28),
            start_time: time(1, 0, 0, 0),
            end_time: time(4, 0, 0, 0),
        }];
        calcom.set_schedule(schedule);
    });
    // From one to four is two hours on that day.
    assert_eq!(starts(&api, "2027-03-28", "Europe/Berlin").await.len(), 4);
}

#[tokio::test]
async fn what_is_booked_busy_too_soon_or_too_far_ahead_is_not_offered() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    api.post("/bookings", calcom_api::booking(1, "2026-11-24T09:00:00Z"))
        .await;
    let all = starts(&api, "2026-11-24", "UTC").await;
    assert!(!all.contains(&"2026-11-24T09:00:00.000+00:00".to_owned()));
    assert_eq!(all.len(), 15);
    emulator.edit_calcom(|calcom| {
        calcom
            .change_event_type(1, |intro| {
                intro.settings.buffer_before = 30;
                intro.settings.buffer_after = 30;
            })
            .unwrap();
    });
    // Both meetings want their buffers: an hour on each side.
    assert_eq!(starts(&api, "2026-11-24", "UTC").await.len(), 11);
    emulator.edit_calcom(|calcom| {
        calcom
            .add_busy(BusyBlock {
                host: 1,
                start: "2026-11-24T13:00:00Z".parse().unwrap(),
                end: "2026-11-24T16:00:00Z".parse().unwrap(),
            })
            .unwrap();
    });
    assert_eq!(starts(&api, "2026-11-24", "UTC").await.len(), 4);
    emulator.edit_calcom(|calcom| calcom.connect_calendars(Calendars::None));
    assert_eq!(starts(&api, "2026-11-24", "UTC").await.len(), 11);
    emulator.edit_calcom(|calcom| {
        calcom
            .change_event_type(1, |intro| {
                intro.settings.minimum_notice = 3 * 24 * 60;
                intro.settings.window = Some(crate::calcom::BookingWindow::CalendarDays(4));
            })
            .unwrap();
    });
    assert_eq!(starts(&api, "2026-11-23", "UTC").await.len(), 0);
    assert_eq!(starts(&api, "2026-11-25", "UTC").await.len(), 16);
    assert_eq!(starts(&api, "2026-11-26", "UTC").await.len(), 0);
}

#[tokio::test]
async fn a_seated_slot_says_how_full_it_is_and_a_booking_to_move_frees_its_own() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let (_, seat) = api
        .post("/bookings", calcom_api::booking(3, "2026-11-24T09:00:00Z"))
        .await;
    let path = "/slots?eventTypeId=3&start=2026-11-24T08:00:00Z&end=2026-11-24T10:00:00Z";
    let (_, slots) = api.version("2024-09-04").get(path).await;
    let day = &slots["data"]["2026-11-24"];
    assert_eq!(day[0]["seatsRemaining"], 3);
    assert!(day[0].get("bookingUid").is_none());
    assert_eq!(
        day[1],
        json!({
            "start": "2026-11-24T09:00:00.000Z", "seatsBooked": 1, "seatsRemaining": 2, "seatsTotal": 3,
            "bookingUid": seat["data"]["uid"],
        })
    );
    let (_, made) = api
        .post("/bookings", calcom_api::booking(1, "2026-11-25T09:00:00Z"))
        .await;
    let path = "/slots?eventTypeId=1&start=2026-11-25T09:00:00Z&end=2026-11-25T09:30:00Z";
    let (_, taken) = api.version("2024-09-04").get(path).await;
    assert_eq!(taken["data"], json!({}));
    let path = format!(
        "{path}&bookingUidToReschedule={}",
        made["data"]["uid"].as_str().unwrap()
    );
    let (_, own) = api.version("2024-09-04").get(&path).await;
    assert_eq!(own["data"]["2026-11-25"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn slots_of_a_team_are_those_of_any_host_or_of_all_of_them() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-09-04");
    let path =
        "/slots?eventTypeSlug=product-tour&teamSlug=studio-falk&start=2026-11-24&end=2026-11-24";
    let (_, any) = api.get(path).await;
    // Tokyo opens at midnight UTC.
    assert_eq!(
        any["data"]["2026-11-24"][0]["start"],
        "2026-11-24T00:00:00.000Z"
    );
    emulator.edit_calcom(|calcom| {
        calcom
            .change_event_type(5, |tour| tour.kind = crate::calcom::Kind::Collective)
            .unwrap();
    });
    // Nobody in Tokyo works when Berlin does, in winter.
    assert_eq!(api.get(path).await.1["data"], json!({}));
    let both = "/slots?usernames=greta-falk,anton-weiss&organizationSlug=studio&start=2026-11-24&end=2026-11-24";
    let (_, common) = api.get(both).await;
    assert_eq!(common["data"]["2026-11-24"].as_array().unwrap().len(), 16);
}

#[tokio::test]
async fn a_wrong_question_about_slots_is_refused_but_an_inverted_range_is_empty() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-09-04");
    let ask = async |query: &str| api.get(&format!("/slots?{query}")).await;
    let days = "start=2026-11-23&end=2026-11-24";
    assert_eq!(ask(&format!("{days}&eventTypeId=999")).await.0, 404);
    assert_eq!(
        ask(&format!("{days}&eventTypeSlug=intro&username=x"))
            .await
            .0,
        404
    );
    assert_eq!(ask(&format!("{days}&eventTypeId=1&slug=x")).await.0, 400);
    assert_eq!(
        ask(&format!("{days}&eventTypeId=1&timeZone=Nowhere"))
            .await
            .0,
        400
    );
    assert_eq!(ask(days).await.0, 400);
    assert_eq!(ask("eventTypeId=1&start=2026-11-23").await.0, 400);
    let inverted = ask("eventTypeId=1&start=2026-11-24&end=2026-11-23").await;
    assert_eq!((inverted.0, &inverted.1["data"]), (200, &json!({})));
}

#[tokio::test]
async fn a_reservation_hides_a_slot_until_it_expires_and_stops_nobody_from_booking() {
    let (emulator, hands) = start_with_clock().await;
    let api = Api::calcom(&emulator).version("2024-09-04");
    let wish = json!({"eventTypeId": 1, "slotStart": "2026-11-24T09:00:00.000Z"});
    let (status, held) = api
        .clone()
        .anonymous()
        .post("/slots/reservations", wish.clone())
        .await;
    assert_eq!(status, 201, "{held}");
    assert_eq!(held["data"]["reservationDuration"], 5);
    assert_eq!(held["data"]["reservationUntil"], "2026-11-21T09:05:00.000Z");
    assert_eq!(starts(&api, "2026-11-24", "UTC").await.len(), 15);
    let (status, again) = api.post("/slots/reservations", wish.clone()).await;
    assert_eq!(
        (status, &again["error"]["code"]),
        (422, &json!("UnprocessableEntityException"))
    );
    let path = format!(
        "/slots/reservations/{}",
        held["data"]["reservationUid"].as_str().unwrap()
    );
    let later = json!({"eventTypeId": 1, "slotStart": "2026-11-24T10:00:00.000Z"});
    assert_eq!(api.call("PATCH", &path, later).await.0, 200);
    assert_eq!(
        api.get(&path).await.1["data"]["slotStart"],
        "2026-11-24T10:00:00.000Z"
    );

    *hands.lock().unwrap() += Duration::from_mins(6);
    assert_eq!(api.get(&path).await.1["data"], Value::Null);
    assert_eq!(starts(&api, "2026-11-24", "UTC").await.len(), 16);
    assert_eq!(api.post("/slots/reservations", wish).await.0, 201);
    let booking = calcom_api::booking(1, "2026-11-24T09:00:00Z");
    assert_eq!(
        api.version("2024-08-13").post("/bookings", booking).await.0,
        201
    );
    let gone = api.call("DELETE", &path, Value::Null).await;
    assert_eq!(gone, (200, json!({"status": "success"})));
    let longer =
        json!({"eventTypeId": 1, "slotStart": "2026-11-25T09:00:00Z", "reservationDuration": 9});
    let anonymous = api.clone().anonymous();
    assert_eq!(
        anonymous
            .post("/slots/reservations", longer.clone())
            .await
            .0,
        401
    );
    assert_eq!(api.post("/slots/reservations", longer).await.0, 201);
}

#[tokio::test]
async fn schedules_change_and_calendars_say_when_they_are_busy() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-06-11");
    let wish = json!({
        "availability": [{"days": ["Monday"], "startTime": "13:00", "endTime": "15:00"}],
        "overrides": [{"date": "2026-11-30", "startTime": "08:00", "endTime": "09:00"}],
    });
    let (status, changed) = api.call("PATCH", "/schedules/1", wish).await;
    assert_eq!(status, 200, "{changed}");
    assert_eq!(changed["data"]["availability"][0]["startTime"], "13:00");
    assert_eq!(
        api.get("/schedules/default").await.1["data"],
        changed["data"]
    );
    assert_eq!(starts(&api, "2026-11-23", "Europe/Berlin").await.len(), 4);
    assert_eq!(starts(&api, "2026-11-30", "Europe/Berlin").await.len(), 2);
    assert_eq!(api.get("/schedules/2").await.0, 403);
    assert_eq!(api.get("/schedules/99").await.0, 404);

    emulator.edit_calcom(|calcom| {
        calcom
            .add_busy(BusyBlock {
                host: 1,
                start: "2026-11-24T13:00:00Z".parse().unwrap(),
                end: "2026-11-24T14:00:00Z".parse().unwrap(),
            })
            .unwrap();
    });
    let (_, calendars) = api.get("/calendars").await;
    let calendar = &calendars["data"]["connectedCalendars"][0]["calendars"][0];
    let path = format!(
        "/calendars/busy-times?timeZone=Europe/Berlin&dateFrom=2026-11-24&dateTo=2026-11-24\
         &calendarsToLoad[0][credentialId]={}&calendarsToLoad[0][externalId]={}",
        calendar["credentialId"],
        calendar["externalId"].as_str().unwrap()
    );
    let (status, busy) = api.get(&path).await;
    assert_eq!(status, 200, "{busy}");
    assert_eq!(busy["data"][0]["start"], "2026-11-24T13:00:00.000Z");
    let flat =
        "/calendars/busy-times?dateFrom=2026-11-24&dateTo=2026-11-24&credentialId=1&externalId=x";
    assert_eq!(api.get(flat).await.0, 400);
}
