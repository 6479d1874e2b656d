//! `/cal-bookings`: part by part, and told while it goes on.

use axum::{body::Body, http::Request};
use calbridge_store::{Store, each_engine};
use serde_json::Value as Json;

use super::{drift::MANY, drift::book_many, ours};
use crate::provider::WithProvider;

each_engine! {
    async fn a_comparison_is_told_line_by_line_to_whoever_wants_lines(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        book_many(&with);
        let request = Request::get("/cal-bookings?action=sync")
            .header("host", "localhost")
            .header("accept", "application/x-ndjson");
        let answer = with.hub.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "application/x-ndjson");
        let text = String::from_utf8(answer.body).unwrap();
        let lines: Vec<Json> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let (last, told) = lines.split_last().unwrap();
        assert!(!told.is_empty() && told.iter().all(|line| line["read"].is_u64()), "{told:?}");
        assert_eq!(last["bookings"].as_array().unwrap().len(), MANY);
        assert_eq!(last["sync"][0]["state"], "done");
    }

    async fn a_comparison_that_fails_says_why(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        with.fail(super::LIST, calbridge_emulator::ApiFailure::Status(403));
        let whole = with.hub.get("/cal-bookings?action=sync").await;
        assert_eq!((whole.status.as_u16(), whole.json()["code"].clone()), (502, "sync_failed".into()));
        let request = Request::get("/cal-bookings/?action=sync")
            .header("host", "localhost")
            .header("accept", "application/x-ndjson");
        let answer = with.hub.send(request.body(Body::empty()).unwrap()).await;
        let text = String::from_utf8(answer.body).unwrap();
        let last: Json = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        assert_eq!(last["error"]["code"], "sync_failed", "{last}");
    }

    async fn a_long_history_is_compared_and_listed_part_by_part(store: Store) {
        let with = WithProvider::start(store).await;
        with.place().await;
        book_many(&with);
        let mut path = "/cal-bookings?action=sync&limit=80".to_owned();
        let mut parts = 0;
        loop {
            let answer = with.hub.get(&path).await;
            assert_eq!(answer.status, 200, "{}", answer.json());
            let body = answer.json();
            parts += 1;
            let Some(cursor) = body["sync_cursor"].as_str() else { break };
            assert_eq!(body["sync"][0]["result"]["read"], 80, "{body}");
            path = format!("/cal-bookings?action=sync&limit=80&cursor={cursor}");
        }
        assert_eq!((parts, ours(&with).await.len()), (3, MANY));
        let foreign = with.hub.get("/cal-bookings?action=sync&cursor=99999").await;
        assert_eq!((foreign.status.as_u16(), foreign.json()["code"].clone()), (400, "invalid_cursor".into()));

        let mut listed = Vec::new();
        let mut path = "/cal-bookings?limit=90".to_owned();
        loop {
            let body = with.hub.get(&path).await.json();
            let ids = body["bookings"].as_array().unwrap().iter().map(|one| one["id"].clone());
            listed.extend(ids);
            let Some(cursor) = body["next_cursor"].as_str() else { break };
            path = format!("/cal-bookings?limit=90&cursor={cursor}");
        }
        listed.sort_by_key(Json::to_string);
        listed.dedup();
        assert_eq!(listed.len(), MANY);
    }
}
