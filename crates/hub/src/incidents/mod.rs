//! Incidents: what an operator should look at, one of each kind and subject as long as it lasts.
//!
//! Whoever notices something raises it where it happens; what only the tables can tell, `look` raises and resolves once
//! for all nodes.

mod look;
mod raise;
mod resolve;
mod sync;

pub(crate) use self::sync::{FAILURES, note_sync, sync_keeps_failing};
pub use self::{
    look::look,
    raise::{Kind, Seen, raise},
    resolve::{ResolveIncidentError, resolve, settle},
};

use calbridge_core::scope::Scope;
use calbridge_store::{
    Page, PageRequest, StoreError,
    incidents::{self, Incident},
};

use crate::app::App;

/// Which incidents.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Those that last.
    Open,
    /// Those that are over too.
    All,
}

/// The incidents of a tenant: those that last oldest first and on one page, all of them newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    which: Which,
    page: PageRequest,
) -> Result<Page<Incident>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = match which {
        Which::All => incidents::list(&mut tx, scope, page).await?,
        Which::Open => Page {
            data: incidents::list_open(&mut tx, scope).await?,
            next_cursor: None,
        },
    };
    tx.rollback().await?;
    Ok(found)
}
