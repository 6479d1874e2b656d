//! The control door: who may give commands to a running process, and who finds nothing there.

use std::{net::SocketAddr, path::PathBuf};

use calbridge::{
    clock::Clock,
    config::Config,
    control::{Client, Door, Status},
    http,
    node::Role,
    serve,
    startup::{self, Migrate},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// A process that serves from a folder.
struct Serving {
    config: Config,
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
    folder: tempfile::TempDir,
}

impl Serving {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.dir = folder.path().join("data");
        config.metrics.enabled = false;
        let app = startup::start(config.clone(), Clock::system(), Migrate::OwnDatabaseOnly)
            .await
            .unwrap();
        let (listener, address) = serve::listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let stop = CancellationToken::new();
        let door = Door::open(&config, address).unwrap();
        let router = http::router_with(app.clone(), door.routes());
        let running = tokio::spawn({
            let stop = stop.clone();
            async move {
                serve::run(&app, listener, router, Role::Api, stop).await;
                drop(door);
            }
        });
        Self {
            config,
            address,
            stop,
            running,
            folder,
        }
    }

    fn file(&self) -> PathBuf {
        self.config.data.dir().join("node.json")
    }

    fn key(&self) -> String {
        let text = std::fs::read_to_string(self.file()).unwrap();
        let file: serde_json::Value = serde_json::from_str(&text).unwrap();
        file["key"].as_str().unwrap().to_owned()
    }

    async fn stop(self) -> (Config, tempfile::TempDir) {
        self.stop.cancel();
        self.running.await.unwrap();
        (self.config, self.folder)
    }
}

#[tokio::test]
async fn a_command_line_on_the_same_machine_finds_the_process() {
    let serving = Serving::start().await;
    let client = Client::find(&serving.config).await.unwrap();
    let status = client.ask(&Status {}).await.unwrap();
    assert_eq!(status.process_id, std::process::id());
    assert_eq!(status.release, env!("CARGO_PKG_VERSION"));

    let (config, _folder) = serving.stop().await;
    assert!(!config.data.dir().join("node.json").exists());
    assert!(Client::find(&config).await.is_none());
}

#[tokio::test]
async fn what_a_dead_process_left_behind_is_passed_over() {
    let serving = Serving::start().await;
    let left_behind = std::fs::read(serving.file()).unwrap();
    let (config, _folder) = serving.stop().await;
    // This process lives on, but nobody listens there any more.
    std::fs::write(config.data.dir().join("node.json"), left_behind).unwrap();
    assert!(Client::find(&config).await.is_none());
    std::fs::write(config.data.dir().join("node.json"), "{").unwrap();
    assert!(Client::find(&config).await.is_none());
}

#[tokio::test]
async fn everybody_else_finds_nothing() {
    let serving = Serving::start().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("http://{}/_control/status", serving.address);
    let key = serving.key();
    let with_key = || {
        http.post(&url)
            .bearer_auth(&key)
            .json(&serde_json::json!({}))
    };
    let unknown = url.replace("status", "explode");
    for (request, expected) in [
        (with_key(), 200),
        (http.post(&url).json(&serde_json::json!({})), 404),
        (http.post(&url).bearer_auth("guess"), 404),
        (http.get(&url).bearer_auth(&key), 404),
        (http.post(&unknown).bearer_auth(&key), 404),
        (with_key().header("x-forwarded-for", "203.0.113.9"), 404),
        (with_key().header("forwarded", "for=203.0.113.9"), 404),
        (http.post(&url).bearer_auth(&key).body(r#"{"more":1}"#), 422),
    ] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected);
    }
    serving.stop().await;
}

#[tokio::test]
async fn nobody_but_a_loopback_peer_is_let_in() {
    use axum::{body::Body, extract::ConnectInfo, http::Request};
    use tower::ServiceExt;

    let serving = Serving::start().await;
    let door = Door::open(&serving.config, serving.address).unwrap();
    let key = serving.key();
    let app = startup::start(
        serving.config.clone(),
        Clock::system(),
        Migrate::OwnDatabaseOnly,
    )
    .await
    .unwrap();
    let router = http::router_with(app, door.routes());
    for (peer, expected) in [("127.0.0.1:9", 200), ("192.0.2.1:9", 404)] {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = Request::post("/_control/status")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from("{}"))
            .unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let answer = router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{peer}");
    }
    serving.stop().await;
}
