//! Many at once: whatever the interleaving, time is taken once.

use futures::future::try_join_all;

use super::*;
use crate::{each_engine, sql::StoreError};

const MANY: i64 = 64;

each_engine! {
    async fn of_many_who_want_one_slot_one_gets_it(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        // Not quite the same times, some to hold and some to book.
        let all: Vec<_> = (0..MANY)
            .map(|n| match n % 3 {
                0 => place.hold(1, 60 + n % 7, 120),
                1 => place.booking(1, 60, 120 - n % 5),
                _ => place.booking(1, 70, 80),
            })
            .collect();
        let claimed = try_join_all(all.iter().map(|new| place.take(new))).await?;
        assert_eq!(claimed.iter().filter(|claimed| is_yes(claimed)).count(), 1);
        assert_eq!(place.live(now()).await?.len(), 1);
        Ok(())
    }

    async fn of_many_who_want_five_seats_five_get_one(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let seat = place.seat(1, 60, 120, 5);
        let alone = place.booking(1, 60, 120);
        place.taken(&seat).await?;
        let wishes = (0..MANY).map(|n| if n % 8 == 0 { &alone } else { &seat });
        let claimed = try_join_all(wishes.map(|new| place.take(new))).await?;
        assert_eq!(claimed.iter().filter(|claimed| is_yes(claimed)).count(), 4);
        let mut tx = store.read().await?;
        let seats: Vec<(i32,)> = tx.query("SELECT seat FROM claim_resources ORDER BY seat").all().await?;
        assert_eq!(seats, [(1,), (2,), (3,), (4,), (5,)]);
        Ok(())
    }

    async fn of_many_who_find_an_expired_hold_one_gets_its_time(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        place.taken(&place.hold(1, 60, 90)).await?;
        let new = place.booking(1, 60, 90);
        let claimed = try_join_all((0..16).map(|_| place.take_at(&new, later(20)))).await?;
        assert_eq!(claimed.iter().filter(|claimed| is_yes(claimed)).count(), 1);
        Ok(())
    }

    async fn an_owner_and_a_taker_do_not_both_get_an_expiring_hold(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        for round in 0..8 {
            let (from, until) = (60 + round * 60, 90 + round * 60);
            let hold = place.taken(&place.hold(1, from, until)).await?;
            // Their clocks differ: for one it has expired, for the other it has not.
            let become_one = async {
                let mut tx = store.write().await?;
                let became = become_booking(&mut tx, &place.scope, hold.id, &hold_owner(&place), later(14)).await?;
                tx.commit().await?;
                Ok::<_, BoxError>(became.is_some())
            };
            let take_it = async {
                let claimed = place.take_at(&place.booking(1, from, until), later(16)).await?;
                Ok::<_, BoxError>(is_yes(&claimed))
            };
            let (became, took) = futures::future::try_join(become_one, take_it).await?;
            assert!(became != took, "round {round}: {became} and {took}");
        }
        Ok(())
    }

    async fn bookings_that_change_places_do_not_wait_for_each_other(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let mut claims = Vec::new();
        for host in 1..=4 {
            claims.push(place.taken(&place.booking(host, 60, 90)).await?);
        }
        // Everybody wants to be where somebody else is, or somewhere that is free.
        let moves = (0_i64..32).map(|n| {
            let claim = &claims[usize::try_from(n % 4).unwrap_or_default()];
            let new = NewClaim {
                instead_of: Some(claim.id),
                resources: vec![
                    Resource::user(UserId(1 + (n + 1) % 4)),
                    Resource::user(UserId(1 + (n + 3) % 4)),
                ],
                ..place.booking(1, 60 + 30 * (n % 3), 90 + 30 * (n % 3))
            };
            let place = &place;
            async move {
                let mut tx = place.store.write().await?;
                let moved = move_to(&mut tx, &place.scope, &new, now()).await?;
                tx.commit().await?;
                Ok::<_, StoreError>(moved)
            }
        });
        try_join_all(moves).await?;
        let mut tx = store.read().await?;
        let (overlaps,): (i64,) = tx
            .query(
                "SELECT COUNT(*) FROM claim_resources a JOIN claim_resources b ON a.resource = b.resource
                     AND a.claim_id < b.claim_id AND a.chain <> b.chain
                     AND a.blocked_from < b.blocked_until AND b.blocked_from < a.blocked_until",
            )
            .one()
            .await?;
        assert_eq!(overlaps, 0);
        Ok(())
    }

    async fn those_who_do_not_wait_their_turn_are_stopped_by_the_database(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let raw = (0_i64..16).map(|n| {
            let place = &place;
            async move {
                let mut tx = place.store.write().await?;
                tx.query(
                    "INSERT INTO claims (id, tenant_id, connection_id, kind, starts_at, ends_at, blocked_from, blocked_until,
                         capacity, held_by, owner_key, created_at, updated_at)
                     VALUES ($1, $2, $3, 'booking', $4, $5, $4, $5, 1, 'sql', '', $4, $4)",
                )
                .bind(1_000 + n)
                .bind(place.scope.tenant_id())
                .bind(place.connection)
                .bind(later(60 + n))
                .bind(later(90 + n))
                .execute()
                .await?;
                tx.query(
                    "INSERT INTO claim_resources
                         (claim_id, tenant_id, resource, blocked_from, blocked_until, share, chain, seat, capacity)
                     VALUES ($1, $2, 'user:1', $3, $4, $5, $1, 1, 1)",
                )
                .bind(1_000 + n)
                .bind(place.scope.tenant_id())
                .bind(later(60 + n))
                .bind(later(90 + n))
                .bind(format!("raw:{n}"))
                .execute()
                .await?;
                tx.commit().await
            }
        });
        let ended = futures::future::join_all(raw).await;
        assert_eq!(ended.iter().filter(|ended| ended.is_ok()).count(), 1, "{ended:?}");
        Ok(())
    }
}

fn hold_owner(place: &Place) -> Owner {
    place.owner("desk")
}
