//! Look at connections, and which secrets each has. The secrets themselves stay where they are.

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::{
    StoreError,
    connections::{self, Connection, SecretKind},
    sql::Tx,
};
use jiff::Timestamp;

use crate::app::App;

/// A connection, and which secrets it has.
#[derive(Clone, Debug)]
pub struct ShownConnection {
    /// The connection.
    pub connection: Connection,
    /// Webhook secrets that count now; during a rotation two.
    pub webhook_secrets: usize,
    /// Whether there is an API key.
    pub has_api_key: bool,
}

/// The connections of a tenant.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<ShownConnection>, StoreError> {
    let mut tx = app.store.read().await?;
    let all = connections::list(&mut tx, scope).await?;
    let shown = with_secrets(&mut tx, all, app.clock.now()).await?;
    tx.rollback().await?;
    Ok(shown)
}

/// A connection of the tenant.
pub async fn find(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
) -> Result<Option<ShownConnection>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = connections::find(&mut tx, scope, id).await?;
    let mut shown = with_secrets(&mut tx, found.into_iter().collect(), app.clock.now()).await?;
    tx.rollback().await?;
    Ok(shown.pop())
}

async fn with_secrets(
    tx: &mut Tx,
    all: Vec<Connection>,
    now: Timestamp,
) -> Result<Vec<ShownConnection>, StoreError> {
    let webhook = connections::list_secrets(tx, &all, SecretKind::Webhook).await?;
    let keys = connections::list_secrets(tx, &all, SecretKind::ApiKey).await?;
    let count = |secrets: &[connections::ConnectionSecret], id: ConnectionId| {
        let of_it = secrets.iter().filter(|secret| secret.connection_id == id);
        of_it.filter(|secret| secret.is_valid(now)).count()
    };
    let shown = all.into_iter().map(|connection| ShownConnection {
        webhook_secrets: count(&webhook, connection.id),
        has_api_key: count(&keys, connection.id) > 0,
        connection,
    });
    Ok(shown.collect())
}
