//! Cal.com's side.

use super::*;

const ALL: [&str; 4] = [
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
];

pub(super) fn booking(event_type: i64, start: &str) -> Value {
    json!({
        "start": start,
        "eventTypeId": event_type,
        "attendee": {"name": "Tomás Okafor", "email": "tomas@mailbox.example", "timeZone": "America/New_York"},
        "metadata": {"campaign": "autumn"},
        "bookingFieldsResponses": {"notes": "Left knee."},
    })
}

async fn subscribe(api: &Api, receiver: &Receiver, secret: &str) -> Value {
    let hook = json!({
        "active": true, "subscriberUrl": receiver.url(), "triggers": ALL, "secret": secret,
    });
    let (status, answer) = api.post("/webhooks", hook).await;
    assert_eq!(status, 201, "{answer}");
    answer["data"].clone()
}

#[tokio::test]
async fn a_subscriber_receives_a_signed_post_for_a_booking() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    let api = Api::calcom(&emulator);
    subscribe(&api, &receiver, "capture-secret-1").await;
    let (status, answer) = api
        .post("/bookings", booking(1, "2026-11-24T09:00:00Z"))
        .await;
    assert_eq!(status, 201, "{answer}");
    emulator.settle().await;

    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["triggerEvent"], "BOOKING_CREATED");
    assert_eq!(bodies[0]["payload"]["uid"], answer["data"]["uid"]);
    assert_eq!(bodies[0]["payload"]["metadata"]["campaign"], "autumn");
    assert!(receiver.is_signed(0, Provider::CalCom, "capture-secret-1"));
    assert_eq!(emulator.log()[0].status, Some(200));
    emulator.stop().await;
}

#[tokio::test]
async fn a_booking_is_read_moved_and_cancelled() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    let api = Api::calcom(&emulator);
    subscribe(&api, &receiver, "s").await;
    let (_, made) = api
        .post("/bookings", booking(1, "2026-11-24T09:00:00Z"))
        .await;
    let uid = made["data"]["uid"].as_str().unwrap().to_owned();
    let wish = json!({
        "start": "2026-11-25T10:00:00Z",
        "rescheduledBy": "tomas@mailbox.example",
        "reschedulingReason": "Train strike",
    });
    let (status, moved) = api
        .post(&format!("/bookings/{uid}/reschedule"), wish.clone())
        .await;
    assert_eq!(status, 201);
    assert_eq!(moved["data"]["rescheduledFromUid"], uid);
    assert_eq!(moved["data"]["reschedulingReason"], "Train strike");
    assert_eq!(moved["data"]["start"], "2026-11-25T10:00:00.000Z");
    let (_, old) = api.get(&format!("/bookings/{uid}")).await;
    assert_eq!(old["data"]["status"], "cancelled");
    assert_eq!(old["data"]["rescheduledToUid"], moved["data"]["uid"]);
    let (status, twice) = api.post(&format!("/bookings/{uid}/reschedule"), wish).await;
    assert_eq!(
        (status, &twice["error"]["code"]),
        (400, &json!("BadRequestException"))
    );

    let new = moved["data"]["uid"].as_str().unwrap().to_owned();
    let (status, bare) = api
        .post(&format!("/bookings/{new}/cancel"), json!({}))
        .await;
    assert_eq!(status, 400);
    assert_eq!(
        bare,
        json!({"statusCode": 400, "message": "Cancellation reason is required"})
    );
    let anonymous = Api::calcom(&emulator).anonymous();
    let (status, gone) = anonymous
        .post(&format!("/bookings/{new}/cancel"), json!({}))
        .await;
    assert_eq!(
        (status, &gone["data"]["status"]),
        (200, &json!("cancelled"))
    );
    emulator.settle().await;

    let bodies = receiver.bodies();
    let triggers: Vec<_> = bodies
        .iter()
        .map(|body| body["triggerEvent"].clone())
        .collect();
    assert_eq!(
        triggers,
        [
            "BOOKING_CREATED",
            "BOOKING_RESCHEDULED",
            "BOOKING_CANCELLED"
        ]
    );
    assert_eq!(
        bodies[1]["payload"]["rescheduledBy"],
        "tomas@mailbox.example"
    );
    assert!(
        bodies[1]["payload"]["responses"]["rescheduleReason"]
            .get("value")
            .is_none()
    );
}

#[tokio::test]
async fn a_request_is_answered_by_the_host_only() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let (_, asked) = api
        .post("/bookings", booking(2, "2026-11-24T09:00:00Z"))
        .await;
    assert_eq!(asked["data"]["status"], "pending");
    let confirm = format!(
        "/bookings/{}/confirm",
        asked["data"]["uid"].as_str().unwrap()
    );
    let anonymous = Api::calcom(&emulator).anonymous();
    assert_eq!(anonymous.post(&confirm, Value::Null).await.0, 403);
    assert_eq!(
        api.post(&confirm, Value::Null).await.1["data"]["status"],
        "accepted"
    );
    let (status, again) = api.post(&confirm, Value::Null).await;
    assert_eq!(
        (status, &again["error"]["code"]),
        (400, &json!("TRPCError"))
    );
}

