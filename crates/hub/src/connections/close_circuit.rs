//! Somebody says that a provider is well again: it is asked at once, not when the pause is over.

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connections, provider_breakers,
};
use serde_json::json;

use crate::app::App;

/// Close the circuits of a tenant's connections, or of one of them; those that were not closed.
///
/// On PostgreSQL every node sees it with its next call. On SQLite breakers live in the memory of the process that asks:
/// it has to do this itself.
pub async fn close_circuits(
    app: &App,
    scope: &Scope,
    only: Option<ConnectionId>,
) -> Result<Vec<ConnectionId>, StoreError> {
    let now = app.clock.now();
    let mut closed = Vec::new();
    let mut known = Vec::new();
    let mut deeds = Vec::new();
    let mut tx = app.store.write().await?;
    let mut all = connections::list(&mut tx, scope).await?;
    all.retain(|connection| only.is_none_or(|only| only == connection.id));
    for connection in all {
        let id = connection.id;
        let mut breaker = provider_breakers::load_for_update(&mut tx, scope, id, now).await?;
        let before = breaker.state().as_str();
        breaker.reset(now);
        if before != breaker.state().as_str() {
            provider_breakers::save(&mut tx, scope, id, &breaker, now).await?;
            let deed = Deed::of(scope, "connection.close_circuit", "connection", id)
                .before(json!({ "circuit": before }));
            deeds.push(deed);
            closed.push(id);
        }
        known.push((id, breaker));
    }
    audit::append(&mut tx, deeds, now).await?;
    tx.commit().await?;
    app.upstream.guards.learn(known);
    Ok(closed)
}
