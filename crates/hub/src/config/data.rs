//! Section `data`.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Where data is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// The folder for the SQLite database and the key file.
    pub dir: PathBuf,
    /// `postgres://...` for a PostgreSQL server instead of SQLite.
    #[serde(serialize_with = "super::shown_as_set")]
    pub url: Option<SecretString>,
    /// Connections to PostgreSQL, at most.
    pub max_connections: u32,
    /// The keys that secrets are sealed with, `id:base64` separated by commas, the current one first;
    /// instead of the key file in the folder.
    #[serde(serialize_with = "super::shown_as_set")]
    pub keys: Option<SecretString>,
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("calbridge-data"),
            url: None,
            max_connections: 20,
            keys: None,
        }
    }
}

impl Data {
    /// The SQLite database.
    pub fn sqlite_file(&self) -> PathBuf {
        self.dir.join("calbridge.db")
    }

    /// The file with the keys that secrets are sealed with.
    pub fn key_file(&self) -> PathBuf {
        self.dir.join("keys")
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }
}