#[tokio::test]
async fn seats_and_series_are_booked_with_their_own_ids() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    let (_, seat) = api
        .post("/bookings", booking(3, "2026-11-24T09:00:00Z"))
        .await;
    assert!(seat["data"]["seatUid"].is_string());
    let mut wish = booking(4, "2026-11-25T09:00:00Z");
    wish["recurrenceCount"] = json!(3);
    let (_, series) = api.post("/bookings", wish).await;
    assert_eq!(series["data"].as_array().unwrap().len(), 3);
    let uid = series["data"][0]["recurringBookingUid"]
        .as_str()
        .unwrap()
        .to_owned();
    let (_, read) = api.get(&format!("/bookings/{uid}")).await;
    assert_eq!(read["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn refusals_have_the_documented_form() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    let api = Api::calcom(&emulator);
    let anonymous = Api::calcom(&emulator).anonymous();
    let (status, answer) = anonymous.get("/me").await;
    assert_eq!(status, 401);
    assert_eq!(answer["status"], "error");
    assert_eq!(answer["path"], "/v2/me");
    assert_eq!(answer["timestamp"], "2026-11-21T09:00:00.000Z");
    assert_eq!(answer["error"]["code"], "UnauthorizedException");
    assert_eq!(answer["error"]["details"]["statusCode"], 401);
    assert_eq!(api.get("/me").await.1["data"]["username"], "greta-falk");
    assert_eq!(api.get("/bookings/nobody").await.0, 404);
    assert_eq!(api.get("/nowhere").await.0, 404);

    let mut numbers = booking(1, "2026-11-24T09:00:00Z");
    numbers["metadata"] = json!({"flag": true, "num": 7});
    let (status, answer) = api.post("/bookings", numbers).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (400, &json!("BAD_REQUEST"))
    );
    assert_eq!(
        answer["error"]["message"],
        "metadata.flag - Expected string, received boolean, metadata.num - Expected string, received number, "
    );
    let mut unknown = booking(1, "2026-11-24T09:00:00Z");
    unknown["surprise"] = json!(1);
    assert_eq!(api.post("/bookings", unknown).await.0, 400);

    let hook = subscribe(&api, &receiver, "s").await;
    let same = json!({"active": true, "subscriberUrl": receiver.url(), "triggers": ALL});
    assert_eq!(api.post("/webhooks", same).await.0, 409);
    let path = format!("/webhooks/{}", hook["id"].as_str().unwrap());
    assert_eq!(
        api.call("PATCH", &path, json!({"active": false})).await.1["data"]["active"],
        false
    );
    assert_eq!(api.get(&path).await.1["data"]["version"], "2021-10-20");
    assert_eq!(
        api.call("DELETE", &path, Value::Null).await.1["data"]["id"],
        hook["id"]
    );
    assert_eq!(api.get(&path).await.0, 404);
}

#[tokio::test]
async fn team_bookings_are_not_told_to_the_users_webhooks() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    subscribe(&Api::calcom(&emulator), &receiver, "s").await;
    let start = "2026-11-24T09:00:00Z".parse().unwrap();
    for slug in ["product-tour", "intro"] {
        let new = NewBooking::new(slug, start, "Bo Lund", "bo@mailbox.example");
        // The tour took this host's time already.
        let new = NewBooking {
            start: if slug == "intro" {
                start + Duration::from_hours(2)
            } else {
                start
            },
            ..new
        };
        emulator
            .at_calcom(|calcom, now| calcom.book(new, now))
            .unwrap();
    }
    emulator.settle().await;
    let types: Vec<_> = receiver
        .bodies()
        .iter()
        .map(|body| body["payload"]["type"].clone())
        .collect();
    assert_eq!(types, ["intro"]);
}

#[tokio::test]
async fn faults_and_the_log_are_steered_from_outside() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    subscribe(&Api::calcom(&emulator), &receiver, "s").await;
    let control = Api::new(format!("http://{}/_emulator", emulator.address()), "");
    assert_eq!(
        control
            .post("/faults", json!({"duplicate": 1.0, "bad_signature": 1.0}))
            .await
            .0,
        200
    );
    assert_eq!(
        control
            .post("/faults", json!({"no_such_fault": 1.0}))
            .await
            .0,
        400
    );
    let (status, booked) = control
        .post("/calcom/book", json!({"event_type": "intro"}))
        .await;
    assert_eq!(status, 201, "{booked}");
    emulator.settle().await;
    assert_eq!(receiver.bodies().len(), 2);
    assert!(!receiver.is_signed(0, Provider::CalCom, "s"));
    emulator.set_faults(DeliveryPlan {
        drop: 1.0,
        ..DeliveryPlan::default()
    });
    control.post("/calcom/book", json!({})).await;
    emulator.settle().await;
    let (_, log) = control.get("/log").await;
    assert_eq!(log.as_array().unwrap().len(), 2);
    assert_eq!(log[0]["event"], "BOOKING_CREATED");
}
