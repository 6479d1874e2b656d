//! What is counted, and what the documentation says about it.

use std::{collections::BTreeSet, time::Duration};

use calbridge::metrics::{self, BudgetWait, CacheLookup};
use calbridge_emulator::{CalCom, calcom::NewBooking};
use calbridge_store::{Store, each_engine};

use crate::hub::{Place, TestHub, at};

/// The value of a metric, by its name and labels as they are exported.
async fn value(hub: &TestHub, name: &str) -> Option<f64> {
    let text = metrics::render(&hub.app).await;
    let line = text.lines().find(|line| {
        line.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with(' '))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

async fn book(hub: &TestHub, place: &Place) {
    let mut cal = CalCom::new(1);
    let new = NewBooking::new(
        "intro",
        at("2026-03-02T10:00:00Z"),
        "Ann",
        "ann@example.org",
    );
    let (_, sent) = cal.book(new, at("2026-01-05T08:00:00Z")).unwrap();
    hub.deliver_all(place, &sent).await;
    hub.deliver_all(place, &sent).await;
}

fn documented() -> BTreeSet<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/operating.md");
    std::fs::read_to_string(page)
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .filter(|name| name.starts_with("calbridge_") || name.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

fn exported(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .map(|(name, kind)| match kind {
            "counter" => format!("{name}_total"),
            _ => name.to_owned(),
        })
        .collect()
}

each_engine! {
    async fn every_metric_is_documented_and_every_documented_one_is_there(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        book(&hub, &place).await;
        // Counted only where a provider was asked.
        let upstream = &hub.app.metrics.upstream;
        upstream.called("cal.com", "slots.list", "ok", Duration::ZERO);
        upstream.drifted("cal.com", "slots.list");
        upstream.waited("voice", BudgetWait::Granted);
        upstream.looked_up("slots", CacheLookup::Miss);
        let text = metrics::render(&hub.app).await;
        assert!(text.ends_with("# EOF\n"), "{text}");
        assert_eq!(exported(&text), documented());
    }

    async fn deliveries_and_jobs_are_counted(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        book(&hub, &place).await;
        let refused = hub.post("/webhooks/calcom", &[], r#"{"triggerEvent": "PING"}"#).await;
        assert_eq!(refused.status, 401);

        for (name, expected) in [
            (r#"calbridge_deliveries_total{door="hooks",provider="cal.com",outcome="processed"}"#, 1.),
            (r#"calbridge_deliveries_total{door="hooks",provider="cal.com",outcome="duplicate"}"#, 1.),
            (r#"calbridge_deliveries_not_taken_total{reason="signature_missing"}"#, 1.),
            ("calbridge_commit_batch_size_count", 2.),
            ("calbridge_intake_queue", 0.),
            ("calbridge_intake_queue_capacity", 1024.),
            ("calbridge_intake_oldest_seconds", 0.),
            ("calbridge_quarantined", 1.),
            (r#"calbridge_events_failed{state="parked"}"#, 0.),
            (r#"calbridge_jobs{kind="complete_booking",lane="sync",state="later"}"#, 1.),
            (r#"calbridge_http_requests_total{route="/hooks/{token}",status="2xx"}"#, 2.),
            (r#"calbridge_http_requests_total{route="/webhooks/calcom",status="4xx"}"#, 1.),
            ("calbridge_database_up", 1.),
        ] {
            assert_eq!(value(&hub, name).await, Some(expected), "{name}");
        }
    }
}

each_engine! {
    async fn the_work_that_is_late_shows(store: Store) {
        let hub = TestHub::over(store).await;
        let place = hub.place().await;
        book(&hub, &place).await;
        hub.set_clock("2026-03-02T11:10:00Z");
        let age = value(&hub, "calbridge_job_oldest_due_seconds").await.unwrap();
        assert!(age >= 600., "{age}");
        assert_eq!(value(&hub, r#"calbridge_jobs{kind="complete_booking",lane="sync",state="due"}"#).await, Some(1.));
        hub.run_jobs().await;
        let done = r#"calbridge_jobs_run_total{kind="complete_booking",outcome="done"}"#;
        assert_eq!(value(&hub, done).await, Some(1.));
    }
}

#[cfg(target_os = "linux")]
each_engine! {
    async fn the_process_is_watched(store: Store) {
        let hub = TestHub::over(store).await;
        for name in ["process_resident_memory_bytes", "process_open_fds", "process_cpu_seconds_total"] {
            let value = value(&hub, name).await.unwrap();
            assert!(value > 0., "{name} {value}");
        }
    }
}
