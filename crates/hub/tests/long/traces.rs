//! Spans reach a collector, in the words of OpenTelemetry's conventions, and nobody waits for one that is away.

use std::time::Duration;

use axum::{Router, body::Bytes, extract::State, http::StatusCode, routing::post};
use tokio::sync::mpsc;

use crate::server::Home;

/// Longer than anything takes on a slow machine.
const DEADLINE: Duration = Duration::from_mins(1);

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_becomes_a_span_of_its_callers_trace() {
    let (sender, mut received) = mpsc::unbounded_channel::<Bytes>();
    let take = |State(sender): State<mpsc::UnboundedSender<Bytes>>, body: Bytes| async move {
        sender.send(body).unwrap();
        StatusCode::OK
    };
    let collector = Router::new()
        .route("/v1/traces", post(take))
        .with_state(sender);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, collector).await });

    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let server = home
        .serve_with(&[], &[("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint)])
        .await;
    assert!(server.complaints().contains("listening on"));
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http
        .get(format!("{}/health/live", server.base))
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    // What has not been sent yet is sent at the end.
    assert_eq!(server.stop(), Some(0));

    let id = hex::decode(TRACE).unwrap();
    let ours = async {
        loop {
            let batch = received.recv().await.unwrap();
            if holds(&batch, &id) {
                return batch;
            }
        }
    };
    let batch = tokio::time::timeout(DEADLINE, ours).await.unwrap();
    for word in [
        "service.name",
        "calbridge",
        "GET /health/live",
        "http.route",
        "http.response.status_code",
    ] {
        assert!(holds(&batch, word.as_bytes()), "{word}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_a_collector_that_is_away() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let away = ("CALBRIDGE_TRACES_ENDPOINT", "http://127.0.0.1:9");
    let server = home.serve_with(&[], &[away]).await;
    assert!(server.complaints().contains("listening on"));
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_collector_the_log_is_as_ever() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let server = home.serve().await;
    assert!(server.complaints().contains("listening on"));
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let wrong = ("CALBRIDGE_TRACES_ENDPOINT", "collector:4318");
    let mut server = home.begin_to_serve(&[], &[wrong]);
    let ended = async {
        while server.is_alive() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(DEADLINE, ended).await.unwrap();
    assert!(
        server.complaints().contains("traces.endpoint"),
        "{}",
        server.complaints()
    );
}

fn holds(batch: &[u8], part: &[u8]) -> bool {
    batch.windows(part.len()).any(|window| window == part)
}
