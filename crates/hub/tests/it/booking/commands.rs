//! The commands for bookings, as people type them.

use std::{net::SocketAddr, path::Path, process::Command};

use calbridge::{
    clock::Clock,
    config::Config,
    connections::{NewConnectionRequest, add},
    leads::{self, Created, NewLead},
    startup::{self, Migrate},
};
use calbridge_core::{ids::FIRST_TENANT, person::EmailAddress, provider::Provider, scope::Scope};
use calbridge_emulator::{Clock as TheirClock, Emulator, EmulatorConfig, server::CalComServer};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::Value as Json;

/// A confirm-first event type of the emulator's.
const CONSULTATION: &str = "2";

/// The program, in a folder, with an emulated provider.
struct Shell {
    folder: tempfile::TempDir,
    provider: Emulator,
    lead: String,
}

impl Shell {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let provider = Emulator::start(EmulatorConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: 1,
            clock: TheirClock::new(|| Clock::system().now()),
            calcom: CalComServer::default().generous(),
        })
        .await
        .unwrap();
        let mut config = Config::default();
        config.data.dir = folder.path().to_owned();
        let app = startup::start(config, Clock::system(), Migrate::OwnDatabaseOnly)
            .await
            .unwrap();
        let scope = Scope::cli(FIRST_TENANT);
        let connection = NewConnectionRequest {
            webhook_secret: Some("secret".to_owned().into()),
            api_key: Some(provider.calcom_api_key().to_owned().into()),
            ..NewConnectionRequest::new(Provider::CalCom, "desk")
        };
        add(&app, &scope, connection).await.unwrap();
        let new = NewLead {
            email: Some(EmailAddress::parse("ann@example.org").unwrap()),
            told: leads::LeadEdit {
                name: Some("Ann Example".to_owned()),
                ..leads::LeadEdit::default()
            },
        };
        let (Created::New(lead) | Created::Known(lead)) =
            leads::create(&app, &scope, new).await.unwrap();
        app.stop().await;
        let shell = Self {
            folder,
            provider,
            lead: lead.id.to_string(),
        };
        shell
            .done(&[
                "connections",
                "change",
                "1",
                "--default-event-type",
                CONSULTATION,
            ])
            .await;
        shell
    }

    /// What a command prints, and its exit code.
    async fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_calbridge"));
        command
            .args(words)
            .arg("--json")
            .arg("--data-dir")
            .arg(Path::new(self.folder.path()))
            .env("CALCOM_API_URL", self.provider.calcom_base_url());
        let output = tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        (output.status.code(), text.concat())
    }

    /// Run a command, which works.
    async fn done(&self, words: &[&str]) -> Json {
        let (code, text) = self.run(words).await;
        assert_eq!(code, Some(0), "{words:?} {text}");
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{words:?} {text}"))
    }
}

fn word(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_hosts_do_can_be_typed() {
    let shell = Shell::open().await;
    let book = ["bookings", "book", "--lead", &shell.lead];
    let booked = shell.done(&book).await;
    assert_eq!(booked["confirmation"], "pending");
    let id = word(&booked["id"]);
    let confirmed = shell.done(&["bookings", "confirm", &id]).await;
    assert_eq!(confirmed["confirmation"], "confirmed");
    let (code, text) = shell.run(&["bookings", "no-show", &id]).await;
    assert!(code == Some(1) && text.contains("has not begun"), "{text}");
    let (code, text) = shell
        .run(&["bookings", "assign", &id, "--user", "99"])
        .await;
    assert!(code == Some(1) && text.contains("no user 99"), "{text}");
    let (code, _) = shell.run(&["bookings", "decline", "424242"]).await;
    assert_eq!(code, Some(3));
    let other = word(&shell.done(&book).await["id"]);
    let declined = shell
        .done(&["bookings", "decline", &other, "--reason", "full"])
        .await;
    assert_eq!(declined["confirmation"], "rejected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stored_booking_can_be_typed_and_pushed() {
    let shell = Shell::open().await;
    let first = shell
        .done(&["bookings", "book", "--lead", &shell.lead])
        .await;
    let start: Timestamp = word(&first["start_time"]).parse().unwrap();
    let week_later = start.to_zoned(TimeZone::get("Europe/Berlin").unwrap());
    let start = week_later
        .checked_add(7.days())
        .unwrap()
        .timestamp()
        .to_string();
    let stored = shell
        .done(&[
            "bookings",
            "book",
            "--lead",
            &shell.lead,
            "--at",
            &start,
            "--later",
        ])
        .await;
    assert_eq!(stored["booking_uid"], Json::Null);
    let id = word(&stored["id"]);
    let pushed = shell.done(&["bookings", "push", &id]).await;
    assert_eq!(
        (&pushed["id"], word(&pushed["start_time"])),
        (&stored["id"], start)
    );
    assert!(pushed["booking_uid"].is_string());
    let again = shell.done(&["bookings", "push", &id]).await;
    assert_eq!(again["booking_uid"], pushed["booking_uid"]);
    let page = shell.done(&["leads", "automatic"]).await;
    assert_eq!(page["data"], serde_json::json!([]));
    let (code, _) = shell
        .run(&["leads", "automatic", "--restart", &shell.lead])
        .await;
    assert_eq!(code, Some(3));
}
