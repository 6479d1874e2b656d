//! Commands as they are typed, each a process of its own, beside an emulated Cal.com.

use std::{
    net::SocketAddr,
    process::{Command, Output},
};

use calbridge_emulator::{Clock, Emulator, EmulatorConfig, server::CalComServer};
use serde_json::Value as Json;

/// The commands go by the clock of the machine.
fn now() -> jiff::Timestamp {
    calbridge::clock::Clock::system().now()
}

/// A data directory, and the Cal.com of its connection `default`.
struct Desk {
    folder: tempfile::TempDir,
    provider: Emulator,
    key: String,
}

impl Desk {
    async fn new() -> Self {
        let provider = Emulator::start(EmulatorConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            clock: Clock::new(now),
            calcom: CalComServer::default().generous(),
        })
        .await
        .unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            key: provider.calcom_api_key().to_owned(),
            provider,
        }
    }

    fn output(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_calbridge"));
        command
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .env("CALCOM_API_KEY", &self.key)
            .env("CALCOM_V2_API_URL", self.provider.calcom_base_url())
            .env("CALCOM_WEBHOOK_SECRET", "a-secret-for-these-tests")
            .env("CALBRIDGE_PUBLIC_URL", "https://hub.example.org")
            .env("CALBRIDGE_LOG", "error");
        // The provider answers meanwhile.
        tokio::task::block_in_place(|| command.output()).unwrap()
    }

    /// What a command that succeeds prints.
    fn run(&self, line: &str) -> Json {
        let output = self.output(line);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {errors}");
        serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{line}: {}", String::from_utf8_lossy(&output.stdout)))
    }

    /// What a command that fails complains about.
    fn complaint(&self, line: &str) -> String {
        let output = self.output(line);
        assert!(!output.status.success(), "{line}");
        let both = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&both).into_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cal_com_is_tried_and_its_event_types_are_read_under_either_spelling() {
    let desk = Desk::new().await;
    let tried = desk.run("calcom test-connection").to_string();
    assert!(tried.contains("default"), "{tried}");
    desk.run("calcom:sync-event-types --all");
    let listed = desk.run("calcom:list-event-types").to_string();
    let same = desk.run("calcom list-event-types").to_string();
    assert_eq!(listed, same);
    let event_types = desk.run("event-types list");
    assert!(!event_types["data"].as_array().unwrap().is_empty());
    let status = desk.run("calcom:circuit-status").to_string();
    assert!(status.contains("closed"), "{status}");
    desk.run("calcom circuit-reset");
    desk.run("cache:clear --tags=calcom");
    desk.run("calcom migrate-to-v2");
    let day = now() + jiff::SignedDuration::from_hours(7 * 24);
    let day = day.strftime("%F").to_string();
    let line = format!("calcom debug-availability 1 --date {day}");
    let explained = desk.run(&line).to_string();
    assert!(explained.contains(&day), "{explained}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_is_named_with_what_to_do() {
    let mut desk = Desk::new().await;
    desk.key = "cal_live_of_somebody_else".to_owned();
    let said = desk.complaint("calcom test-connection");
    assert!(said.contains("key"), "{said}");
    assert!(said.contains("connections set-key"), "{said}");
    assert!(!said.contains(&desk.key), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_type_that_nobody_knows_is_named() {
    let desk = Desk::new().await;
    let said = desk.complaint("calcom debug-availability 987654");
    assert!(said.contains("987654"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_are_registered_checked_and_given_another_secret() {
    let desk = Desk::new().await;
    let missing = desk.complaint("connections webhook check 1");
    assert!(missing.contains("missing"), "{missing}");
    desk.run("connections webhook create 1");
    let checked = desk.run("connections webhook check 1");
    assert_eq!(checked["ok"], true, "{checked}");
    desk.run("connections webhook rotate 1");
    let checked = desk.run("connections webhook check 1");
    assert_eq!(checked["ok"], true, "{checked}");
    assert!(!checked.to_string().contains("a-secret-for-these-tests"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_doctor_mends_what_can_be_mended() {
    let desk = Desk::new().await;
    desk.run("calcom test-connection");
    desk.complaint("doctor");
    desk.output("doctor --fix");
    let checked = desk.run("connections webhook check 1");
    assert_eq!(checked["ok"], true, "{checked}");
    let event_types = desk.run("event-types list");
    assert!(!event_types["data"].as_array().unwrap().is_empty());
}
