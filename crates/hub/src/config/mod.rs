//! Settings: defaults, then the file, then the environment, then flags; the later wins.

mod access;
mod bookings;
mod calcom;
mod data;
mod env;
mod jobs;
mod limits;
mod log;
mod metrics;
mod networks;
mod node;
mod retention;
mod server;
mod sync;
mod traces;
mod webhooks;

use std::path::{Path, PathBuf};

use config::{File, FileFormat};
use serde::{Deserialize, Serialize};

pub use self::{
    access::Access,
    bookings::Bookings,
    calcom::CalCom,
    data::Data,
    env::{Environment, NAMES},
    jobs::Jobs,
    limits::Limits,
    log::{Log, LogFormat},
    metrics::Metrics,
    networks::Networks,
    node::Node,
    retention::Retention,
    server::Server,
    sync::Sync,
    traces::Traces,
    webhooks::Webhooks,
};

/// All settings.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where to listen.
    pub server: Server,
    /// Where data is kept.
    pub data: Data,
    /// Who may call without a credential.
    pub access: Access,
    /// How much callers of the API may ask.
    pub limits: Limits,
    /// The way in.
    pub webhooks: Webhooks,
    /// What happens to bookings by itself.
    pub bookings: Bookings,
    /// Work that is done beside the requests.
    pub jobs: Jobs,
    /// This process among others on the same database.
    pub node: Node,
    /// How often providers are read.
    pub sync: Sync,
    /// Connection `default` of tenant 1.
    pub calcom: CalCom,
    /// What is logged, and how.
    pub log: Log,
    /// Where `/metrics` is answered.
    pub metrics: Metrics,
    /// Where spans go.
    pub traces: Traces,
    /// How long things are kept.
    pub retention: Retention,
}

/// Settings given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The file to read; it must be there.
    pub file: Option<PathBuf>,
    /// Key and value of each, such as `server.listen`.
    pub set: Vec<(&'static str, String)>,
}

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "calbridge.toml";

/// Settings that were read, and what the operator should know about them.
#[derive(Debug)]
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The file they were read from.
    pub file: Option<PathBuf>,
    /// Names in the environment that contradict each other, and things that work but should be changed.
    pub notes: Vec<String>,
}

/// Why the settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named is not there.
    #[error("there is no configuration file {0}")]
    NoFile(PathBuf),
    /// A value cannot be read.
    #[error("the configuration cannot be read: {0}")]
    Unreadable(#[from] config::ConfigError),
    /// A combination that would be unsafe or cannot work.
    #[error("{0}")]
    Refused(String),
}

impl Config {
    /// Read the settings.
    pub fn load(environment: &Environment, flags: &Flags) -> Result<Loaded, ConfigError> {
        let file = find_file(environment, flags)?;
        let mut builder = config::Config::builder();
        if let Some(file) = &file {
            builder = builder.add_source(File::from(file.as_path()).format(FileFormat::Toml));
        }
        let (from_environment, mut notes) = environment.settings();
        for (key, value) in from_environment {
            builder = builder.set_override(key, value)?;
        }
        for (key, value) in &flags.set {
            builder = builder.set_override(*key, value.clone())?;
        }
        let config: Self = builder.build()?.try_deserialize()?;
        notes.extend(config.calcom.notes());
        Ok(Loaded {
            config,
            file,
            notes,
        })
    }

    /// Refuse combinations that would be unsafe.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.access
            .check(self.server.listen)
            .map_err(ConfigError::Refused)?;
        self.server.check().map_err(ConfigError::Refused)?;
        self.webhooks.check().map_err(ConfigError::Refused)?;
        self.jobs.check().map_err(ConfigError::Refused)?;
        self.traces.check().map_err(ConfigError::Refused)
    }
}

fn find_file(environment: &Environment, flags: &Flags) -> Result<Option<PathBuf>, ConfigError> {
    let named = flags
        .file
        .clone()
        .or_else(|| environment.get("CALBRIDGE_CONFIG").map(PathBuf::from));
    match named {
        Some(file) if file.is_file() => Ok(Some(file)),
        Some(file) => Err(ConfigError::NoFile(file)),
        None => Ok(Some(Path::new(DEFAULT_FILE).to_owned()).filter(|file| file.is_file())),
    }
}

/// Secrets are shown as set or not set.
#[expect(clippy::ref_option, reason = "the shape that serde wants")]
pub(crate) fn shown_as_set<S: serde::Serializer>(
    secret: &Option<secrecy::SecretString>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(_) => serializer.serialize_some("[set]"),
        None => serializer.serialize_none(),
    }
}
