//! Calendly's side.

use super::*;

async fn subscribe(api: &Api, receiver: &Receiver, key: Option<&str>) -> String {
    let (_, me) = api.get("/users/me").await;
    let hook = json!({
        "url": receiver.url(),
        "events": ["invitee.created", "invitee.canceled", "invitee_no_show.created"],
        "organization": me["resource"]["current_organization"],
        "scope": "organization",
        "signing_key": key,
    });
    let (status, answer) = api.post("/webhook_subscriptions", hook.clone()).await;
    assert_eq!(status, 201, "{answer}");
    assert!(answer["resource"].get("signing_key").is_none());
    let (status, again) = api.post("/webhook_subscriptions", hook).await;
    assert_eq!((status, &again["title"]), (409, &json!("Already Exists")));
    let uri = answer["resource"]["uri"].as_str().unwrap();
    format!("/webhook_subscriptions/{}", uri.rsplit('/').next().unwrap())
}

fn wish(emulator: &Emulator, start: &str) -> Value {
    let event_type = emulator.look(|_, calendly| calendly.event_types()[0].uri.clone());
    json!({
        "event_type": event_type,
        "start_time": start,
        "invitee": {"name": "Marisol Quintana", "email": "marisol@example.org", "timezone": "America/Chicago"},
        "tracking": {"utm_source": "newsletter", "utm_medium": null},
    })
}

#[tokio::test]
async fn a_booking_by_api_is_told_signed_and_can_be_read_back() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    let api = Api::calendly(&emulator);
    subscribe(&api, &receiver, None).await;
    let (status, booked) = api
        .post("/invitees", wish(&emulator, "2026-12-02T15:00:00Z"))
        .await;
    assert_eq!(status, 201, "{booked}");
    assert_eq!(booked["resource"]["scheduling_method"], "api");
    assert!(booked["resource"].get("cancellation").is_none());
    let (status, taken) = api
        .post("/invitees", wish(&emulator, "2026-12-02T15:00:00Z"))
        .await;
    assert_eq!(
        (status, &taken["details"][0]["code"]),
        (400, &json!("already_filled"))
    );
    emulator.settle().await;

    let bodies = receiver.bodies();
    assert_eq!(bodies.len(), 1);
    assert_eq!(bodies[0]["payload"]["uri"], booked["resource"]["uri"]);
    assert!(receiver.is_signed(0, Provider::Calendly, emulator.webhook_signing_key()));
    let event = bodies[0]["payload"]["event"].as_str().unwrap();
    let path = event.strip_prefix(&emulator.calendly_base_url()).unwrap();
    assert_eq!(
        api.get(path).await.1["resource"]["invitees_counter"]["active"],
        1
    );
    let (status, canceled) = api
        .post(&format!("{path}/cancellation"), json!({"reason": "flood"}))
        .await;
    assert_eq!(
        (status, &canceled["resource"]["canceler_type"]),
        (201, &json!("host"))
    );
    assert_eq!(
        api.post(&format!("{path}/cancellation"), json!({})).await.0,
        403
    );
}

#[tokio::test]
async fn a_reschedule_on_the_page_is_told_as_a_pair() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    subscribe(&Api::calendly(&emulator), &receiver, Some("own-key")).await;
    let at = "2026-12-02T15:00:00Z".parse().unwrap();
    let new = NewInvitee::new("first-assessment", at, "Bao Tran", "bao@example.net");
    let old: InviteeUri = emulator
        .at_calendly(|calendly, now| calendly.book(new, now))
        .unwrap();
    let control = Api::new(format!("http://{}/_emulator", emulator.address()), "");
    let wish = json!({
        "invitee": old.as_str(), "start_time": "2026-12-03T15:00:00Z", "created_first": true,
    });
    let (status, moved) = control.post("/calendly/reschedule", wish).await;
    assert_eq!(status, 201, "{moved}");
    emulator.settle().await;
    let bodies = receiver.bodies();
    assert_eq!(bodies[1]["event"], "invitee.created");
    assert_eq!(bodies[1]["payload"]["old_invitee"], old.as_str());
    assert_eq!(bodies[2]["payload"]["new_invitee"], moved["invitee"]);
    assert!(receiver.is_signed(2, Provider::Calendly, "own-key"));
}

#[tokio::test]
async fn a_failing_subscription_is_retried_for_a_day_and_then_disabled() {
    let (emulator, receiver) = (start().await, Receiver::start().await);
    let api = Api::calendly(&emulator);
    let path = subscribe(&api, &receiver, None).await;
    receiver.refuse(true);
    api.post("/invitees", wish(&emulator, "2026-12-02T15:00:00Z"))
        .await;
    let disabled = async {
        while api.get(&path).await.1["resource"]["state"] != "disabled" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), disabled)
        .await
        .unwrap();
    assert!(api.get(&path).await.1["resource"]["retry_started_at"].is_string());
    let attempts = emulator.log().last().unwrap().attempt;
    assert_eq!(usize::try_from(attempts).unwrap(), receiver.bodies().len());
    assert!(attempts > 5);

    receiver.refuse(false);
    api.post("/invitees", wish(&emulator, "2026-12-03T15:00:00Z"))
        .await;
    emulator.settle().await;
    assert_eq!(
        receiver.bodies().len(),
        usize::try_from(attempts).unwrap(),
        "no more messages"
    );
}

#[tokio::test]
async fn a_no_show_is_marked_once_and_taken_back() {
    let emulator = start().await;
    let api = Api::calendly(&emulator);
    let (_, booked) = api
        .post("/invitees", wish(&emulator, "2026-12-02T15:00:00Z"))
        .await;
    let mark = json!({"invitee": booked["resource"]["uri"]});
    let (status, early) = api.post("/invitee_no_shows", mark).await;
    assert_eq!((status, &early["title"]), (400, &json!("Invalid Argument")));
    let uri = InviteeUri::new(booked["resource"]["uri"].as_str().unwrap());
    let later = "2026-12-02T15:20:00Z".parse().unwrap();
    emulator
        .at_calendly(|calendly, _| {
            Ok::<_, crate::calendly::CalendlyError>(((), calendly.mark_no_show(&uri, later)?))
        })
        .unwrap();
    let marked = emulator.look(|_, calendly| {
        calendly
            .find_invitee(&uri)
            .unwrap()
            .no_show
            .clone()
            .unwrap()
    });
    let path = format!(
        "/invitee_no_shows/{}",
        marked.uri.rsplit('/').next().unwrap()
    );
    assert_eq!(api.get(&path).await.1["resource"]["invitee"], uri.as_str());
    assert_eq!(api.call("DELETE", &path, Value::Null).await.0, 204);
    assert_eq!(api.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_wrong_token_is_refused_in_the_documented_words() {
    let emulator = start().await;
    let api = Api::new(emulator.calendly_base_url(), "stolen");
    let (status, answer) = api.get("/users/me").await;
    assert_eq!(status, 401);
    assert_eq!(
        answer,
        json!({"title": "Unauthenticated", "message": "The access token is invalid"})
    );
}
