//! Find and list event types.

use calbridge_core::{ids::TenantId, provider::Provider, scope::Scope};
use calbridge_store::{
    Page, PageRequest, StoreError, event_type_hosts,
    event_types::{self, EventType, EventTypeFilter},
    sql::Tx,
};

use super::Hosted;
use crate::{
    app::App,
    keys::{self, AuthenticateError},
};

/// Why an event type was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindEventTypeError {
    /// The tenant has no such event type.
    #[error(
        "there is no event type {0}; `POST /api/v1/event-types/sync` reads them from the provider"
    )]
    NotFound(String),
    /// The id names several.
    #[error("{0} names more than one event type: use `id` or `public_id`")]
    Ambiguous(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The event type with this id: ours, the provider's, or `owner/slug`.
pub async fn find(app: &App, scope: &Scope, any_id: &str) -> Result<Hosted, FindEventTypeError> {
    let mut tx = app.store.read().await?;
    let event_type = by_any_id(&mut tx, scope, any_id).await?;
    let hosts = event_type_hosts::list(&mut tx, scope, &[event_type.id]).await?;
    tx.rollback().await?;
    Ok(Hosted { event_type, hosts })
}

/// Event types of the tenant, newest first.
pub async fn list(
    app: &App,
    scope: &Scope,
    filter: &EventTypeFilter,
    page: PageRequest,
) -> Result<Page<Hosted>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = event_types::list(&mut tx, scope, filter, page).await?;
    let ids: Vec<_> = found.data.iter().map(|one| one.id).collect();
    let hosts = event_type_hosts::list(&mut tx, scope, &ids).await?;
    tx.rollback().await?;
    let of = |event_type: EventType| Hosted {
        hosts: hosts
            .iter()
            .filter(|host| host.event_type_id == event_type.id)
            .cloned()
            .collect(),
        event_type,
    };
    Ok(Page {
        data: found.data.into_iter().map(of).collect(),
        next_cursor: found.next_cursor,
    })
}

/// What anybody may see: those of Cal.com that can be booked and are not hidden. Without a tenant named there must be only
/// one.
pub async fn list_public(
    app: &App,
    tenant: Option<TenantId>,
) -> Result<Vec<EventType>, AuthenticateError> {
    let scope = keys::visitor(app, tenant).await?;
    let filter = EventTypeFilter {
        active: Some(true),
        hidden: Some(false),
        provider: Some(Provider::CalCom),
        ..EventTypeFilter::default()
    };
    Ok(list_whole(app, &scope, &filter).await?)
}

/// Every event type that fits, in the order in which they were made.
pub async fn list_whole(
    app: &App,
    scope: &Scope,
    filter: &EventTypeFilter,
) -> Result<Vec<EventType>, StoreError> {
    let mut tx = app.store.read().await?;
    let mut page = PageRequest::first(PageRequest::MOST);
    let mut all = Vec::new();
    loop {
        let found = event_types::list(&mut tx, scope, filter, page).await?;
        all.extend(found.data);
        match found.next_cursor {
            Some(below) => page.below = Some(below),
            None => break,
        }
    }
    tx.rollback().await?;
    all.reverse();
    Ok(all)
}

/// The one event type that an id names. An id of ours or the provider's counts before a slug that looks like it.
pub(crate) async fn by_any_id(
    tx: &mut Tx,
    scope: &Scope,
    any_id: &str,
) -> Result<EventType, FindEventTypeError> {
    let mut found = event_types::find_by_any_id(tx, scope, any_id).await?;
    let by_id = |one: &EventType| {
        one.external_id == any_id
            || one.id.to_string() == any_id
            || any_id.parse() == Ok(one.public_id)
    };
    if found.iter().any(by_id) {
        found.retain(by_id);
    }
    match (found.pop(), found.is_empty()) {
        (Some(one), true) => Ok(one),
        (Some(_), false) => Err(FindEventTypeError::Ambiguous(any_id.to_owned())),
        (None, _) => Err(FindEventTypeError::NotFound(any_id.to_owned())),
    }
}
