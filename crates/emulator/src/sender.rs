//! Sending one message over HTTP, with the providers' timeouts and without following redirects.

use std::time::Duration;

use jiff::Timestamp;

use crate::Delivery;

/// At most so much of an answer is kept.
const ANSWER_LIMIT: usize = 16 * 1024;

/// What the receiver said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The beginning of the body.
    pub body: String,
}

impl Answer {
    /// Any 2xx. A redirect is a failure.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The client could not be built.
    #[error("no HTTP client")]
    Client(#[source] reqwest::Error),
    /// The receiver did not answer in time.
    #[error("the receiver did not answer in time")]
    TimedOut,
    /// The receiver could not be reached, or hung up.
    #[error("the receiver could not be reached")]
    Unreachable(#[source] reqwest::Error),
}

/// A client that behaves like the providers': 10 s to connect, 15 s to read, no redirects.
pub fn client() -> Result<reqwest::Client, SendError> {
    reqwest::Client::builder()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(SendError::Client)
}

/// Sign and send one message.
pub async fn send(
    client: &reqwest::Client,
    url: &str,
    secret: Option<&str>,
    delivery: &Delivery,
    now: Timestamp,
) -> Result<Answer, SendError> {
    let mut request = client.post(url).body(delivery.body.clone());
    for (name, value) in delivery.signed_headers(secret, now) {
        request = request.header(name, value);
    }
    let mut response = request.send().await.map_err(unreachable)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < ANSWER_LIMIT {
        match response.chunk().await.map_err(unreachable)? {
            Some(chunk) => body.extend_from_slice(&chunk),
            None => break,
        }
    }
    body.truncate(ANSWER_LIMIT);
    Ok(Answer {
        status,
        body: String::from_utf8_lossy(&body).into_owned(),
    })
}

fn unreachable(error: reqwest::Error) -> SendError {
    if error.is_timeout() {
        SendError::TimedOut
    } else {
        SendError::Unreachable(error)
    }
}
