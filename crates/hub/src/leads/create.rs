//! Create a lead, or find that the person is known.

use calbridge_core::{
    fingerprint, ids::LeadId, person::EmailAddress, scope::Scope, synthetic_address::is_synthetic,
};
use calbridge_store::{
    StoreError, ids,
    leads::{self, Lead, LeadKeys},
    sql::Tx,
};
use jiff::Timestamp;

use super::edit::{LeadEdit, Statuses, UnknownStatus, note};
use crate::app::App;

/// Somebody to follow.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewLead {
    /// E-mail address; identifies the person.
    pub email: Option<EmailAddress>,
    /// Everything else. Without an e-mail address the phone number identifies the person.
    pub told: LeadEdit,
}

/// What came of it.
#[derive(Clone, PartialEq, Debug)]
pub enum Created {
    /// A new lead.
    New(Lead),
    /// The person is known; the lead was brought up to date.
    Known(Lead),
}

/// Why a lead could not be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateLeadError {
    /// Neither an address nor a number.
    #[error("a lead needs an e-mail address or a phone number")]
    Nobody,
    /// The tenant's leads have no such status.
    #[error(transparent)]
    UnknownStatus(#[from] UnknownStatus),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Create a lead. A person with the same address, or without one with the same number, is the same lead.
pub async fn create(app: &App, scope: &Scope, new: NewLead) -> Result<Created, CreateLeadError> {
    match try_create(app, scope, new.clone()).await {
        // Somebody else created the person meanwhile, in a way that our lock does not see.
        Err(CreateLeadError::Store(StoreError::Conflict)) => try_create(app, scope, new).await,
        other => other,
    }
}

async fn try_create(app: &App, scope: &Scope, new: NewLead) -> Result<Created, CreateLeadError> {
    let now = app.clock.now();
    let NewLead { email, told } = new;
    // Somebody sends back what only a provider was given.
    let email = email.filter(|email| !is_synthetic(email.as_str()));
    let tenant = scope.tenant_id().to_string();
    let (keys, lock) = match (&email, told.phone.value()) {
        (Some(email), _) => {
            let keys = LeadKeys {
                emails: vec![email.as_str().to_owned()],
                ..LeadKeys::default()
            };
            let parts = ["lead-email", &tenant, email.as_str()];
            (keys, fingerprint::lock_key(parts))
        }
        (None, Some(phone)) => {
            let keys = LeadKeys {
                phones: vec![phone.as_str().to_owned()],
                ..LeadKeys::default()
            };
            let parts = ["lead-phone", &tenant, phone.as_str()];
            (keys, fingerprint::lock_key(parts))
        }
        (None, None) => return Err(CreateLeadError::Nobody),
    };
    let mut tx = app.store.write().await?;
    let statuses = Statuses::load(&mut tx, scope).await?;
    statuses.check(told.status.as_ref())?;
    tx.lock_keys(&[lock]).await?;
    let known = leads::find_many_for_update(&mut tx, scope, &keys)
        .await?
        .pop();
    let outcome = match known {
        Some(before) => Created::Known(update(&mut tx, scope, &statuses, before, told, now).await?),
        None => Created::New(insert(&mut tx, scope, &statuses, email, told, now).await?),
    };
    tx.commit().await?;
    Ok(outcome)
}

async fn insert(
    tx: &mut Tx,
    scope: &Scope,
    statuses: &Statuses,
    email: Option<EmailAddress>,
    told: LeadEdit,
    now: Timestamp,
) -> Result<Lead, StoreError> {
    let id = ids::reserve(tx, "leads", 1)
        .await?
        .pop()
        .unwrap_or_default();
    let email = email.map(|email| email.as_str().to_owned());
    let mut lead = Lead {
        email: email.clone(),
        email_key: email,
        ..Lead::new(scope.tenant_id(), LeadId(id), now)
    };
    told.apply(&mut lead, now);
    leads::insert(tx, std::slice::from_ref(&lead)).await?;
    note(tx, scope, statuses, None, &lead, now).await?;
    Ok(lead)
}

/// Write what is told about a known lead; nothing is written when it says nothing new.
pub(super) async fn update(
    tx: &mut Tx,
    scope: &Scope,
    statuses: &Statuses,
    before: Lead,
    told: LeadEdit,
    now: Timestamp,
) -> Result<Lead, StoreError> {
    let mut after = before.clone();
    told.apply(&mut after, now);
    if after != before {
        after.updated_at = now;
        leads::update(tx, &[(before.clone(), after.clone())]).await?;
        note(tx, scope, statuses, Some(&before), &after, now).await?;
    }
    Ok(after)
}
