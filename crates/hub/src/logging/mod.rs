//! Log lines: to stderr, for people or for machines, and if somebody wants it to a file for each stream; spans, to a
//! collector.

mod rolling;
mod streams;
pub(crate) mod traces;

use std::io::IsTerminal;

use calbridge_core::provider::Provider;
use tracing::{Level, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer, filter::Directive, fmt, layer::SubscriberExt, registry::LookupSpan,
    util::SubscriberInitExt,
};

pub use self::traces::Sending;
use crate::config::{Config, Log, LogFormat};

/// The target of lines that are shown whatever the filter says, such as the one that names the address.
pub const ALWAYS: &str = "calbridge::always";

/// The target of lines about deliveries and webhook events. Each names its door and its provider.
pub const WEBHOOKS: &str = "calbridge::webhooks";

/// The target of lines about calls to providers. Each names its provider and its operation.
pub const PROVIDERS: &str = "calbridge::providers";

/// What the process is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Purpose {
    /// A server: its log is what people watch.
    Serve,
    /// A command: its result is what people watch, so only trouble is logged unless they ask for more.
    Command,
}

/// Why nothing can be logged.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter means nothing.
    #[error(
        "log.filter `{filter}` cannot be read: {why}; write `info`, or per target as in `warn,calbridge=info`"
    )]
    Filter {
        /// As it was given.
        filter: String,
        /// What is wrong with it.
        why: String,
    },
    /// Spans cannot be sent.
    #[error("traces.endpoint: {0}")]
    Traces(String),
    /// A file cannot be written to.
    #[error("log.dir: {0} cannot be written to: {1}")]
    File(std::path::PathBuf, std::io::Error),
}

/// The provider as people search for it.
pub fn name_of(provider: Provider) -> &'static str {
    match provider {
        Provider::CalCom => "Cal.com",
        Provider::Calendly => "Calendly",
    }
}

/// Start logging for a command. A second call changes nothing.
pub fn start(log: &Log) -> Result<(), LogError> {
    let stderr = to_stderr(log).with_filter(filter(log, Purpose::Command)?);
    install(tracing_subscriber::registry().with(stderr));
    Ok(())
}

/// Start logging for what serves or works. Only that writes files and sends spans: a command beside it would write into
/// the same ones. Keep what is returned to the end.
pub fn start_serving(config: &Config) -> Result<Sending, LogError> {
    let log = &config.log;
    let stderr = to_stderr(log).with_filter(filter(log, Purpose::Serve)?);
    let (spans, sending) = traces::open(&config.traces)?;
    // In one list: a layer that is not there, on its own, switches off those above it.
    let mut layers = vec![stderr.boxed()];
    layers.extend(spans);
    if let Some(dir) = &log.dir {
        layers.extend(streams::open(dir, log)?);
    }
    install(tracing_subscriber::registry().with(layers));
    Ok(sending)
}

fn install(lines: impl SubscriberInitExt) {
    if lines.try_init().is_err() {
        tracing::debug!("somebody logs already");
    }
}

fn to_stderr<S>(log: &Log) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let lines = fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Pretty => lines.with_target(false).boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    }
}

fn filter(log: &Log, purpose: Purpose) -> Result<EnvFilter, LogError> {
    let wanted = if purpose == Purpose::Command && log.filter == Log::default().filter {
        "warn"
    } else {
        log.filter.as_str()
    };
    let error = |why: &dyn std::fmt::Display| LogError::Filter {
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
