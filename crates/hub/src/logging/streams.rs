//! A file for each stream of lines, beside what goes to stderr.

use std::{fs::DirBuilder, path::Path};

use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::{Layer, filter::filter_fn, fmt, registry::LookupSpan};

use super::{LogError, PROVIDERS, WEBHOOKS, rolling::Rolling};
use crate::config::{Log, LogFormat};

/// Lines that belong together.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stream {
    /// What providers were asked.
    Calls,
    /// What providers told us.
    Webhooks,
    /// Whatever went wrong.
    Errors,
}

impl Stream {
    const ALL: [Self; 3] = [Self::Calls, Self::Webhooks, Self::Errors];

    fn file(self) -> &'static str {
        match self {
            Self::Calls => "calcom.log",
            Self::Webhooks => "webhooks.log",
            Self::Errors => "errors.log",
        }
    }

    /// Whether lines of this kind belong to the stream. Spans do to all: lines name the request they are of.
    fn takes(self, metadata: &Metadata<'_>) -> bool {
        let ours = metadata.target().starts_with("calbridge");
        if metadata.is_span() {
            return ours && *metadata.level() <= Level::INFO;
        }
        match self {
            Self::Calls => metadata.target() == PROVIDERS && *metadata.level() <= Level::INFO,
            Self::Webhooks => metadata.target() == WEBHOOKS && *metadata.level() <= Level::INFO,
            Self::Errors => *metadata.level() <= Level::WARN,
        }
    }
}

/// The files of all streams in a folder, which is made if it is not there.
pub(super) fn open<S>(
    dir: &Path,
    log: &Log,
) -> Result<Vec<Box<dyn Layer<S> + Send + Sync>>, LogError>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |error| LogError::File(path, error)
    };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(dir).map_err(failed(dir))?;
    let mut layers = Vec::new();
    for stream in Stream::ALL {
        let path = dir.join(stream.file());
        let file = Rolling::open(&path, log.file_bytes, log.files).map_err(failed(&path))?;
        let lines = fmt::layer().with_ansi(false).with_writer(file);
        let lines = match log.format {
            LogFormat::Pretty => lines.boxed(),
            LogFormat::Json => lines.json().flatten_event(true).boxed(),
        };
        let filter = filter_fn(move |metadata| stream.takes(metadata));
        layers.push(lines.with_filter(filter).boxed());
    }
    Ok(layers)
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    #[test]
    fn each_line_goes_to_the_file_of_its_stream() {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::default();
        let layers = open(folder.path(), &log).unwrap();
        let lines = tracing_subscriber::registry().with(layers);
        tracing::subscriber::with_default(lines, || {
            let _request = tracing::info_span!("request", request_id = "abc-1").entered();
            tracing::info!(target: WEBHOOKS, "a delivery came");
            tracing::warn!(target: WEBHOOKS, "a delivery was refused");
            tracing::info!(target: PROVIDERS, "a call was made");
            tracing::info!("something else happened");
            tracing::error!("something broke");
        });
        let read = |name: &str| {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            let messages = text.lines().map(|line| {
                assert!(line.contains("abc-1"), "{line}");
                let (_, message) = line.rsplit_once(": ").unwrap();
                message.to_owned()
            });
            messages.collect::<Vec<_>>()
        };
        assert_eq!(read("calcom.log"), ["a call was made"]);
        assert_eq!(
            read("webhooks.log"),
            ["a delivery came", "a delivery was refused"]
        );
        assert_eq!(
            read("errors.log"),
            ["a delivery was refused", "something broke"]
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let opened = open::<tracing_subscriber::Registry>(&file, &Log::default());
        let error = opened.err().unwrap().to_string();
        assert!(error.contains("log.dir"), "{error}");
    }
}
