//! Which Cal.com server is emulated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What kind of server answers below `/v2`, and how strict it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CalComServer {
    /// The hosted service or a community server.
    pub edition: Edition,
    /// The limits of each caller. A request is refused only when all of them are used up.
    pub limits: Vec<RateLimit>,
    /// Which addresses webhooks may have.
    pub subscribers: Subscribers,
}

/// Two servers with the same paths and other habits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edition {
    /// The service at `api.cal.com`: knows the versions of 2026, teams and organizations; v1 is gone.
    #[default]
    Hosted,
    /// A community server: knows no version of 2026, no teams, no organizations.
    Classic,
}

/// Which addresses webhooks may have: 1.13.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subscribers {
    /// Also `http`, loopback and private ones, as on community servers. The default, because receivers of tests
    /// and demos listen on loopback.
    #[default]
    Anywhere,
    /// `https` and public ones only, as at the hosted service.
    PublicOnly,
}

/// So many requests in so much time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// The end of its headers' names, such as `Default`.
    pub name: String,
    /// How many requests.
    pub requests: u32,
    /// In how many seconds.
    pub window_seconds: u32,
    /// For how many seconds nothing more is answered once there were too many.
    pub block_seconds: u32,
}

impl RateLimit {
    /// So many requests a minute, and a minute's block.
    pub fn per_minute(name: impl Into<String>, requests: u32) -> Self {
        Self {
            name: name.into(),
            requests,
            window_seconds: 60,
            block_seconds: 60,
        }
    }

    pub(super) fn window(&self) -> Duration {
        Duration::from_secs(self.window_seconds.into())
    }

    pub(super) fn block(&self) -> Duration {
        Duration::from_secs(self.block_seconds.into())
    }
}

impl CalComServer {
    /// A community server.
    pub fn classic() -> Self {
        Self {
            edition: Edition::Classic,
            ..Self::default()
        }
    }

    /// The same server, with a limit nobody reaches.
    #[must_use]
    pub fn generous(mut self) -> Self {
        self.limits = vec![RateLimit::per_minute("Default", 1_000_000)];
        self
    }
}

impl Default for CalComServer {
    /// The hosted service with its documented limit of an API key: 1.4.
    fn default() -> Self {
        Self {
            edition: Edition::Hosted,
            limits: vec![RateLimit::per_minute("Default", 120)],
            subscribers: Subscribers::Anywhere,
        }
    }
}
