//! Holds on both engines.

use calbridge_core::{
    claim::{Owner, Resource, Sharing, Slot},
    ids::UserId,
    provider::Provider,
};
use jiff::SignedDuration;

use super::*;
use crate::{
    Store,
    claims::{self, Claimed, Fact, NewClaim, Terms},
    connections::{self, NewConnection, SignaturePolicy},
    each_engine,
    sql::BoxError,
    tenants,
};

type TestResult = Result<(), BoxError>;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(500_000)
}

fn later(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

struct Place {
    scope: Scope,
    connection: ConnectionId,
}

async fn place(store: &Store) -> Result<Place, BoxError> {
    let mut tx = store.write().await?;
    let scope = Scope::system(tenants::create(&mut tx, "Practice", now()).await?.id);
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
    Ok(Place { scope, connection })
}

/// A hold of ten minutes on the hour after this one.
async fn held(store: &Store, place: &Place) -> Result<Hold, BoxError> {
    let public_id = Uuid::now_v7();
    let new = NewClaim {
        connection_id: place.connection,
        resources: vec![Resource::user(UserId(1))],
        event_type_id: Some("7".to_owned()),
        slot: Slot::new(later(60), later(120))?,
        sharing: Sharing::Alone,
        owner: Owner::new(&place.scope, &public_id.to_string()),
        terms: Terms::Hold { until: later(10) },
        booking_id: None,
        instead_of: None,
    };
    let mut tx = store.write().await?;
    let Claimed::Yes(claim) = claims::take(&mut tx, &place.scope, &new, now()).await? else {
        return Err("somebody has the time".into());
    };
    let hold = record(&mut tx, &place.scope, public_id, &claim, now()).await?;
    tx.commit().await?;
    Ok(hold)
}

each_engine! {
    async fn a_hold_says_what_its_claim_says_and_ends_once(store: Store) -> TestResult {
        let place = place(&store).await?;
        let hold = held(&store, &place).await?;
        assert_eq!((hold.starts_at, hold.ends_at, hold.expires_at), (later(60), later(120), later(10)));
        assert!(hold.is_live(later(9)) && !hold.is_live(later(10)));
        let mut tx = store.write().await?;
        let found = find_for_update(&mut tx, &place.scope, hold.public_id).await?;
        assert_eq!(found.as_ref(), Some(&hold));
        let elsewhere = Scope::system(TenantId(place.scope.tenant_id().0 + 1));
        assert_eq!(find(&mut tx, &elsewhere, hold.public_id).await?, None);
        let used = end(&mut tx, &place.scope, hold.id, HoldState::Used, later(5)).await?;
        assert_eq!(used.map(|hold| (hold.state, hold.ended_at)), Some((HoldState::Used, Some(later(5)))));
        assert_eq!(end(&mut tx, &place.scope, hold.id, HoldState::Released, later(6)).await?, None);
        tx.commit().await?;
        Ok(())
    }

    async fn a_hold_that_gives_way_names_the_booking(store: Store) -> TestResult {
        let place = place(&store).await?;
        let hold = held(&store, &place).await?;
        let mut tx = store.write().await?;
        let booking = BookingId(10_000_000_000);
        tx.query(
            "INSERT INTO bookings (id, public_id, tenant_id, connection_id, booking_provider, booking_type,
                 rescheduled_count, status, confirmation, is_group, paid, hosts, changed_at, revision, created_at, updated_at)
             VALUES ($1, $2, $3, $4, 'cal.com', 'intro', 0, 'scheduled', 'confirmed', FALSE, FALSE, $5, $6, 1, $6, $6)",
        )
        .bind(booking)
        .bind(Uuid::now_v7())
        .bind(place.scope.tenant_id())
        .bind(place.connection)
        .bind(serde_json::json!([]))
        .bind(now())
        .execute()
        .await?;
        let fact = Fact {
            connection_id: place.connection,
            booking_id: booking,
            spared: Vec::new(),
            resources: vec![Resource::user(UserId(1))],
            slot: Slot::new(later(90), later(100))?,
            sharing: Sharing::Alone,
        };
        let displaced = claims::displace(&mut tx, &place.scope, &[fact], now()).await?;
        assert_eq!(displaced.holds.len(), 1);
        let hold = find(&mut tx, &place.scope, hold.public_id).await?;
        let hold = hold.ok_or("it is kept for its owner to see")?;
        assert_eq!((hold.state, hold.displaced_by), (HoldState::Displaced, Some(booking)));
        tx.commit().await?;
        Ok(())
    }

    async fn reservations_are_noted_while_the_hold_lasts(store: Store) -> TestResult {
        let place = place(&store).await?;
        let (hold, scope) = (held(&store, &place).await?, &place.scope);
        let mut tx = store.write().await?;
        assert!(set_reservation(&mut tx, scope, hold.id, Reservation::Kept, now()).await?);
        claims::set_reservation(&mut tx, scope, hold.claim_id, Some("theirs"), now()).await?;
        let kept = list_reserved_in_all(&mut tx, later(9), 10).await?;
        assert_eq!(kept.iter().map(|(hold, name)| (hold.id, name.as_str())).collect::<Vec<_>>(), [(hold.id, "theirs")]);
        assert_eq!(list_reserved_in_all(&mut tx, later(10), 10).await?, []);
        let released = end(&mut tx, scope, hold.id, HoldState::Released, now()).await?;
        assert_eq!(released.map(|hold| hold.reservation), Some(Reservation::Released));
        assert!(!set_reservation(&mut tx, scope, hold.id, Reservation::Lost, now()).await?);
        tx.commit().await?;
        Ok(())
    }

    async fn holds_of_the_past_are_forgotten(store: Store) -> TestResult {
        let place = place(&store).await?;
        let hold = held(&store, &place).await?;
        let mut tx = store.write().await?;
        assert_eq!(prune_past_in_all(&mut tx, later(10), 10).await?, 0);
        assert_eq!(prune_past_in_all(&mut tx, later(11), 10).await?, 1);
        assert_eq!(find(&mut tx, &place.scope, hold.public_id).await?, None);
        tx.commit().await?;
        Ok(())
    }
}
