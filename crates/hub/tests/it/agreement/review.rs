//! What no rule decides, a person does.

use axum::{body::Body, http::Request};
use calbridge_emulator::calcom::{BookingUid, CancelledBy, NewBooking};
use calbridge_store::{Store, each_engine};
use serde_json::{Value as Json, json};

use super::{ours, sweep};
use crate::{
    hub::{Answer, at},
    provider::WithProvider,
};

/// A booking that was called off here by hand and takes place at the provider, compared.
async fn differing(store: Store) -> (WithProvider, BookingUid) {
    let with = WithProvider::start(store).await;
    let place = with.place().await;
    let new = NewBooking::new(
        "intro",
        at("2026-02-02T10:00:00Z"),
        "Ann Li",
        "ann@example.org",
    );
    let (uid, sent) = with
        .provider
        .edit_calcom(|cal| cal.book(new, at("2026-01-05T07:00:00Z")))
        .unwrap();
    with.hub.deliver_all(&place, &sent).await;
    with.hub
        .execute("UPDATE bookings SET status = 'cancelled'", vec![])
        .await;
    with.hub.run_jobs().await;
    let run = sweep(&with).await;
    assert_eq!(run["result"]["conflicting"], 1, "{run}");
    (with, uid)
}

async fn findings(with: &WithProvider, query: &str) -> Vec<Json> {
    let answer = with.hub.get(&format!("/api/v1/findings{query}")).await;
    assert_eq!(answer.status, 200);
    answer.json()["data"].as_array().unwrap().clone()
}

async fn decide(with: &WithProvider, id: &Json, verb: &str, body: Json) -> Answer {
    let request = Request::post(format!("/api/v1/findings/{id}/{verb}"))
        .header("host", "localhost")
        .header("content-type", "application/json");
    let body = Body::from(body.to_string());
    with.hub.send(request.body(body).unwrap()).await
}

async fn open_incidents(with: &WithProvider) -> usize {
    let answer = with.hub.get("/api/v1/incidents?open=true").await.json();
    answer["data"].as_array().unwrap().len()
}

each_engine! {
    async fn a_difference_that_no_rule_decides_waits_for_a_person(store: Store) {
        let (with, uid) = differing(store).await;
        let found = findings(&with, "?state=open").await;
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!(one["external_id"], uid.as_str());
        assert_eq!(one["differences"], json!(["status"]));
        assert_eq!((&one["ours"]["status"], &one["theirs"]["status"]), (&json!("cancelled"), &json!("scheduled")));
        assert_eq!(open_incidents(&with).await, 1);
        sweep(&with).await;
        assert_eq!(findings(&with, "").await.len(), 1, "one as long as it lasts");
        let status = with.hub.get("/api/calcom/sync-status").await.json();
        assert_eq!(status["open_findings"], 1, "{status}");
    }

    async fn when_the_provider_is_right_the_booking_becomes_as_it_is_there(store: Store) {
        let (with, uid) = differing(store).await;
        let id = findings(&with, "").await[0]["id"].clone();
        let settled = decide(&with, &id, "accept", json!({ "side": "theirs" })).await;
        assert_eq!((settled.status.as_u16(), settled.json()["state"].clone()), (200, json!("theirs")), "{}", settled.json());
        assert_eq!(ours(&with).await[uid.as_str()].0, "scheduled");
        assert_eq!(open_incidents(&with).await, 0);
        let run = sweep(&with).await;
        assert_eq!(run["result"]["differing"], json!([]), "{run}");
        let again = decide(&with, &id, "dismiss", json!({})).await;
        assert_eq!((again.status.as_u16(), again.json()["code"].clone()), (409, json!("conflict")));
    }

    async fn when_we_are_right_the_same_difference_is_not_asked_about_again(store: Store) {
        let (with, uid) = differing(store).await;
        let id = findings(&with, "").await[0]["id"].clone();
        let settled = decide(&with, &id, "accept", json!({ "side": "ours" })).await;
        assert_eq!(settled.json()["state"], "ours", "{}", settled.json());
        let run = sweep(&with).await;
        assert_eq!((&run["result"]["conflicting"], &run["result"]["differing"][0]["kept"]), (&json!(0), &json!(true)), "{run}");
        assert_eq!(open_incidents(&with).await, 0);
        assert_eq!(ours(&with).await[uid.as_str()].0, "cancelled");
        // Once it is called off there as well, nothing is left to differ about.
        with.provider.edit_calcom(|cal| cal.cancel(&uid, CancelledBy::Booker, None, at("2026-01-05T07:30:00Z"))).unwrap();
        sweep(&with).await;
        assert_eq!(findings(&with, "").await[0]["state"], "agreed");
    }

    async fn what_is_dismissed_is_found_again_if_it_lasts(store: Store) {
        let (with, _) = differing(store).await;
        let id = findings(&with, "").await[0]["id"].clone();
        assert_eq!(decide(&with, &id, "dismiss", json!({})).await.json()["state"], "dismissed");
        sweep(&with).await;
        let open = findings(&with, "?state=open").await;
        assert_eq!(open.len(), 1);
        assert_ne!(open[0]["id"], id);
        assert_eq!(findings(&with, "").await.len(), 2);
        assert_eq!(decide(&with, &json!(999), "dismiss", json!({})).await.status, 404);
        assert_eq!(decide(&with, &open[0]["id"], "accept", json!({ "side": "both" })).await.status, 422);
    }

    async fn a_booking_that_the_provider_does_not_know_is_called_off_when_a_person_says_so(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let new = NewBooking::new("intro", at("2026-02-02T10:00:00Z"), "Ann Li", "ann@example.org");
        let (uid, sent) = with.provider.edit_calcom(|cal| cal.book(new, at("2026-01-05T07:00:00Z"))).unwrap();
        with.hub.deliver_all(&place, &sent).await;
        with.provider.edit_calcom(|cal| *cal = calbridge_emulator::CalCom::new(1));
        sweep(&with).await;
        let found = findings(&with, "?state=open").await;
        assert_eq!(found[0]["differences"], json!(["missing_there"]));
        decide(&with, &found[0]["id"], "accept", json!({ "side": "theirs" })).await;
        assert_eq!(ours(&with).await[uid.as_str()].0, "cancelled");
        assert_eq!(open_incidents(&with).await, 0);
    }
}
