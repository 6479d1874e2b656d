//! `node.json` in the data directory: where the process that serves can be reached from this machine, and with what key.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use crate::config::Config;

/// What the file says.
#[derive(Deserialize, Debug)]
pub(super) struct NodeFile {
    pub process_id: u32,
    pub address: SocketAddr,
    pub key: SecretString,
}

/// Where the file is.
pub(super) fn path(config: &Config) -> PathBuf {
    config.data.dir().join("node.json")
}

impl NodeFile {
    /// What the file says, if there is one that can be read.
    pub(super) fn read(path: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(path).ok()?).ok()
    }

    /// Write the file, for its owner only and never in part. That of an earlier process is replaced.
    pub(super) fn write(&self, path: &Path) -> io::Result<()> {
        let text = json!({
            "process_id": self.process_id,
            "address": self.address,
            "key": self.key.expose_secret(),
        });
        let unfinished = path.with_extension(format!("{}.tmp", self.process_id));
        let written = write_new(&unfinished, text.to_string().as_bytes())
            .and_then(|()| fs::rename(&unfinished, path));
        if written.is_err() {
            // It holds the key; whether it is there depends on how far we came.
            let _gone = fs::remove_file(&unfinished);
        }
        written
    }

    /// Remove the file, unless it is another process' by now.
    pub(super) fn remove(&self, path: &Path) {
        let ours = Self::read(path)
            .is_some_and(|file| file.key.expose_secret() == self.key.expose_secret());
        if ours && let Err(error) = fs::remove_file(path) {
            tracing::warn!(%error, "Could not remove {}", path.display());
        }
    }

    /// Whether the process is gone, as far as this machine can tell.
    pub(super) fn is_stale(&self) -> bool {
        let processes = Path::new("/proc");
        processes.join("self").exists() && !processes.join(self.process_id.to_string()).exists()
    }
}

fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(key: &str) -> NodeFile {
        NodeFile {
            process_id: std::process::id(),
            address: "127.0.0.1:8000".parse().unwrap(),
            key: key.into(),
        }
    }

    #[test]
    fn only_its_owner_can_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.json");
        file("one").write(&path).unwrap();
        file("two").write(&path).unwrap();
        assert_eq!(NodeFile::read(&path).unwrap().key.expose_secret(), "two");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn the_file_of_a_later_process_stays() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.json");
        let (earlier, later) = (file("one"), file("two"));
        earlier.write(&path).unwrap();
        later.write(&path).unwrap();
        earlier.remove(&path);
        assert!(path.exists());
        later.remove(&path);
        assert!(!path.exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_that_is_gone_is_noticed() {
        let mut file = file("one");
        assert!(!file.is_stale());
        // Larger than any process id there is.
        file.process_id = u32::MAX;
        assert!(file.is_stale());
    }
}
