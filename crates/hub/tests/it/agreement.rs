//! Whatever webhooks fail to tell, comparing with the provider makes up for.

mod at_calendly;
mod drift;
mod dry_run;
mod function;
mod history;
mod review;
mod trouble;

use std::collections::BTreeMap;

use axum::{body::Body, http::Request};
use calbridge::{
    agreement::{self, Extent},
    upstream,
};
use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_emulator::{ApiFailure, calcom::NewBooking};
use calbridge_providers::calcom_api::bookings::BookingStatus;
use calbridge_store::{
    Store,
    connections::Connection,
    each_engine,
    sync_runs::{RunState, SyncCause},
};
use serde_json::{Value as Json, json};

use crate::{
    hub::{Answer, TestHub, at, dump},
    provider::WithProvider,
    records::{STORIES, play, recorded},
};

/// After every meeting of the stories.
const LATER: &str = "2026-06-01T08:00:00Z";

const LIST: &str = "GET /bookings";

async fn send(hub: &TestHub, method: &str, path: &str, body: Json) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost")
        .header("content-type", "application/json");
    hub.send(request.body(Body::from(body.to_string())).unwrap())
        .await
}

/// Have bookings compared, and look at the run that did it.
async fn sweep(with: &WithProvider) -> Json {
    let accepted = send(&with.hub, "POST", "/api/v1/bookings/sync", json!({})).await;
    assert_eq!(accepted.status, 202, "{}", accepted.json());
    with.hub.run_jobs().await;
    let location = accepted.headers["location"].to_str().unwrap();
    with.hub.get(location).await.json()
}

/// Every story happens, and no webhook comes through.
fn play_all(with: &WithProvider) {
    for (n, (name, deeds)) in (0..).zip(STORIES) {
        let _lost = play(with, name, deeds, n * 4);
    }
}

type Standing = BTreeMap<String, (String, String, String)>;

async fn ours(with: &WithProvider) -> Standing {
    let rows: Vec<(String, String, String, jiff::Timestamp)> = with
        .hub
        .rows(
            "SELECT external_booking_id, status, confirmation, scheduled_at FROM bookings",
            vec![],
        )
        .await;
    let rows = rows.into_iter();
    rows.map(|(uid, status, confirmation, start)| (uid, (status, confirmation, start.to_string())))
        .collect()
}

async fn theirs(with: &WithProvider, connection: &Connection) -> Standing {
    let scope = Scope::cli(TenantId(1));
    let target = upstream::target(&with.hub.app, &scope, connection.id)
        .await
        .unwrap();
    let records = recorded(with, &target).await.into_iter();
    records
        .filter(|booking| booking.rescheduled_to.is_none())
        .map(|booking| {
            let missed = booking.attendees.iter().all(|one| one.absent);
            let (status, confirmation) = match booking.status {
                BookingStatus::Cancelled => ("cancelled", "confirmed"),
                BookingStatus::Rejected => ("cancelled", "rejected"),
                BookingStatus::Pending => ("scheduled", "pending"),
                _ if missed => ("no_show", "confirmed"),
                _ => ("scheduled", "confirmed"),
            };
            let start = booking.start.to_string();
            (
                booking.uid,
                (status.to_owned(), confirmation.to_owned(), start),
            )
        })
        .collect()
}

async fn whole(with: &WithProvider, connection: &Connection) -> agreement::SweepReport {
    let scope = Scope::cli(connection.tenant_id);
    agreement::look(&with.hub.app, &scope, connection.id, Extent::default())
        .await
        .unwrap()
}

