//! A connection that cannot be read, again and again.

use calbridge_core::scope::Scope;
use calbridge_store::{
    StoreError,
    sql::Tx,
    sync_runs::{self, RunState, SyncRun},
};
use jiff::Timestamp;

use super::{Kind, Seen, raise, raise::raise_in, resolve::settle_in};
use crate::app::App;

/// So many failures in a row are no accident.
pub(crate) const FAILURES: usize = 3;

/// A run ended: the last of several failures raises an incident, a success ends it.
pub(crate) async fn note_sync(
    tx: &mut Tx,
    scope: &Scope,
    run: &SyncRun,
    now: Timestamp,
) -> Result<(), StoreError> {
    match run.state {
        RunState::Done => {
            let kind = Kind::SyncFailed.as_str();
            settle_in(tx, scope, kind, &subject(run), now).await
        }
        RunState::Failed => {
            let most = i64::try_from(FAILURES).unwrap_or(i64::MAX);
            let (connection, kind) = (run.connection_id, run.kind);
            let failed =
                sync_runs::count_failures_in_a_row(tx, scope, connection, kind, most).await?;
            if failed >= FAILURES {
                let why = run.error.as_deref().unwrap_or_default();
                raise_in(tx, scope, seen(run, why), now).await?;
            }
            Ok(())
        }
        RunState::Waiting | RunState::Running => Ok(()),
    }
}

/// A run stopped again where it was; it will be tried on.
pub(crate) async fn sync_keeps_failing(
    app: &App,
    scope: &Scope,
    run: &SyncRun,
    why: &str,
) -> Result<(), StoreError> {
    raise(app, scope, seen(run, why)).await?;
    Ok(())
}

fn seen(run: &SyncRun, why: &str) -> Seen {
    let what = run.kind.as_str().replace('_', " ");
    Seen {
        kind: Kind::SyncFailed,
        connection_id: Some(run.connection_id),
        subject: subject(run),
        detail: format!(
            "the {what} of connection {} could not be read several times in a row: {why}",
            run.connection_id
        ),
    }
}

/// Event types and bookings fail each by itself.
fn subject(run: &SyncRun) -> String {
    format!("{}:{}", run.kind.as_str(), run.connection_id)
}
