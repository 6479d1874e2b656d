//! What may stand beside what.

use rstest::rstest;

use super::*;
use crate::{
    each_engine,
    sql::StoreError,
    testing::{on_postgres, on_sqlite},
};

#[rstest]
#[case::the_same(60, 90, false)]
#[case::the_beginning(45, 75, false)]
#[case::the_end(75, 105, false)]
#[case::within(70, 80, false)]
#[case::around(30, 120, false)]
#[case::touching_before(30, 60, true)]
#[case::touching_after(90, 120, true)]
#[case::far(200, 230, true)]
#[tokio::test]
async fn what_overlaps_is_refused_and_what_touches_is_not(
    #[case] from: i64,
    #[case] until: i64,
    #[case] free: bool,
) {
    let test = async |store: Store| -> TestResult {
        let place = Place::new(&store).await?;
        let (held, booked) = (place.hold(1, 60, 90), place.booking(2, 60, 90));
        let (held, booked) = (place.taken(&held).await?, place.taken(&booked).await?);
        // Holds and bookings alike, against either.
        for (host, by) in [(1, &held), (2, &booked)] {
            for new in [
                place.hold(host, from, until),
                place.booking(host, from, until),
            ] {
                match place.take(&new).await? {
                    Claimed::Yes(claim) => {
                        assert!(free, "{from} to {until}");
                        place.free(claim.id).await?;
                    }
                    Claimed::Taken { by: found } => {
                        assert!(!free, "{from} to {until}");
                        assert_eq!(&found, by);
                    }
                }
            }
        }
        Ok(())
    };
    on_sqlite(test).await;
    on_postgres(test).await;
}

