//! What a branch offers: event types, each with what differs there.

use calbridge_core::{
    money::{Currency, NotAnAmount},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    branches::{self, Branch, BranchEventType},
    event_types::{self, EventType},
    sql::Tx,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    edit::Edit,
    event_types::{Amount, FindEventTypeError, by_any_id},
};

/// An event type as a branch offers it.
#[derive(Clone, PartialEq, Debug)]
pub struct Offered {
    /// What differs there.
    pub offer: BranchEventType,
    /// The event type.
    pub event_type: EventType,
}

/// What is told about an offer. What is cleared is as the event type has it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfferEdit {
    /// Title.
    pub title: Edit<String>,
    /// Slug.
    pub slug: Edit<String>,
    /// Minutes.
    pub length: Edit<u32>,
    /// Price, of the currency that counts there afterwards.
    pub price: Edit<Amount>,
    /// Currency.
    pub currency: Edit<Currency>,
    /// Whether the branch offers it at present; `None` leaves it alone.
    pub is_active: Option<bool>,
}

/// Why an offer could not be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// The tenant has no such branch.
    #[error("there is no branch {0}")]
    NoBranch(String),
    /// The event type was not found.
    #[error(transparent)]
    EventType(#[from] FindEventTypeError),
    /// The branch does not offer it.
    #[error("the branch does not offer event type {0}")]
    NotOffered(String),
    /// The branch offers it already.
    #[error("the branch offers this event type already; change it with PATCH")]
    OfferedAlready,
    /// A length of nothing.
    #[error("a length is 1 minute or more")]
    NoLength,
    /// The price cannot be one.
    #[error(transparent)]
    BadPrice(#[from] NotAnAmount),
    /// The database did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for OfferError {
    fn from(error: StoreError) -> Self {
        match error {
            // Branch and event type are all that must be unique together.
            StoreError::Conflict => Self::OfferedAlready,
            other => Self::Store(other),
        }
    }
}

/// What a branch offers, oldest first.
pub async fn list_offers(
    app: &App,
    scope: &Scope,
    branch: &str,
) -> Result<Vec<Offered>, OfferError> {
    let mut tx = app.store.read().await?;
    let branch = find_branch(&mut tx, scope, branch).await?;
    let offers = branches::list_mappings(&mut tx, scope, branch.id).await?;
    let ids: Vec<_> = offers.iter().map(|offer| offer.event_type_id).collect();
    let event_types = event_types::find_many(&mut tx, scope, &ids).await?;
    tx.rollback().await?;
    Ok(offers
        .into_iter()
        .filter_map(|offer| {
            let event_type = event_types
                .iter()
                .find(|one| one.id == offer.event_type_id)?;
            Some(Offered {
                event_type: event_type.clone(),
                offer,
            })
        })
        .collect())
}

/// Let a branch offer an event type.
pub async fn map(
    app: &App,
    scope: &Scope,
    branch: &str,
    event_type: &str,
    told: OfferEdit,
) -> Result<Offered, OfferError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let branch = find_branch(&mut tx, scope, branch).await?;
    let event_type = by_any_id(&mut tx, scope, event_type).await?;
    let offer = BranchEventType {
        id: 0,
        tenant_id: scope.tenant_id(),
        branch_id: branch.id,
        event_type_id: event_type.id,
        title: None,
        slug: None,
        length: None,
        price: None,
        currency: None,
        is_active: true,
        created_at: now,
        updated_at: now,
    };
    let offer = apply(offer, &event_type, told)?;
    let offer = branches::map(&mut tx, &offer).await?;
    let deed = Deed::of(scope, "branch.map", "branch", branch.id).after(face(&offer));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(Offered { offer, event_type })
}

/// Change how a branch offers an event type.
pub async fn change_offer(
    app: &App,
    scope: &Scope,
    branch: &str,
    event_type: &str,
    told: OfferEdit,
) -> Result<Offered, OfferError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let found = find_offer(&mut tx, scope, branch, event_type).await?;
    let mut offer = apply(found.offer.clone(), &found.event_type, told)?;
    if offer != found.offer {
        offer.updated_at = now;
        branches::update_mapping(&mut tx, scope, &offer).await?;
        let deed = Deed::of(scope, "branch.change_offer", "branch", offer.branch_id)
            .before(face(&found.offer))
            .after(face(&offer));
        audit::append(&mut tx, vec![deed], now).await?;
        tx.commit().await?;
    }
    Ok(Offered {
        offer,
        event_type: found.event_type,
    })
}

/// Let a branch offer an event type no more.
pub async fn unmap(
    app: &App,
    scope: &Scope,
    branch: &str,
    event_type: &str,
) -> Result<(), OfferError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let Offered { offer, .. } = find_offer(&mut tx, scope, branch, event_type).await?;
    branches::unmap(&mut tx, scope, offer.branch_id, offer.event_type_id).await?;
    let deed = Deed::of(scope, "branch.unmap", "branch", offer.branch_id).before(face(&offer));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    Ok(())
}

async fn find_branch(tx: &mut Tx, scope: &Scope, any_id: &str) -> Result<Branch, OfferError> {
    branches::find(tx, scope, any_id)
        .await?
        .ok_or_else(|| OfferError::NoBranch(any_id.to_owned()))
}

async fn find_offer(
    tx: &mut Tx,
    scope: &Scope,
    branch: &str,
    any_id: &str,
) -> Result<Offered, OfferError> {
    let branch = find_branch(tx, scope, branch).await?;
    let event_type = by_any_id(tx, scope, any_id).await?;
    let offer = branches::find_mapping(tx, scope, branch.id, event_type.id)
        .await?
        .ok_or_else(|| OfferError::NotOffered(any_id.to_owned()))?;
    Ok(Offered { offer, event_type })
}

fn apply(
    mut offer: BranchEventType,
    event_type: &EventType,
    told: OfferEdit,
) -> Result<BranchEventType, OfferError> {
    if told.length == Edit::Set(0) {
        return Err(OfferError::NoLength);
    }
    told.title.apply(&mut offer.title);
    told.slug.apply(&mut offer.slug);
    told.length.apply(&mut offer.length);
    let currency = told.currency.map(|code| code.as_str().to_owned());
    currency.apply(&mut offer.currency);
    let code = offer.currency.as_ref().or(event_type.currency.as_ref());
    let price = told
        .price
        .try_map(|price| price.minor_units(code.map(String::as_str)))?;
    price.apply(&mut offer.price);
    offer.is_active = told.is_active.unwrap_or(offer.is_active);
    Ok(offer)
}

fn face(offer: &BranchEventType) -> Value {
    json!({
        "event_type_id": offer.event_type_id,
        "title": offer.title,
        "slug": offer.slug,
        "length": offer.length,
        "price": offer.price,
        "currency": offer.currency,
        "is_active": offer.is_active,
    })
}
