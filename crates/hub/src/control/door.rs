//! The door itself, as long as the process serves.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{ConnectInfo, Path, Request, State},
    http::{HeaderMap, Method, header},
    routing::any,
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::{
    PREFIX,
    command::{self, Command},
    file::{self, NodeFile},
};
use crate::{
    app::App,
    config::Config,
    http::{Problem, body},
    secret,
};

/// A command is short.
const MOST_BYTES: usize = 64 * 1024;

/// Removes the file when it is dropped.
#[derive(Debug)]
pub struct Door {
    file: NodeFile,
    path: PathBuf,
}

impl Door {
    /// Write the file for a process that listens on an address. `None` when loopback does not lead there, or when the
    /// file cannot be written; then commands work on the database alone.
    pub fn open(config: &Config, listens_on: SocketAddr) -> Option<Self> {
        let door = Self {
            file: NodeFile {
                process_id: std::process::id(),
                address: loopback_to(listens_on)?,
                key: SecretString::from(secret::token()),
            },
            path: file::path(config),
        };
        match door.file.write(&door.path) {
            Ok(()) => Some(door),
            Err(error) => {
                tracing::warn!(%error, "Could not write {}; commands will not find this process", door.path.display());
                None
            }
        }
    }

    /// The path of all commands.
    pub fn routes(&self) -> Router<App> {
        let key = Arc::new(self.file.key.clone());
        let take = move |State(app): State<App>, Path(word): Path<String>, request: Request| async move {
            take(&app, &key, &word, request).await
        };
        Router::new().route(&format!("{PREFIX}/{{command}}"), any(take))
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.file.remove(&self.path);
    }
}

/// How this machine reaches an address that is listened on.
fn loopback_to(listens_on: SocketAddr) -> Option<SocketAddr> {
    let ip = match listens_on.ip() {
        ip if ip.is_loopback() => ip,
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        _ => return None,
    };
    Some(SocketAddr::new(ip, listens_on.port()))
}

async fn take(
    app: &App,
    key: &SecretString,
    word: &str,
    request: Request,
) -> Result<Json<Value>, Problem> {
    // As where there is nothing.
    let nothing = || Problem::not_found("there is no such path");
    if !may(&request, key) {
        return Err(nothing());
    }
    let command = Command::from_word(word).ok_or_else(nothing)?;
    let (parts, body) = request.into_parts();
    let body = Bytes::from(body::read(&parts.headers, body, MOST_BYTES).await?);
    tracing::info!(command = word, "Asked from this machine: {word}");
    command::run(app, command, &body).await
}

/// From this machine, not passed on by a proxy on it, and with the key.
fn may(request: &Request, key: &SecretString) -> bool {
    let peer: Option<&ConnectInfo<SocketAddr>> = request.extensions().get();
    let near = peer.is_some_and(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let headers = request.headers();
    let direct =
        !headers.contains_key("x-forwarded-for") && !headers.contains_key(header::FORWARDED);
    near && direct && request.method() == Method::POST && shows(headers, key)
}

fn shows(headers: &HeaderMap, key: &SecretString) -> bool {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|shown| shown.as_bytes().strip_prefix(b"Bearer "))
        .unwrap_or_default();
    shown.ct_eq(key.expose_secret().as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("0.0.0.0:8000", Some("127.0.0.1:8000"))]
    #[case("[::]:8000", Some("[::1]:8000"))]
    #[case("127.0.0.2:1", Some("127.0.0.2:1"))]
    #[case("192.168.1.10:8000", None)]
    fn loopback_leads_to_what_listens_everywhere_or_there(
        #[case] listens_on: SocketAddr,
        #[case] expected: Option<&str>,
    ) {
        let expected = expected.map(|address| address.parse().unwrap());
        assert_eq!(loopback_to(listens_on), expected);
    }
}
