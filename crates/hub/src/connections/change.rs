//! Change a connection.

use calbridge_core::{change::Canonical, ids::ConnectionId, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connections::{self, Connection, SecretKind, SignaturePolicy},
    sql::Json,
};
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::{app::App, inbox};

/// Why a connection could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeConnectionError {
    /// The tenant has no such connection.
    #[error("there is no connection {0}")]
    NotFound(ConnectionId),
    /// A secret that is empty.
    #[error("the webhook secret is empty")]
    EmptySecret,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Set a new webhook secret. The old one goes on counting for `overlap`, while the provider still signs with it.
pub async fn rotate_secret(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    secret: &SecretString,
    overlap: SignedDuration,
) -> Result<Connection, ChangeConnectionError> {
    if secret.expose_secret().is_empty() {
        return Err(ChangeConnectionError::EmptySecret);
    }
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut connection = connections::find(&mut tx, scope, id)
        .await?
        .ok_or(ChangeConnectionError::NotFound(id))?;
    let until = now.checked_add(overlap).unwrap_or(now);
    connections::set_secret(
        &mut tx,
        app.store.keys(),
        &connection,
        SecretKind::Webhook,
        secret,
        until,
        now,
    )
    .await?;
    // From now on there is something to verify.
    connection.signature_policy = SignaturePolicy::Required;
    connections::update(&mut tx, scope, &connection, now).await?;
    let deed = Deed::of(scope, "connection.rotate_secret", "connection", id)
        .after(json!({ "old_secret_until": until }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    inbox::take_in_quarantined(app, &connection).await?;
    Ok(connection)
}

/// Choose the events that are applied; `None` means all. The others are stored as `ignored: filtered`.
pub async fn set_wanted_events(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    wanted: Option<Vec<Canonical>>,
) -> Result<Connection, ChangeConnectionError> {
    change(
        app,
        scope,
        id,
        "connection.set_wanted_events",
        |connection| {
            connection.wanted_events = wanted.map(Json);
        },
    )
    .await
}

/// Take no more deliveries from a connection.
pub async fn disable(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
) -> Result<Connection, ChangeConnectionError> {
    let now = app.clock.now();
    change(app, scope, id, "connection.disable", |connection| {
        connection.disabled_at.get_or_insert(now);
    })
    .await
}

/// Take deliveries again.
pub async fn enable(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
) -> Result<Connection, ChangeConnectionError> {
    change(app, scope, id, "connection.enable", |connection| {
        connection.disabled_at = None;
    })
    .await
}

async fn change(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    action: &'static str,
    edit: impl FnOnce(&mut Connection),
) -> Result<Connection, ChangeConnectionError> {
    let now = app.clock.now();
    let face = |connection: &Connection| {
        json!({
            "wanted_events": connection.wanted_events.as_ref().map(|Json(wanted)| wanted),
            "disabled_at": connection.disabled_at,
        })
    };
    let mut tx = app.store.write().await?;
    let before = connections::find(&mut tx, scope, id)
        .await?
        .ok_or(ChangeConnectionError::NotFound(id))?;
    let mut after = before.clone();
    edit(&mut after);
    let after = connections::update(&mut tx, scope, &after, now)
        .await?
        .ok_or(ChangeConnectionError::NotFound(id))?;
    let deed = Deed::of(scope, action, "connection", id)
        .before(face(&before))
        .after(face(&after));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(after)
}
