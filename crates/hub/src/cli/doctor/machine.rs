//! The folder, and whether a server answers.

use std::{net::SocketAddr, path::Path, time::Duration};

use super::Finding;
use crate::config::Config;

/// A server on this machine answers sooner.
const PATIENCE: Duration = Duration::from_secs(3);

/// The data directory and what is in it.
pub(super) fn folder(config: &Config) -> Vec<Finding> {
    let dir = config.data.dir();
    if !dir.is_dir() {
        // With keys from the environment and PostgreSQL, nothing is kept there.
        if config.data.keys.is_some() && config.data.url.is_some() {
            return Vec::new();
        }
        let says = format!("there is no folder {} yet", dir.display());
        let remedy =
            "`calbridge serve` makes it; if there should be one, say which with --data-dir";
        return vec![Finding::warn("data", says, remedy)];
    }
    let mut findings = Vec::new();
    for (path, what) in [
        (dir.to_owned(), "the data directory"),
        (config.data.key_file(), "the key file"),
        (config.data.sqlite_file(), "the database file"),
    ] {
        if is_open_to_others(&path) {
            let says = format!("others on this machine can read {what} {}", path.display());
            findings.push(Finding::warn(
                "data",
                says,
                format!("chmod go= {}", path.display()),
            ));
        }
    }
    if config.data.keys.is_none() && !config.data.key_file().is_file() {
        let says = format!("there is no key file {}", config.data.key_file().display());
        let remedy = "bring it back from the backup: without it, stored secrets cannot be opened; a new installation makes one";
        findings.push(Finding::warn("data", says, remedy));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "data",
            format!("{}, for its owner only", dir.display()),
        ));
    }
    findings
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}

/// Whether something answers where the server should.
pub(super) async fn server(config: &Config) -> Finding {
    let mut address = config.server.listen;
    if address.ip().is_unspecified() {
        address = SocketAddr::from(([127, 0, 0, 1], address.port()));
    }
    let url = format!("http://{address}/health/live");
    match ask(&url).await {
        Ok(status) if status.is_success() => {
            Finding::ok("server", format!("answers at http://{address}"))
        }
        Ok(status) => Finding::warn(
            "server",
            format!("{url} answers with {status}"),
            "see whether another program listens there; CALBRIDGE_LISTEN says where ours should",
        ),
        Err(_) => Finding::warn(
            "server",
            format!("nothing answers at http://{address}"),
            "`calbridge serve`; if it runs elsewhere, CALBRIDGE_LISTEN says where",
        ),
    }
}

async fn ask(url: &str) -> reqwest::Result<reqwest::StatusCode> {
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    Ok(client.get(url).send().await?.status())
}
