//! How the provider's API is reached: the key, the server, and how much may be asked.

use calbridge_core::{ids::ConnectionId, provider::Provider, scope::Scope};
use calbridge_providers::calcom_api::{BaseUrl, BaseUrlError};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connections::{self, Connection, SecretKind},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::{agreement, app::App, edit::Edit};

/// What to change.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ApiEdit {
    /// Base URL of the API; empty: that of the settings.
    pub api_url: Edit<String>,
    /// The provider's id of the event type for bookings that name none.
    pub default_event_type_id: Edit<String>,
    /// The provider's organization that it works in.
    pub organization_id: Edit<i64>,
    /// The provider's team that it works in.
    pub team_id: Edit<i64>,
    /// That team's slug.
    pub team_slug: Edit<String>,
    /// Requests to the provider in a minute; empty: those of the settings.
    pub requests_per_minute: Edit<i32>,
    /// Requests to the provider at once; empty: those of the settings.
    pub requests_at_once: Edit<i32>,
}

/// Why the way to the provider could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeApiError {
    /// The tenant has no such connection.
    #[error("there is no connection {0}")]
    NotFound(ConnectionId),
    /// The key is empty.
    #[error("the API key is empty")]
    EmptyKey,
    /// The base URL cannot be used.
    #[error("the base URL: {0}")]
    BadUrl(#[from] BaseUrlError),
    /// A number of requests that lets nothing pass.
    #[error("{0} must be greater than 0")]
    NotPositive(&'static str),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Set a new API key; the old one is not used any more. Whose account it is shows the next answer. It may show what the old
/// one did not, so all history is read.
pub async fn set_api_key(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    key: &SecretString,
) -> Result<Connection, ChangeApiError> {
    if key.expose_secret().trim().is_empty() {
        return Err(ChangeApiError::EmptyKey);
    }
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut connection = connections::find(&mut tx, scope, id)
        .await?
        .ok_or(ChangeApiError::NotFound(id))?;
    connections::set_secret(
        &mut tx,
        app.store.keys(),
        &connection,
        SecretKind::ApiKey,
        key,
        now,
        now,
    )
    .await?;
    forget_account(&mut connection);
    let connection = connections::update(&mut tx, scope, &connection, now)
        .await?
        .ok_or(ChangeApiError::NotFound(id))?;
    let deed = Deed::of(scope, "connection.set_api_key", "connection", id);
    audit::append(&mut tx, vec![deed], now).await?;
    if app.config.sync.history && connection.disabled_at.is_none() {
        agreement::begin_history(&mut tx, scope, &connection, now).await?;
    }
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(connection)
}

/// Change how the provider is reached.
pub async fn change_api(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    edit: ApiEdit,
) -> Result<Connection, ChangeApiError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let before = connections::find(&mut tx, scope, id)
        .await?
        .ok_or(ChangeApiError::NotFound(id))?;
    let mut after = before.clone();
    apply(&mut after, edit)?;
    if after.api_url != before.api_url {
        // Another server: what was found out about the last one means nothing.
        after.api_profile = None;
        forget_account(&mut after);
    }
    let after = connections::update(&mut tx, scope, &after, now)
        .await?
        .ok_or(ChangeApiError::NotFound(id))?;
    let deed = Deed::of(scope, "connection.change_api", "connection", id)
        .before(face(&before))
        .after(face(&after));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(after)
}

fn apply(connection: &mut Connection, edit: ApiEdit) -> Result<(), ChangeApiError> {
    for (name, number) in [
        ("requests_per_minute", &edit.requests_per_minute),
        ("requests_at_once", &edit.requests_at_once),
    ] {
        if number.value().is_some_and(|number| *number <= 0) {
            return Err(ChangeApiError::NotPositive(name));
        }
    }
    let api_url = match edit.api_url {
        Edit::Set(url) if connection.provider == Provider::CalCom => {
            Edit::Set(BaseUrl::parse(&url)?.0.as_str().to_owned())
        }
        other => other,
    };
    set(&mut connection.api_url, api_url);
    set(
        &mut connection.default_event_type_id,
        edit.default_event_type_id,
    );
    set(&mut connection.organization_id, edit.organization_id);
    set(&mut connection.team_id, edit.team_id);
    set(&mut connection.team_slug, edit.team_slug);
    set(
        &mut connection.requests_per_minute,
        edit.requests_per_minute,
    );
    set(&mut connection.requests_at_once, edit.requests_at_once);
    Ok(())
}

fn set<T>(field: &mut Option<T>, edit: Edit<T>) {
    match edit {
        Edit::Keep => {}
        Edit::Clear => *field = None,
        Edit::Set(value) => *field = Some(value),
    }
}

fn forget_account(connection: &mut Connection) {
    connection.account_id = None;
    connection.account_name = None;
    connection.account_time_zone = None;
}

/// For the audit log.
fn face(connection: &Connection) -> Value {
    json!({
        "api_url": connection.api_url,
        "default_event_type_id": connection.default_event_type_id,
        "organization_id": connection.organization_id,
        "team_id": connection.team_id,
        "team_slug": connection.team_slug,
        "requests_per_minute": connection.requests_per_minute,
        "requests_at_once": connection.requests_at_once,
    })
}
