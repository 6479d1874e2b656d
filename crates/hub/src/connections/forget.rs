//! Forget what providers said, so that they are asked again.

use calbridge_core::{provider::Provider, scope::Scope};
use calbridge_store::{
    StoreError, connections,
    invalidations::{self, Affected, InvalidationKind},
};

use crate::app::App;

/// Make every node forget what the providers of a tenant's connections said; of these providers, or of all when none is
/// named. How many connections it is about.
pub async fn forget_answers(
    app: &App,
    scope: &Scope,
    of: &[Provider],
) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut all = connections::list(&mut tx, scope).await?;
    all.retain(|connection| of.is_empty() || of.contains(&connection.provider));
    for connection in &all {
        for kind in [
            InvalidationKind::Slots,
            InvalidationKind::EventTypes,
            InvalidationKind::Account,
        ] {
            let affected = Affected::everything(scope, connection.id, kind);
            invalidations::announce(&mut tx, affected, now);
        }
    }
    tx.commit().await?;
    Ok(all.len())
}
