//! A signed test event, sent to the connection's own URL on this machine as its provider would send it.

use std::{net::SocketAddr, time::Duration};

use calbridge_core::provider::Provider;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Finding;
use crate::{app::App, connections::KnownConnection};

/// A server on this machine answers sooner.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) async fn ring(
    app: &App,
    known: &KnownConnection,
    server: SocketAddr,
    name: &str,
) -> Finding {
    let connection = &known.connection;
    let secrets = known.secrets(app.clock.now());
    let Some(secret) = secrets.first() else {
        let says =
            format!("{name}: without a webhook secret there is nothing to sign a test event with");
        let remedy = format!("`calbridge connections webhook repair {}`", connection.id);
        return Finding::warn("test event", says, remedy);
    };
    let now = app.clock.now();
    // Each is another one: what came before would be a repetition.
    let body = json!({
        "triggerEvent": "PING",
        "createdAt": now,
        "payload": { "type": "Test", "note": "calbridge doctor", "id": Uuid::now_v7() },
    })
    .to_string();
    let headers = calbridge_providers::sign(Provider::CalCom, secret, body.as_bytes(), now);
    let url = format!("http://{server}{}", connection.webhook_path());
    match send(&url, headers, body).await {
        Ok((200, status)) if status == "processed" || status == "ignored" => Finding::ok(
            "test event",
            format!("{name}: a signed one was taken by the server"),
        ),
        Ok((status, word)) => Finding::fail(
            "test event",
            format!("{name}: the server answered {status} {word} to a signed one"),
            "see the log of the server; does it run on this database?",
        ),
        Err(error) => Finding::fail(
            "test event",
            format!("{name}: the server did not answer: {}", error.without_url()),
            "see whether `calbridge serve` is well, and its log",
        ),
    }
}

async fn send(
    url: &str,
    headers: Vec<(String, String)>,
    body: String,
) -> reqwest::Result<(u16, String)> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let mut request = client
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    for (header, value) in headers {
        request = request.header(header, value);
    }
    let response = request.send().await?;
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap_or_default();
    let word = answer["status"]
        .as_str()
        .or_else(|| answer["code"].as_str());
    Ok((status, word.unwrap_or_default().to_owned()))
}
