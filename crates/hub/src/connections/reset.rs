//! Ask providers again at once, although they failed.

use calbridge_core::{ids::ConnectionId, provider::Provider, scope::Scope};
use calbridge_store::{StoreError, connections};

use crate::{app::App, upstream};

/// Close the circuit breakers of a tenant's Cal.com connections, or of one; those that there are.
pub async fn reset_circuits(
    app: &App,
    scope: &Scope,
    only: Option<ConnectionId>,
) -> Result<Vec<ConnectionId>, StoreError> {
    let mut tx = app.store.read().await?;
    let all = connections::list(&mut tx, scope).await?;
    tx.rollback().await?;
    let mut reset = Vec::new();
    for connection in all {
        let is_meant = only.is_none_or(|id| connection.id == id);
        if connection.provider == Provider::CalCom && is_meant {
            upstream::reset(app, scope, connection.id).await?;
            reset.push(connection.id);
        }
    }
    Ok(reset)
}