each_engine! {
    async fn buffers_are_kept_free_and_may_not_meet(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let minutes = SignedDuration::from_mins;
        let with_buffers = |mut new: NewClaim| {
            new.slot = new.slot.with_buffers(minutes(5), minutes(10)).expect("buffers");
            new
        };
        let claim = place.taken(&with_buffers(place.booking(1, 60, 90))).await?;
        assert_eq!((claim.starts_at, claim.ends_at), (later(60), later(90)));
        assert_eq!((claim.blocked_from, claim.blocked_until), (later(55), later(100)));
        // The buffer after the first and the one before the second.
        assert!(!is_yes(&place.take(&with_buffers(place.booking(1, 104, 120))).await?));
        assert!(is_yes(&place.take(&with_buffers(place.booking(1, 105, 120))).await?));
        assert!(!is_yes(&place.take(&place.booking(1, 99, 100)).await?));
        Ok(())
    }

    async fn several_hosts_are_taken_together_or_not_at_all(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let user = |id| Resource::user(UserId(id));
        place.taken(&place.booking(2, 60, 90)).await?;
        let both = NewClaim { resources: vec![user(3), user(2), user(3)], ..place.booking(1, 60, 90) };
        assert!(!is_yes(&place.take(&both).await?));
        let both = NewClaim { resources: vec![user(3), user(1), user(3)], ..both };
        let claim = place.taken(&both).await?;
        for host in [1, 3] {
            assert!(!is_yes(&place.take(&place.hold(host, 80, 100)).await?), "host {host}");
        }
        place.free(claim.id).await?;
        for host in [1, 3] {
            place.taken(&place.hold(host, 80, 100)).await?;
        }
        Ok(())
    }

    async fn another_tenant_is_in_nobodys_way(store: Store) -> TestResult {
        let (ours, theirs) = (Place::new(&store).await?, Place::new(&store).await?);
        let claim = ours.taken(&ours.booking(1, 60, 90)).await?;
        theirs.taken(&theirs.booking(1, 60, 90)).await?;
        // Nor does it see or free what is not its own.
        theirs.free(claim.id).await?;
        let mut tx = store.read().await?;
        assert_eq!(find(&mut tx, &theirs.scope, claim.id).await?, None);
        assert!(find(&mut tx, &ours.scope, claim.id).await?.is_some());
        Ok(())
    }

    async fn a_group_is_full_when_its_seats_are_taken(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let seat = place.seat(1, 60, 90, 3);
        let first = place.taken(&seat).await?;
        for _ in 0..2 {
            place.taken(&seat).await?;
        }
        assert!(!is_yes(&place.take(&seat).await?));
        // Another start, another event type, a meeting of its own: the host is busy.
        assert!(!is_yes(&place.take(&place.seat(1, 75, 105, 3)).await?));
        assert!(!is_yes(&place.take(&place.booking(1, 60, 90)).await?));
        let mut other = seat.clone();
        other.sharing = Sharing::Seats { event_type: "pilates".to_owned(), capacity: 3 };
        assert!(!is_yes(&place.take(&other).await?));
        // A seat that somebody gave back is free again.
        place.free(first.id).await?;
        place.taken(&seat).await?;
        assert!(!is_yes(&place.take(&seat).await?));
        // More seats were added, then fewer than are taken.
        place.taken(&place.seat(1, 60, 90, 4)).await?;
        assert!(!is_yes(&place.take(&place.seat(1, 60, 90, 2)).await?));
        Ok(())
    }

    async fn a_booking_may_move_over_its_own_time(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let old = place.taken(&place.booking(1, 60, 120)).await?;
        let new = NewClaim { instead_of: Some(old.id), ..place.booking(1, 90, 150) };
        // While the provider is asked, both are taken.
        let new = place.taken(&new).await?;
        assert!(!is_yes(&place.take(&place.hold(1, 60, 70)).await?));
        assert!(!is_yes(&place.take(&place.hold(1, 140, 150)).await?));
        // And once more, before that was settled.
        let newest = NewClaim { instead_of: Some(new.id), ..place.booking(1, 100, 160) };
        let newest = place.taken(&newest).await?;
        let mut tx = store.write().await?;
        let mut former: Vec<_> = free_former(&mut tx, &place.scope, newest.id, now()).await?.iter().map(|claim| claim.id).collect();
        tx.commit().await?;
        former.sort();
        assert_eq!(former, [old.id, new.id]);
        assert_eq!(place.live(now()).await?, [(100, 160)]);
        place.taken(&place.hold(1, 60, 100)).await?;
        Ok(())
    }

    async fn a_move_takes_the_new_time_and_gives_back_the_old_or_does_neither(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let claim = place.taken(&place.booking(1, 60, 120)).await?;
        place.taken(&place.hold(2, 60, 120)).await?;
        let to = |host, from, until| NewClaim { instead_of: Some(claim.id), ..place.booking(host, from, until) };
        let mut tx = store.write().await?;
        let refused = move_to(&mut tx, &place.scope, &to(2, 90, 150), now()).await?;
        tx.commit().await?;
        assert!(!is_yes(&refused));
        assert_eq!(place.live(now()).await?, [(60, 120), (60, 120)]);
        let mut tx = store.write().await?;
        let moved = move_to(&mut tx, &place.scope, &to(1, 90, 150), now()).await?;
        tx.commit().await?;
        assert!(is_yes(&moved));
        assert_eq!(place.live(now()).await?, [(60, 120), (90, 150)]);
        Ok(())
    }

    async fn somebody_alone_in_a_group_may_move_over_their_own_time(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let old = place.taken(&place.seat(1, 60, 120, 5)).await?;
        let new = NewClaim { instead_of: Some(old.id), ..place.seat(1, 90, 150, 5) };
        let new = place.taken(&new).await?;
        // Others may join neither: the other one is in their way.
        assert!(!is_yes(&place.take(&place.seat(1, 60, 120, 5)).await?));
        assert!(!is_yes(&place.take(&place.seat(1, 90, 150, 5)).await?));
        let mut tx = store.write().await?;
        free_former(&mut tx, &place.scope, new.id, now()).await?;
        tx.commit().await?;
        place.taken(&place.seat(1, 90, 150, 5)).await?;
        Ok(())
    }

    async fn what_nobody_checked_is_refused_by_the_database(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let claim = place.taken(&place.booking(1, 60, 90)).await?;
        // As somebody with a SQL tool would, or a release that forgot to look.
        let copies = [
            "INSERT INTO claim_resources SELECT claim_id + 1, tenant_id, resource, blocked_from, blocked_until,
                 'other', chain + 1, 1, 1 FROM claim_resources",
            "INSERT INTO claim_resources SELECT claim_id + 1, tenant_id, resource, blocked_from, blocked_until,
                 share, chain + 1, 1, 1 FROM claim_resources",
            "INSERT INTO claim_resources SELECT claim_id + 1, tenant_id, resource, blocked_from, blocked_until,
                 share, chain, 2, 1 FROM claim_resources",
        ];
        for copy in copies {
            let mut tx = store.write().await?;
            tx.query(
                "INSERT INTO claims (id, tenant_id, connection_id, kind, starts_at, ends_at, blocked_from, blocked_until,
                     capacity, held_by, owner_key, created_at, updated_at)
                 SELECT id + 1, tenant_id, connection_id, kind, starts_at, ends_at, blocked_from, blocked_until,
                     capacity, held_by, owner_key, created_at, updated_at FROM claims WHERE id = $1",
            )
            .bind(claim.id)
            .execute()
            .await?;
            let refused = tx.query(copy).execute().await;
            assert!(matches!(refused, Err(StoreError::Conflict | StoreError::Refused(_))), "{copy}: {refused:?}");
        }
        Ok(())
    }

    async fn what_two_bookings_claimed_is_one_bookings_when_they_join(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let (from, to) = (place.booking_row(10_000_000_001).await?, place.booking_row(10_000_000_000).await?);
        let claim = place.taken(&place.booking(1, 60, 90)).await?;
        let mut tx = store.write().await?;
        assert!(set_booking(&mut tx, &place.scope, claim.id, from, now()).await?);
        crate::bookings::join(&mut tx, &place.scope, from, to).await?;
        let claims = list_of_booking(&mut tx, &place.scope, to).await?;
        assert_eq!(claims.iter().map(|claim| claim.id).collect::<Vec<_>>(), [claim.id]);
        let freed = free_of_booking(&mut tx, &place.scope, to, now()).await?;
        assert_eq!(freed.len(), 1);
        tx.commit().await?;
        assert_eq!(place.live(now()).await?, []);
        Ok(())
    }

    async fn claims_of_the_past_are_forgotten(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        for host in 1..=3 {
            place.taken(&place.booking(host, host * 60, host * 60 + 30)).await?;
        }
        let mut tx = store.write().await?;
        assert_eq!(prune_past_in_all(&mut tx, later(150), 10).await?, 1);
        assert_eq!(prune_past_in_all(&mut tx, later(151), 10).await?, 1);
        tx.commit().await?;
        assert_eq!(place.live(now()).await?, [(180, 210)]);
        Ok(())
    }
}
