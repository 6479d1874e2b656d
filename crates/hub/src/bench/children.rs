//! Hubs as processes of their own on one scratch database, as an installation of several nodes has them.

use std::{
    fs::File,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::Context;
use calbridge_store::nodes;
use secrecy::ExposeSecret;

use super::hub::Bed;
use crate::config::Config;

/// Until a process answers.
const PATIENCE: Duration = Duration::from_secs(30);

/// Between looks whether it does.
const PAUSE: Duration = Duration::from_millis(50);

/// `calbridge serve` with its default roles; it ends with this.
pub(super) struct Hub {
    child: Child,
    log: PathBuf,
}

impl Hub {
    /// Start one with these settings, on a free port of this machine.
    pub fn start(config: &Config, index: usize) -> anyhow::Result<Self> {
        let program = std::env::current_exe().context("this program cannot be found")?;
        let folder = &config.data.dir;
        let log = folder.join(format!("process-{index}.log"));
        let mut command = Command::new(program);
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            // Neither settings nor secrets of an installation.
            .env_clear()
            .current_dir(folder)
            .env("CALBRIDGE_DATA_DIR", ".")
            .env("CALBRIDGE_WRITERS", config.webhooks.writers.to_string())
            .env("CALBRIDGE_METRICS", "false")
            .env("CALBRIDGE_LOG", "error")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?);
        if let Some(url) = &config.data.url {
            command.env("CALBRIDGE_DATABASE_URL", url.expose_secret());
        }
        let child = command.spawn().context("no process can be started")?;
        Ok(Self { child, log })
    }

    /// Wait until it is in the list of nodes; where it listens.
    pub async fn address(&mut self, bed: &Bed) -> anyhow::Result<SocketAddr> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("a hub ended with {status}: {}", last_line(&self.log));
            }
            let mut tx = bed.app.store.read().await?;
            let known = nodes::list(&mut tx).await?;
            tx.rollback().await?;
            let id = i64::from(self.child.id());
            let node = known.into_iter().find(|node| node.process_id == id);
            if let Some(address) = node.and_then(|node| node.address) {
                return Ok(address.parse()?);
            }
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::bail!("a hub does not answer: {}", last_line(&self.log))
    }
}

fn last_line(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    text.lines().last().unwrap_or_default().to_owned()
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended, and its database goes away in any case.
        if let Err(error) = self.child.kill().and_then(|()| self.child.wait()) {
            tracing::debug!(%error, "Could not end a hub");
        }
    }
}
