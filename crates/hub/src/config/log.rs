//! Section `log`.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// What is logged, and how.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `pretty` for people, `json` for machines.
    pub format: LogFormat,
    /// Which lines: `info`, or per target, such as `warn,calbridge::webhooks=info`.
    pub filter: String,
    /// A folder for a file per stream, beside stderr: `calcom.log`, `webhooks.log`, `errors.log`. Each process needs its
    /// own.
    pub dir: Option<PathBuf>,
    /// A file of a stream that is longer makes room for the next one.
    pub file_bytes: u64,
    /// Files of a stream, the current one included.
    pub files: u32,
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Pretty,
            filter: "info,sqlx=warn".to_owned(),
            dir: None,
            file_bytes: 16 * 1024 * 1024,
            files: 5,
        }
    }
}
