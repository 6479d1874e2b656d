//! Jobs that end the process that does them: they are not taken up for ever, and take nobody else with them.

use calbridge::{
    jobs::{self, Busy, Slots},
    metrics,
};
use calbridge_core::lane::Lane;
use calbridge_store::{Store, each_engine};
use jiff::SignedDuration;
use serde_json::json;

use crate::{
    hub::TestHub,
    nodes::{another_node, ask_for, take, work},
    poison::{cure, deliveries, poison},
};

/// A node takes what is due and is never heard of again, as often as the settings bear; then the last lease ends.
async fn silence_whoever_takes_it(hub: &TestHub) {
    let most = hub.app.config.jobs.most_takeovers();
    for takeovers in 0..=most {
        let node = another_node(hub).await;
        let taken = take(&node, &mut Slots::new(4), Busy::default()).await;
        let counted: Vec<i32> = taken.iter().map(|job| job.takeovers).collect();
        assert_eq!(counted, [takeovers]);
        the_leases_end(hub);
    }
}

fn the_leases_end(hub: &TestHub) {
    let clock = &hub.app.clock;
    clock.set(clock.now() + hub.app.config.jobs.lease());
}

/// Those that failed for good, with why.
async fn failed(hub: &TestHub) -> Vec<(String, String)> {
    hub.rows(
        "SELECT unique_key, last_error FROM jobs WHERE state = 'failed'",
        vec![],
    )
    .await
}

each_engine! {
    async fn a_job_that_silences_every_worker_is_given_up_and_says_so(store: Store) {
        let hub = TestHub::over(store).await;
        ask_for(&hub, Lane::Sync, 1).await;
        silence_whoever_takes_it(&hub).await;
        assert_eq!(failed(&hub).await, []);
        jobs::run_due(&hub.app).await.unwrap();
        let why = "it was begun 6 times, and whoever did fell silent; perhaps it ends the process that does it";
        assert_eq!(failed(&hub).await, [("Sync:0".to_owned(), why.to_owned())]);
        let text = metrics::render(&hub.app).await;
        let line = r#"calbridge_jobs{kind="retell_booking",lane="follow_up",state="failed"} 1"#;
        assert!(text.contains(line), "{line} in {text}");

        // Whoever asks for it again thinks that it goes well now.
        ask_for(&hub, Lane::Sync, 1).await;
        hub.run_jobs().await;
        assert_eq!(hub.count("jobs").await, 0);
    }

    async fn an_event_that_silences_every_worker_waits_for_somebody_to_look(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        poison(&hub).await;
        let sent = deliveries();
        hub.deliver_all(&place, &sent.made[..1]).await;
        assert_eq!(hub.deliver(&place, &sent.absent).await.outcome(), "accepted");
        // The timer of the booking is not what this is about.
        hub.execute("DELETE FROM jobs WHERE kind = 'complete_booking'", vec![]).await;
        hub.app.clock.set(hub.app.clock.now() + SignedDuration::from_mins(1));
        silence_whoever_takes_it(&hub).await;
        let parked = async || hub.get("/api/v1/webhook-events?parked=true").await.json()["data"].clone();
        assert_eq!(parked().await, json!([]));
        jobs::run_due(&hub.app).await.unwrap();
        let event = parked().await[0].clone();
        assert_eq!(event["status"], "failed");
        let why = event["error_message"].as_str().unwrap();
        assert!(why.contains("fell silent"), "{why}");
        assert_eq!(failed(&hub).await.len(), 1);
        let text = metrics::render(&hub.app).await;
        let line = r#"calbridge_event_retries_total{outcome="parked"} 1"#;
        assert!(text.contains(line), "{line} in {text}");

        cure(&hub).await;
        let replayed = hub.post(&format!("/api/v1/webhook-events/{}/replay", event["id"]), &[], "").await;
        assert_eq!(replayed.json()["status"], "processed");
        assert_eq!(failed(&hub).await, [], "nothing is left for the queue");
    }

    async fn jobs_that_were_under_way_beside_it_are_done(store: Store) {
        let hub = TestHub::over(store).await;
        let most = hub.app.config.jobs.most_takeovers();
        ask_for(&hub, Lane::FollowUp, 40).await;
        let mut silences = 0;
        while failed(&hub).await.is_empty() {
            let node = another_node(&hub).await;
            let taken = take(&node, &mut Slots::new(4), Busy::default()).await;
            let is_silenced = taken.iter().any(|job| job.unique_key == "FollowUp:0" && job.takeovers <= most);
            if is_silenced {
                silences += 1;
                assert!(taken.len() > 1, "there is always more to do");
                the_leases_end(&hub);
                continue;
            }
            for job in taken {
                work(&node, job).await;
            }
        }
        assert_eq!(silences, most + 1);
        jobs::run_due(&hub.app).await.unwrap();
        let keys: Vec<String> = failed(&hub).await.into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["FollowUp:0"]);
        assert_eq!(hub.count("jobs").await, 1);
    }
}
