//! One exchange over HTTP, within a deadline and a size.

use std::{error::Error, time::Duration};

use axum::http::{HeaderMap, Method};
use reqwest::{Client, redirect::Policy};
use secrecy::ExposeSecret;
use tokio::time::{Instant, timeout_at};

use super::{AskError, Target};
use crate::{correlation, startup::RELEASE};

/// Longer answers are not read.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A connection must come about within this.
const CONNECT: Duration = Duration::from_secs(5);

/// Why there is no HTTP client.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client cannot be made: {0}")]
pub struct ClientError(#[from] reqwest::Error);

/// The client that all calls to providers share. It follows no redirects: a key is sent to its own server only.
pub fn client() -> Result<Client, ClientError> {
    let client = Client::builder()
        .user_agent(format!("calbridge/{RELEASE}"))
        .redirect(Policy::none())
        .connect_timeout(CONNECT)
        .pool_idle_timeout(Duration::from_secs(90))
        .build()?;
    Ok(client)
}

/// What is sent.
pub(super) struct Outgoing<'a> {
    pub method: &'a Method,
    /// Below the base URL, with its query.
    pub path: String,
    pub version: Option<&'static str>,
    pub body: Option<&'a serde_json::Value>,
}

/// What came back, whole.
pub(super) struct Incoming {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Send, and read the whole answer before the deadline.
pub(super) async fn exchange(
    http: &Client,
    target: &Target,
    outgoing: &Outgoing<'_>,
    deadline: Instant,
) -> Result<Incoming, AskError> {
    let url = target.base.join(&outgoing.path);
    let mut request = http
        .request(outgoing.method.clone(), url)
        .bearer_auth(target.key.expose_secret());
    if let Some(version) = outgoing.version {
        request = request.header("cal-api-version", version);
    }
    if let Some(id) = correlation::current() {
        request = request.header("x-request-id", &*id);
    }
    if let Some(body) = outgoing.body {
        request = request.json(body);
    }
    match timeout_at(deadline, read(request)).await {
        Ok(result) => result,
        Err(_) => Err(AskError::NoAnswer("it took too long".to_owned())),
    }
}

async fn read(request: reqwest::RequestBuilder) -> Result<Incoming, AskError> {
    let mut response = request.send().await.map_err(|error| of_sending(&error))?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.map_err(|error| no_answer(&error))? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(AskError::NoAnswer("the answer is too long".to_owned()));
        }
        body.extend_from_slice(&part);
    }
    Ok(Incoming {
        status,
        headers,
        body,
    })
}

/// Without a connection nothing was sent; after that nobody knows.
fn of_sending(error: &reqwest::Error) -> AskError {
    if error.is_connect() || error.is_builder() {
        AskError::NotSent(cause(error))
    } else {
        no_answer(error)
    }
}

fn no_answer(error: &reqwest::Error) -> AskError {
    AskError::NoAnswer(cause(error))
}

/// The innermost reason, without the URL: it may name people.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    if std::ptr::eq(innermost, std::ptr::from_ref(error) as *const dyn Error) {
        "the connection failed".to_owned()
    } else {
        innermost.to_string()
    }
}
