//! What is to be booked: an event type, and the connection that offers it.

use std::sync::Arc;

use calbridge_core::{ids::ConnectionId, provider::Provider, scope::Scope};
use calbridge_providers::calcom_api::EventTypeRef;
use calbridge_store::{
    StoreError, event_type_hosts,
    event_type_hosts::EventTypeHost,
    event_types::{self, EventType, EventTypeFilter},
    page::PageRequest,
    sql::Tx,
};

use crate::{
    app::App,
    connections::{KnownConnection, Snapshot},
    startup::DEFAULT_CONNECTION,
};

/// An event type that can be asked for.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The connection that offers it.
    pub connection: Arc<KnownConnection>,
    /// The provider's id.
    pub external_id: String,
    /// What we know of it; `None` before the first sync.
    pub event_type: Option<EventType>,
    /// Who hosts it, where several do.
    pub hosts: Vec<EventTypeHost>,
}

impl Subject {
    /// The provider's number of the event type.
    pub fn number(&self) -> Option<i64> {
        self.external_id.parse().ok()
    }

    /// The event type in the provider's words.
    pub fn reference(&self) -> Option<EventTypeRef> {
        self.number().map(EventTypeRef::Id)
    }
}

/// Why there is nothing to ask for.
#[derive(Debug, thiserror::Error)]
pub enum SubjectError {
    /// The tenant has no such event type.
    #[error(
        "there is no event type `{0}`: `calbridge event-types list` shows those there are, `calbridge calcom sync-event-types` reads them anew"
    )]
    NotFound(String),
    /// Several have that id or slug.
    #[error("`{0}` names several event types: use one of our ids")]
    Ambiguous(String),
    /// It is switched off, or gone at the provider.
    #[error("event type `{0}` cannot be booked: it is inactive")]
    Inactive(String),
    /// None was named, and there is no default.
    #[error(
        "no event type is named, and there is no default one: set CALCOM_EVENT_TYPE_ID, or the connection's default event type"
    )]
    NoDefault,
    /// Its connection is switched off.
    #[error("the connection of event type `{0}` is switched off")]
    NoConnection(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The event type that an id names: ours, the provider's, or `owner/slug`; without one, the default.
pub async fn subject(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    any_id: Option<&str>,
) -> Result<Subject, SubjectError> {
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    match any_id {
        Some(any_id) => named(tx, scope, &snapshot, any_id).await,
        None => default(app, tx, scope, &snapshot).await,
    }
}

async fn named(
    tx: &mut Tx,
    scope: &Scope,
    snapshot: &Snapshot,
    any_id: &str,
) -> Result<Subject, SubjectError> {
    let mut found = event_types::find_by_any_id(tx, scope, any_id).await?;
    if found.len() > 1 {
        // Of several, the one that can be booked.
        found.retain(|event_type| event_type.active);
    }
    let event_type = match found.len() {
        0 => return Err(SubjectError::NotFound(any_id.to_owned())),
        1 => found.remove(0),
        _ => return Err(SubjectError::Ambiguous(any_id.to_owned())),
    };
    if !event_type.active || !event_type.is_offered {
        return Err(SubjectError::Inactive(any_id.to_owned()));
    }
    let connection = snapshot
        .find(scope.tenant_id(), event_type.connection_id)
        .ok_or_else(|| SubjectError::NoConnection(any_id.to_owned()))?;
    of_row(tx, scope, Arc::clone(connection), event_type).await
}

async fn of_row(
    tx: &mut Tx,
    scope: &Scope,
    connection: Arc<KnownConnection>,
    event_type: EventType,
) -> Result<Subject, SubjectError> {
    Ok(Subject {
        connection,
        external_id: event_type.external_id.clone(),
        hosts: event_type_hosts::list(tx, scope, &[event_type.id]).await?,
        event_type: Some(event_type),
    })
}

/// The default event type of a connection, by what the connection says, the settings, or because there is only one.
async fn default(
    app: &App,
    tx: &mut Tx,
    scope: &Scope,
    snapshot: &Snapshot,
) -> Result<Subject, SubjectError> {
    let tenant = scope.tenant_id();
    let of_tenant = || {
        snapshot
            .of_provider(Provider::CalCom)
            .iter()
            .filter(|known| known.connection.tenant_id == tenant)
    };
    for known in of_tenant() {
        if let Some(id) = default_id(app, known) {
            let known = Arc::clone(known);
            return of_connection(tx, scope, known, &id).await;
        }
    }
    let filter = EventTypeFilter {
        active: Some(true),
        ..EventTypeFilter::default()
    };
    let page = event_types::list(tx, scope, &filter, PageRequest::first(2)).await?;
    let mut rows = page.data.into_iter().filter(|row| row.is_offered);
    match (rows.next(), rows.next()) {
        (Some(only), None) => match snapshot.find(tenant, only.connection_id) {
            Some(known) => of_row(tx, scope, Arc::clone(known), only).await,
            None => Err(SubjectError::NoDefault),
        },
        _ => Err(SubjectError::NoDefault),
    }
}

/// What the settings say is for connection `default` of tenant 1, which they seed.
fn default_id(app: &App, known: &KnownConnection) -> Option<String> {
    let connection = &known.connection;
    let of_settings = || {
        let is_seeded = connection.name == DEFAULT_CONNECTION
            && connection.tenant_id == calbridge_core::ids::FIRST_TENANT;
        let id = app.config.calcom.event_type_id.filter(|_| is_seeded)?;
        Some(id.to_string())
    };
    connection
        .default_event_type_id
        .clone()
        .or_else(of_settings)
}

/// The provider may offer an event type that no sync has told us of yet.
async fn of_connection(
    tx: &mut Tx,
    scope: &Scope,
    known: Arc<KnownConnection>,
    external_id: &str,
) -> Result<Subject, SubjectError> {
    let row = find_offered(tx, scope, known.connection.id, external_id).await?;
    match row {
        Some(row) if !row.active => Err(SubjectError::Inactive(external_id.to_owned())),
        Some(row) => of_row(tx, scope, known, row).await,
        None => Ok(Subject {
            connection: known,
            external_id: external_id.to_owned(),
            event_type: None,
            hosts: Vec::new(),
        }),
    }
}

async fn find_offered(
    tx: &mut Tx,
    scope: &Scope,
    connection: ConnectionId,
    external_id: &str,
) -> Result<Option<EventType>, StoreError> {
    let found = event_types::find_by_any_id(tx, scope, external_id).await?;
    Ok(found
        .into_iter()
        .find(|row| row.connection_id == connection && row.external_id == external_id))
}
