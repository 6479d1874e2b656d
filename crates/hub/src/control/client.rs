//! The other side: a command line that looks for the process that serves.

use std::{net::SocketAddr, time::Duration};

use reqwest::{StatusCode, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};

use super::{
    PREFIX,
    command::{Ask, Status},
    file::{self, NodeFile},
};
use crate::config::Config;

/// It is on this machine.
const CONNECT: Duration = Duration::from_secs(1);

/// Commands that ask providers take longest.
const ANSWER: Duration = Duration::from_mins(2);

/// Whether it is there shows sooner.
const GREETING: Duration = Duration::from_secs(3);

/// Speaks with the process that serves.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    base: String,
    key: SecretString,
}

/// Why a command was not done.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// It has stopped, or its release does not know the command.
    #[error("the process that serves does not know this command: is it of another release?")]
    Unknown,
    /// It was understood and refused.
    #[error("the process that serves refused: {0}")]
    Refused(String),
    /// There was no answer, or one of another shape.
    #[error("the process that serves did not answer: {0}")]
    NoAnswer(#[from] reqwest::Error),
}

impl Client {
    /// The process that serves from this data directory, if it is there and answers. What a dead one left behind is
    /// passed over.
    pub async fn find(config: &Config) -> Option<Self> {
        let file = NodeFile::read(&file::path(config)).filter(|file| !file.is_stale())?;
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .ok()?;
        let client = Self {
            http,
            address: file.address,
            base: format!("http://{}{PREFIX}", file.address),
            key: file.key,
        };
        match tokio::time::timeout(GREETING, client.ask(&Status {})).await {
            Ok(Ok(_)) => Some(client),
            _ => None,
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Give a command.
    pub async fn ask<A: Ask>(&self, ask: &A) -> Result<A::Answer, ControlError> {
        let response = self
            .http
            .post(format!("{}/{}", self.base, A::COMMAND.as_str()))
            .bearer_auth(self.key.expose_secret())
            .json(ask)
            .send()
            .await?;
        match response.status() {
            StatusCode::OK => Ok(response.json().await?),
            StatusCode::NOT_FOUND => Err(ControlError::Unknown),
            status => {
                let problem: serde_json::Value = response.json().await.unwrap_or_default();
                let detail = problem["detail"].as_str().map(str::to_owned);
                Err(ControlError::Refused(
                    detail.unwrap_or_else(|| status.to_string()),
                ))
            }
        }
    }
}