each_engine! {
    async fn when_no_webhook_comes_through_a_sweep_brings_everything(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        play_all(&with);
        let before = whole(&with, &place.calcom).await;
        assert!(before.found > 10, "{before:?}");
        assert_eq!(with.hub.count("bookings").await, 0, "looking writes nothing");
        let run = sweep(&with).await;
        assert_eq!(run["state"], "done", "{run}");
        assert_eq!(ours(&with).await, theirs(&with, &place.calcom).await);
        let absent: Vec<(String,)> = with.hub.rows("SELECT attendee_key FROM attendees WHERE no_show", vec![]).await;
        assert_eq!(absent.len(), 2, "the booker who missed it, twice");
        let seats: Vec<(String,)> = with.hub.rows("SELECT external_id FROM attendees WHERE external_id IS NOT NULL", vec![]).await;
        assert_eq!(seats.len(), 3);
        let ledger = with.hub.get(&format!("/api/v1/connections/{}/ledger", place.calcom.id)).await.json();
        assert_eq!(ledger["data"][0]["day"], "2026-01-05");
        assert_eq!(ledger["data"][0]["found"], with.hub.count("bookings").await, "{ledger}");
    }

    async fn a_second_sweep_changes_nothing(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        play_all(&with);
        sweep(&with).await;
        let before = dump(&with.hub, &place).await;
        with.hub.set_clock("2026-01-06T09:00:00Z");
        let run = sweep(&with).await;
        assert_eq!((&run["result"]["differing"], &run["state"]), (&json!([]), &json!("done")), "{run}");
        let after = dump(&with.hub, &place).await;
        for table in ["bookings", "attendees", "leads", "activities", "booking_changes"] {
            assert_eq!(before[table], after[table], "{table}");
        }
    }

    async fn webhooks_that_come_after_the_sweep_change_no_standing(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let mut late = Vec::new();
        for (n, (name, deeds)) in (0..).zip(STORIES) {
            late.extend(play(&with, name, deeds, n * 4));
        }
        sweep(&with).await;
        let before = ours(&with).await;
        with.hub.deliver_all(&place, &late).await;
        assert_eq!(ours(&with).await, before);
        assert!(whole(&with, &place.calcom).await.differing.is_empty());
    }

    async fn what_moves_no_update_is_found_by_asking_for_it(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let new = NewBooking::new("intro", at("2026-02-02T10:00:00Z"), "Ann Li", "ann@example.org");
        let (uid, sent) = with.provider.edit_calcom(|cal| cal.book(new, at("2026-01-10T10:00:00Z"))).unwrap();
        with.hub.deliver_all(&place, &sent).await;
        with.provider.edit_calcom(|cal| {
            cal.mark_absent(&uid, &[("ann@example.org", true)], at("2026-02-02T10:20:00Z")).unwrap();
        });
        with.hub.set_clock("2026-02-02T11:00:00Z");
        let extent = Extent { since: Some(at("2026-02-02T10:00:00Z")), limit: None };
        let scope = Scope::cli(TenantId(1));
        let found = agreement::look(&with.hub.app, &scope, place.calcom.id, extent).await.unwrap();
        assert_eq!(found.differing[0].differences, [calbridge_core::agreement::Difference::Attendance]);
        sweep(&with).await;
        assert_eq!(ours(&with).await[uid.as_str()].0, "no_show");
        let (repaired,): (i64,) = with.hub.one("SELECT repaired FROM ledger WHERE connection_id = $1 AND day = '2026-02-02'", vec![place.calcom.id.into()]).await;
        assert_eq!(repaired, 1);
    }

    async fn a_booking_that_the_provider_does_not_know_is_for_a_person(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let new = NewBooking::new("intro", at("2026-02-02T10:00:00Z"), "Ann Li", "ann@example.org");
        let (_, sent) = with.provider.edit_calcom(|cal| cal.book(new, at("2026-01-05T10:00:00Z"))).unwrap();
        with.hub.deliver_all(&place, &sent).await;
        with.provider.edit_calcom(|cal| *cal = calbridge_emulator::CalCom::new(1));
        for _ in 0..2 {
            let run = sweep(&with).await;
            assert_eq!(run["result"]["conflicting"], 1, "{run}");
        }
        let (kind, occurrences): (String, i64) = with.hub.one("SELECT kind, occurrences FROM incidents", vec![]).await;
        assert_eq!((kind.as_str(), occurrences), (agreement::MISSING_THERE, 2));
        assert_eq!(ours(&with).await.into_values().next().unwrap().0, "scheduled", "nothing was changed");
    }

    async fn a_sweep_that_stops_on_its_way_goes_on_there(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        play_all(&with);
        with.fail(LIST, ApiFailure::Status(500));
        let accepted = send(&with.hub, "POST", "/api/v1/bookings/sync", json!({})).await;
        calbridge::jobs::run_due(&with.hub.app).await.unwrap();
        let location = accepted.headers["location"].to_str().unwrap();
        assert_eq!(with.hub.get(location).await.json()["state"], "running");
        with.heal();
        with.hub.set_clock(LATER);
        with.hub.run_jobs().await;
        assert_eq!(with.hub.get(location).await.json()["state"], "done");
        assert_eq!(ours(&with).await.len(), theirs(&with, &place.calcom).await.len());
    }

    async fn a_sweep_of_one_tenant_leaves_the_others_alone(store: Store) {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let other = with.hub.new_place().await;
        play_all(&with);
        let scope = Scope::cli(TenantId(1));
        let patience = std::time::Duration::from_mins(1);
        let runs = agreement::now(&with.hub.app, &scope, None, Extent::default(), SyncCause::Cli, patience, &|_| ()).await.unwrap();
        assert_eq!(runs[0].state, RunState::Done);
        let (theirs,): (i64,) = with.hub.one("SELECT COUNT(*) FROM bookings WHERE tenant_id = $1", vec![other.scope.tenant_id().into()]).await;
        assert_eq!(theirs, 0);
        let foreign = agreement::ledger(&with.hub.app, &other.scope, place.calcom.id, 10).await.unwrap();
        assert_eq!(foreign, []);
    }

    async fn the_function_lists_and_compares_for_administrators(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        play_all(&with);
        assert_eq!(with.hub.get("/cal-bookings").await.json()["bookings"], json!([]));
        let synced = send(&with.hub, "POST", "/functions/v1/cal-bookings", json!({ "action": "sync" })).await;
        assert_eq!(synced.status, 200, "{}", synced.json());
        assert_eq!(synced.headers["access-control-allow-origin"], "*");
        let listed = with.hub.get("/cal-bookings?action=list").await.json();
        let stored = usize::try_from(with.hub.count("bookings").await).unwrap();
        assert_eq!(listed["bookings"].as_array().unwrap().len(), stored);
        let one = &listed["bookings"][0];
        assert!(one["id"].as_str().is_some_and(|id| id.len() == 36), "{one}");
        for field in ["title", "attendee_name", "attendee_email", "start_time", "status"] {
            assert!(one[field].is_string(), "{field}: {one}");
        }
        assert_eq!(with.hub.get("/cal-bookings?limit=2").await.json()["bookings"].as_array().unwrap().len(), 2);
        assert_eq!(with.hub.get("/cal-bookings?action=drop").await.status, 422);
    }
}
