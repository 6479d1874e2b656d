//! All SQL, for SQLite and PostgreSQL, and the migrations. The only crate that names sqlx.
//!
//! One module per table (or the few that belong together). Every function on a tenant's rows asks for a `Scope`;
//! those that cross tenants say so in their name.

pub mod activities;
pub mod api_keys;
pub mod attendees;
pub mod audit;
pub mod automatic_bookings;
pub mod booking_changes;
pub mod booking_references;
pub mod bookings;
pub mod branches;
pub mod busy;
pub mod claims;
mod conditions;
pub mod connection_secrets;
pub mod connections;
pub mod event_type_hosts;
pub mod event_types;
pub mod findings;
pub mod holds;
pub mod host_matches;
pub mod idempotency_keys;
pub mod ids;
pub mod incidents;
pub mod intents;
pub mod invalidations;
pub mod jobs;
pub mod leads;
pub mod ledger;
pub mod migrations;
pub mod nodes;
pub mod page;
pub mod provider_breakers;
pub mod provider_budgets;
pub mod quarantine;
pub mod registry;
pub mod schedules;
pub mod secrets;
pub mod sql;
pub mod stored_bookings;
pub mod symptoms;
pub mod sync_runs;
pub mod sync_status;
pub mod tenants;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod types;
pub mod users;
pub mod webhook_bodies;
pub mod webhook_events;

use std::sync::Arc;

pub use page::{Page, PageRequest};
pub use sql::StoreError;

use crate::{
    secrets::KeyRing,
    sql::{Db, Tx},
};

/// The database and the keys that open its secrets. Clones share both.
#[derive(Clone, Debug)]
pub struct Store {
    db: Db,
    keys: Arc<KeyRing>,
}

impl Store {
    /// Over an open database.
    pub fn new(db: Db, keys: KeyRing) -> Self {
        Self {
            db,
            keys: Arc::new(keys),
        }
    }

    /// Begins a transaction that only reads.
    pub async fn read(&self) -> Result<Tx, StoreError> {
        self.db.read().await
    }

    /// Begins a transaction that may write.
    pub async fn write(&self) -> Result<Tx, StoreError> {
        self.db.write().await
    }

    /// The database underneath.
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// The keys that open secrets.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }
}
