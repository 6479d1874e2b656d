//! Log lines: to stderr, for people or for machines.

use std::io::IsTerminal;

use tracing::Level;
use tracing_subscriber::{EnvFilter, filter::Directive, fmt};

use crate::config::{Log, LogFormat};

/// The target of lines that are shown whatever the filter says, such as the one that names the address.
pub const ALWAYS: &str = "calbridge::always";

/// What the process is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// A server: its log is what people watch.
    Serve,
    /// A command: its result is what people watch, so only trouble is logged unless they ask for more.
    Command,
}

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
#[error(
    "log.filter `{filter}` cannot be read: {why}; write `info`, or per target as in `warn,calbridge=info`"
)]
pub struct LogError {
    filter: String,
    why: String,
}

/// Start logging. A second call changes nothing.
pub fn start(log: &Log, purpose: Purpose) -> Result<(), LogError> {
    let filter = filter(log, purpose)?;
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let started = match log.format {
        LogFormat::Pretty => lines.with_target(false).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("somebody logs already");
    }
    Ok(())
}

fn filter(log: &Log, purpose: Purpose) -> Result<EnvFilter, LogError> {
    let wanted = if purpose == Purpose::Command && log.filter == Log::default().filter {
        "warn"
    } else {
        log.filter.as_str()
    };
    let error = |why: &dyn std::fmt::Display| LogError {
        filter: wanted.to_owned(),
        why: why.to_string(),
    };
    let filter = EnvFilter::try_new(wanted).map_err(|why| error(&why))?;
    let always: Directive = format!("{ALWAYS}={}", Level::INFO)
        .parse()
        .map_err(|why| error(&why))?;
    Ok(filter.add_directive(always))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(filter: &str) -> Log {
        Log {
            filter: filter.to_owned(),
            ..Log::default()
        }
    }

    #[test]
    fn a_command_is_quiet_unless_somebody_asks() {
        let quiet = filter(&Log::default(), Purpose::Command).unwrap();
        assert!(!quiet.to_string().contains("sqlx"));
        let asked = filter(&with("debug"), Purpose::Command).unwrap();
        assert!(asked.to_string().contains("debug"));
    }

    #[test]
    fn a_filter_that_cannot_be_read_is_refused_with_an_example() {
        let error = filter(&with("calbridge=loud"), Purpose::Serve).unwrap_err();
        assert!(error.to_string().contains("warn,calbridge=info"), "{error}");
    }
}
