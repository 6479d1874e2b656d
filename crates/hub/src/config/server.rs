//! Section `server`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Where to listen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port of the API and the webhooks.
    pub listen: SocketAddr,
    /// How long requests under way may take to finish when stopping, in seconds.
    pub stop_seconds: u64,
    /// Client connections at once, at most, and never more than the process has file handles for. Further ones wait.
    pub max_open: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            stop_seconds: 20,
            max_open: 4096,
        }
    }
}
