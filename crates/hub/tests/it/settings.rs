//! Settings, where they come from, and what a fresh installation has.

use calbridge::{
    clock::Clock,
    config::{Config, Environment, Flags, NAMES},
    startup::{self, Migrate},
};
use calbridge_core::{ids::FIRST_TENANT, provider::Provider, scope::Scope};
use calbridge_store::connections;
use secrecy::ExposeSecret;

fn load<const N: usize>(variables: [(&str, &str); N], flags: &Flags) -> calbridge::config::Loaded {
    Config::load(&Environment::of(variables), flags).unwrap()
}

fn file_with(text: &str) -> (tempfile::TempDir, Flags) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calbridge.toml");
    std::fs::write(&file, text).unwrap();
    let flags = Flags {
        file: Some(file),
        ..Flags::default()
    };
    (folder, flags)
}

#[test]
fn the_later_source_wins() {
    let (_folder, mut flags) =
        file_with("[server]\nlisten = \"127.0.0.1:1\"\n[webhooks]\nqueue = 7\n");
    let from_file = load([], &flags).config;
    assert_eq!(
        (from_file.server.listen.port(), from_file.webhooks.queue),
        (1, 7)
    );
    let variable = [("CALBRIDGE_LISTEN", "127.0.0.1:2")];
    assert_eq!(load(variable, &flags).config.server.listen.port(), 2);
    flags.set.push(("server.listen", "127.0.0.1:3".to_owned()));
    let all = load(variable, &flags).config;
    assert_eq!((all.server.listen.port(), all.webhooks.queue), (3, 7));
}

#[test]
fn without_any_configuration_there_are_defaults() {
    let config = load([], &Flags::default()).config;
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8000");
    assert!(!config.access.trusted_network);
    assert!(config.data.url.is_none());
    assert_eq!(config.calcom.api_url, "https://api.cal.com/v2");
    config.check().unwrap();
}

#[test]
fn a_misspelt_setting_is_an_error_that_names_it() {
    let (_folder, flags) = file_with("[server]\nlissten = \"127.0.0.1:1\"\n");
    let error = Config::load(&Environment::default(), &flags).unwrap_err();
    assert!(error.to_string().contains("lissten"), "{error}");
}

#[test]
fn every_documented_name_is_read() {
    for (name, key) in NAMES {
        let value = match *key {
            "server.listen" | "metrics.listen" => "127.0.0.1:9",
            "log.format" => "json",
            _ if key.ends_with("enabled") || key.ends_with("_end") || key.ends_with("_network") => {
                "false"
            }
            "sync.canary" | "sync.history" | "bookings.automatic" => "false",
            "limits.trusted_proxies" => "10.0.0.0/8,::1",
            _ if key.contains("calcom.api_url") => "https://cal.example/v2",
            _ => "12",
        };
        let loaded = Config::load(&Environment::of([(name, value)]), &Flags::default());
        assert!(loaded.is_ok(), "{name}: {loaded:?}");
    }
    let documented = [
        "CALCOM_API_KEY",
        "DEFAULT_CALCOM_API_KEY",
        "CAL_COM_API_KEY",
        "CALCOM_API_URL",
        "CALCOM_V2_API_URL",
        "CALCOM_EVENT_TYPE_ID",
        "CALCOM_WEBHOOK_SECRET",
        "DEFAULT_CALCOM_TEAM_SLUG",
        "CALCOM_V2_ORGANIZATION_ID",
        "CALCOM_V2_RATE_LIMIT_ENABLED",
        "CALCOM_V2_CIRCUIT_BREAKER_ENABLED",
        "CALCOM_V2_CACHE_ENABLED",
    ];
    for name in documented {
        assert!(NAMES.iter().any(|(known, _)| *known == name), "{name}");
    }
}

#[test]
fn names_that_contradict_each_other_are_reported_and_the_first_counts() {
    let loaded = load(
        [
            ("CALCOM_API_KEY", "cal_live_one"),
            ("CAL_COM_API_KEY", "cal_live_two"),
        ],
        &Flags::default(),
    );
    let key = loaded.config.calcom.api_key.unwrap();
    assert_eq!(key.expose_secret(), "cal_live_one");
    assert!(
        loaded
            .notes
            .iter()
            .any(|note| note.contains("CAL_COM_API_KEY") && note.contains("CALCOM_API_KEY counts"))
    );
}

#[test]
fn the_switched_off_api_version_is_pointed_out() {
    let loaded = load(
        [("CALCOM_API_URL", "https://api.cal.com/v1")],
        &Flags::default(),
    );
    assert!(
        loaded.notes.iter().any(|note| note.contains("v1")),
        "{:?}",
        loaded.notes
    );
}

#[test]
fn secrets_are_not_shown() {
    let config = load(
        [
            ("CALCOM_WEBHOOK_SECRET", "hush-webhook"),
            ("CALCOM_API_KEY", "cal_live_hush"),
            ("CALBRIDGE_DATABASE_URL", "postgres://me:hush@db/x"),
            ("CALBRIDGE_KEYS", "a:hush"),
        ],
        &Flags::default(),
    )
    .config;
    let shown = serde_json::to_string(&config).unwrap() + &format!("{config:?}");
    assert!(!shown.contains("hush"), "{shown}");
    assert!(shown.contains("[set]"));
}

#[tokio::test]
async fn the_environment_seeds_connection_default_once() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |secret: &str| {
        let mut config = load([("CALCOM_WEBHOOK_SECRET", secret)], &Flags::default()).config;
        config.data.dir = folder.path().join("data");
        startup::start(config, Clock::system(), Migrate::OwnDatabaseOnly)
            .await
            .unwrap()
    };
    let secrets = async |app: &calbridge::app::App| {
        let scope = Scope::system(FIRST_TENANT);
        let mut tx = app.store.read().await.unwrap();
        let found = connections::find_by_name(&mut tx, &scope, Provider::CalCom, "default")
            .await
            .unwrap()
            .unwrap();
        let sealed = connections::list_secrets(&mut tx, &[found], connections::SecretKind::Webhook)
            .await
            .unwrap();
        let opened = sealed.iter().map(|row| {
            row.open(app.store.keys())
                .unwrap()
                .expose_secret()
                .to_owned()
        });
        opened.collect::<Vec<_>>()
    };
    let app = start("hush-one").await;
    assert_eq!(secrets(&app).await, ["hush-one"]);
    app.stop().await;
    // From then on the connection counts.
    let app = start("hush-two").await;
    assert_eq!(secrets(&app).await, ["hush-one"]);
    app.stop().await;
    let raw = std::fs::read(folder.path().join("data/calbridge.db")).unwrap();
    assert!(!raw.windows(8).any(|bytes| bytes == b"hush-one"));
}
