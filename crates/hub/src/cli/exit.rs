//! Exit codes, which scripts rely on, and what is printed when a command fails.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | failed, or a check found something |
//! | 2 | the command line cannot be understood |
//! | 3 | what was named does not exist |
//! | 4 | the configuration refuses it, or cannot be read |
//! | 5 | the database cannot be reached, or does not fit this release |
//! | 6 | the address to listen on cannot be had |

mod offered;

use std::{io::Write, process::ExitCode};

use calbridge_store::{StoreError, sql::migrate::MigrateError};

use crate::{
    backup::BackupError,
    booking::{BookError, ChangeError, FindBookingError, HoldError, automatic::RestartError},
    config::ConfigError,
    connections::{AddConnectionError, ChangeApiError, ChangeConnectionError},
    inbox::ReplayError,
    incidents::ResolveIncidentError,
    keys::{CreateKeyError, RevokeKeyError},
    leads::FindLeadError,
    serve::ListenError,
    startup::StartError,
    tenants::{CreateTenantError, SetSettingsError},
};

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed, or a check found something.
    Failed = 1,
    /// The command line cannot be understood.
    Usage = 2,
    /// What was named does not exist.
    NotFound = 3,
    /// The configuration refuses it, or cannot be read.
    Refused = 4,
    /// The database cannot be reached, or does not fit this release.
    Database = 5,
    /// The address to listen on cannot be had.
    Address = 6,
}

/// What only the command line can find wrong.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// What was named does not exist.
    #[error("{0}")]
    NotFound(String),
    /// The arguments contradict each other, or a value cannot be used.
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    /// There is no such thing.
    pub(super) fn no(what: &str, id: impl std::fmt::Display) -> Self {
        Self::NotFound(format!("there is no {what} {id}"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl Exit {
    /// Print what went wrong and what to do about it; the code that says so.
    pub fn report(error: &anyhow::Error) -> Self {
        if is_closed_pipe(error) {
            // Whoever reads our output has seen enough, as in `calbridge leads list | head`.
            return Self::Done;
        }
        let exit = Self::of(error);
        let hint = hint(error)
            .map(|hint| format!("  try: {hint}\n"))
            .unwrap_or_default();
        let text = format!("error: {}\n{hint}", describe(error));
        // With stderr closed there is nobody to tell; the code still says it.
        let _ = std::io::stderr().write_all(text.as_bytes());
        exit
    }

    /// The code for an error.
    pub fn of(error: &anyhow::Error) -> Self {
        error.chain().find_map(of_one).unwrap_or(Self::Failed)
    }
}

fn of_one(error: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(error) = error.downcast_ref::<CliError>() {
        return Some(match error {
            CliError::NotFound(_) => Exit::NotFound,
            CliError::Usage(_) => Exit::Usage,
        });
    }
    if error.is::<ConfigError>() {
        return Some(Exit::Refused);
    }
    if matches!(error.downcast_ref(), Some(BackupError::Postgres)) {
        return Some(Exit::Refused);
    }
    if error.is::<ListenError>() {
        return Some(Exit::Address);
    }
    let not_found = matches!(
        error.downcast_ref(),
        Some(ReplayError::NotFound(_) | ReplayError::BodyGone(_))
    ) || matches!(
        error.downcast_ref(),
        Some(ChangeConnectionError::NotFound(_))
    ) || matches!(error.downcast_ref(), Some(ChangeApiError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(FindBookingError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(FindLeadError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(
                BookError::Lead(_)
                    | BookError::Booking(FindBookingError::NotFound(_))
                    | BookError::Hold(HoldError::NotFound(_))
            )
        )
        || matches!(error.downcast_ref(), Some(HoldError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(RestartError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(ChangeError::Find(FindBookingError::NotFound(_)))
        )
        || matches!(error.downcast_ref(), Some(RevokeKeyError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(ResolveIncidentError::NotFound(_))
        )
        || offered::is_not_found(error);
    if not_found {
        return Some(Exit::NotFound);
    }
    if let Some(error) = error.downcast_ref::<StartError>() {
        return match error {
            StartError::NotMigrated(_) => Some(Exit::Database),
            StartError::Migrate(error) => of_one(error),
            StartError::Store(error) => of_one(error),
            StartError::Keys(_) | StartError::DataDir(..) | StartError::Seed(_) => None,
        };
    }
    if let Some(error) = error.downcast_ref::<MigrateError>() {
        return match error {
            MigrateError::Store(error) => of_one(error),
            _ => Some(Exit::Database),
        };
    }
    store_error(error).and_then(|error| is_about_the_database(error).then_some(Exit::Database))
}

/// The database's own error, also where a use case shows it as its own.
fn store_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return Some(error);
    }
    if let Some(ReplayError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(BackupError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(FindBookingError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(FindLeadError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ChangeConnectionError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ChangeApiError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(AddConnectionError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(CreateKeyError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(RevokeKeyError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(CreateTenantError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ResolveIncidentError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(SetSettingsError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    offered::store_error(error)
}

fn is_about_the_database(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::Unavailable(_)
            | StoreError::Busy
            | StoreError::Full
            | StoreError::ReadOnly
            | StoreError::TooOld { .. }
    )
}

/// Every cause on one line, without those that say what was said.
fn describe(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn hint(error: &anyhow::Error) -> Option<&'static str> {
    error
        .chain()
        .find_map(|error| match store_error_below(error)? {
            StoreError::Unavailable(_) => Some(
                "see whether the database runs and may be reached from here; \
             `--data-dir` and `--database-url` say which one it is",
            ),
            StoreError::Busy => Some("run the command again in a moment"),
            StoreError::Full => {
                Some("make room where the database lives, then run the command again")
            }
            StoreError::ReadOnly => Some("see who may write to the data directory"),
            StoreError::Bug(_) => {
                Some("`calbridge doctor`; if it finds nothing, report this with the log")
            }
            _ => None,
        })
}

fn store_error_below<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    match error.downcast_ref() {
        Some(StartError::Store(error) | StartError::Migrate(MigrateError::Store(error))) => {
            Some(error)
        }
        _ => store_error(error),
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use calbridge_core::ids::WebhookEventId;

    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_code() {
        let unavailable = || StoreError::Unavailable("gone".into());
        let cases: [(anyhow::Error, Exit); 7] = [
            (anyhow::anyhow!("anything"), Exit::Failed),
            (CliError::no("tenant", 7).into(), Exit::NotFound),
            (ConfigError::Refused("no".to_owned()).into(), Exit::Refused),
            (unavailable().into(), Exit::Database),
            (StartError::Store(unavailable()).into(), Exit::Database),
            (StartError::NotMigrated(2).into(), Exit::Database),
            (
                anyhow::Error::new(ReplayError::NotFound(WebhookEventId(7)))
                    .context("events replay"),
                Exit::NotFound,
            ),
        ];
        for (error, exit) in cases {
            assert_eq!(Exit::of(&error), exit, "{error:#}");
        }
    }

    #[test]
    fn a_cause_is_told_once() {
        let error = anyhow::anyhow!("no such file")
            .context("the file cannot be read: no such file")
            .context("signing");
        assert_eq!(
            describe(&error),
            "signing: the file cannot be read: no such file"
        );
    }

    #[test]
    fn a_closed_pipe_is_no_failure() {
        let closed = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_closed_pipe(
            &anyhow::Error::new(closed).context("printing")
        ));
    }
}
