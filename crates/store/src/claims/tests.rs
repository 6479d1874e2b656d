//! Claims on both engines.

mod facts;
mod holds;
mod model;
mod races;
mod taking;

use calbridge_core::{
    claim::{Owner, Resource, Sharing, Slot},
    ids::{BookingId, ConnectionId, UserId},
    provider::Provider,
    scope::Scope,
};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::{
    Store,
    connections::{self, NewConnection, SignaturePolicy},
    sql::BoxError,
    tenants,
};

type TestResult = Result<(), BoxError>;

/// A tenant with a connection.
struct Place {
    store: Store,
    scope: Scope,
    connection: ConnectionId,
}

impl Place {
    async fn new(store: &Store) -> Result<Self, BoxError> {
        let mut tx = store.write().await?;
        let tenant = tenants::create(&mut tx, "Practice", now()).await?.id;
        let scope = Scope::system(tenant);
        let new = NewConnection {
            public_id: Uuid::now_v7(),
            provider: Provider::CalCom,
            name: "desk".to_owned(),
            hook_token: Uuid::now_v7().to_string(),
            signature_policy: SignaturePolicy::Required,
            wanted_events: None,
            creates_leads: true,
            calendly_user_uri: None,
            api: connections::ApiAccess::default(),
        };
        let connection = connections::create(&mut tx, &scope, new, now()).await?.id;
        tx.commit().await?;
        Ok(Self {
            store: store.clone(),
            scope,
            connection,
        })
    }

    /// A booking of its own, from and until minutes after ten.
    fn booking(&self, host: i64, from: i64, until: i64) -> NewClaim {
        NewClaim {
            connection_id: self.connection,
            resources: vec![Resource::user(UserId(host))],
            event_type_id: Some("intro".to_owned()),
            slot: slot(from, until),
            sharing: Sharing::Alone,
            owner: self.owner("desk"),
            terms: Terms::Booking,
            booking_id: None,
            instead_of: None,
        }
    }

    /// A hold of a quarter of an hour.
    fn hold(&self, host: i64, from: i64, until: i64) -> NewClaim {
        NewClaim {
            terms: Terms::Hold { until: later(15) },
            ..self.booking(host, from, until)
        }
    }

    /// A seat of a group.
    fn seat(&self, host: i64, from: i64, until: i64, capacity: u16) -> NewClaim {
        NewClaim {
            sharing: Sharing::Seats {
                event_type: "yoga".to_owned(),
                capacity,
            },
            ..self.booking(host, from, until)
        }
    }

    fn owner(&self, token: &str) -> Owner {
        Owner::new(&self.scope, token)
    }

    async fn take(&self, new: &NewClaim) -> Result<Claimed, BoxError> {
        self.take_at(new, now()).await
    }

    async fn take_at(&self, new: &NewClaim, now: Timestamp) -> Result<Claimed, BoxError> {
        let mut tx = self.store.write().await?;
        let claimed = take(&mut tx, &self.scope, new, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    /// Take what is free.
    async fn taken(&self, new: &NewClaim) -> Result<Claim, BoxError> {
        match self.take(new).await? {
            Claimed::Yes(claim) => Ok(claim),
            Claimed::Taken { by } => Err(format!("claim {} is in the way", by.id).into()),
        }
    }

    async fn free(&self, claim: ClaimId) -> TestResult {
        let mut tx = self.store.write().await?;
        free(&mut tx, &self.scope, claim, now()).await?;
        Ok(tx.commit().await?)
    }

    /// A row of `bookings`.
    async fn booking_row(&self, id: i64) -> Result<BookingId, BoxError> {
        let mut tx = self.store.write().await?;
        tx.query(
            "INSERT INTO bookings (id, public_id, tenant_id, connection_id, booking_provider, booking_type,
                 rescheduled_count, status, confirmation, is_group, paid, hosts, changed_at, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, 'cal.com', 'intro', 0, 'scheduled', 'confirmed', FALSE, FALSE, $5, $6, 1, $6, $6)",
        )
        .bind(id)
        .bind(Uuid::now_v7())
        .bind(self.scope.tenant_id())
        .bind(self.connection)
        .bind(serde_json::json!([]))
        .bind(now())
        .execute()
        .await?;
        tx.commit().await?;
        Ok(BookingId(id))
    }

    /// What counts at an instant, as minutes after ten.
    async fn live(&self, at: Timestamp) -> Result<Vec<(i64, i64)>, BoxError> {
        let window = Window {
            from: later(-600),
            until: later(600),
            connection_id: Some(self.connection),
            resources: Vec::new(),
        };
        let mut tx = self.store.read().await?;
        let blocked = list(&mut tx, &self.scope, &window, at).await?;
        Ok(blocked
            .iter()
            .map(|one| (minutes(one.claim.starts_at), minutes(one.claim.ends_at)))
            .collect())
    }
}

/// Ten o'clock.
fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_000 + 10)
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

fn minutes(at: Timestamp) -> i64 {
    at.duration_since(now()).as_mins()
}

fn slot(from: i64, until: i64) -> Slot {
    Slot::new(later(from), later(until)).expect("it ends after it starts")
}

fn is_yes(claimed: &Claimed) -> bool {
    matches!(claimed, Claimed::Yes(_))
}
