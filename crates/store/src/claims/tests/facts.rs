//! What a provider says is never refused.

use super::*;
use crate::{PageRequest, each_engine};

fn fact(place: &Place, booking_id: BookingId, host: i64, from: i64, until: i64) -> Fact {
    Fact {
        connection_id: place.connection,
        booking_id,
        spared: Vec::new(),
        resources: vec![Resource::user(UserId(host))],
        slot: slot(from, until),
        sharing: Sharing::Alone,
    }
}

async fn hear(place: &Place, facts: &[Fact]) -> Result<Displaced, BoxError> {
    let mut tx = place.store.write().await?;
    let displaced = displace(&mut tx, &place.scope, facts, now()).await?;
    tx.commit().await?;
    Ok(displaced)
}

each_engine! {
    async fn a_hold_gives_way_to_a_fact(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let told = place.booking_row(10_000_000_000).await?;
        let hold = place.taken(&place.hold(1, 60, 90)).await?;
        place.taken(&place.hold(1, 90, 120)).await?;
        place.taken(&place.hold(2, 60, 90)).await?;
        let displaced = hear(&place, &[fact(&place, told, 1, 30, 90)]).await?;
        assert_eq!(displaced.holds, [hold]);
        assert_eq!(displaced.conflicts, []);
        assert_eq!(place.live(now()).await?, [(60, 90), (90, 120)]);
        Ok(())
    }

    async fn what_is_not_known_to_be_booked_is_left_to_its_answer(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let told = place.booking_row(10_000_000_000).await?;
        place.taken(&place.booking(1, 60, 90)).await?;
        assert_eq!(hear(&place, &[fact(&place, told, 1, 75, 105)]).await?, Displaced::default());
        assert_eq!(place.live(now()).await?, [(60, 90)]);
        Ok(())
    }

    async fn a_fact_over_a_booking_of_ours_is_recorded_once_for_a_person(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let (told, ours) = (place.booking_row(10_000_000_000).await?, place.booking_row(10_000_000_001).await?);
        let claim = place.taken(&NewClaim { booking_id: Some(ours), ..place.booking(1, 60, 90) }).await?;
        for _ in 0..2 {
            let displaced = hear(&place, &[fact(&place, told, 1, 75, 105)]).await?;
            assert_eq!(displaced.conflicts, std::slice::from_ref(&claim));
        }
        let mut tx = store.write().await?;
        let open = list_conflicts(&mut tx, &place.scope, PageRequest::first(10)).await?.data;
        assert_eq!(open.len(), 1);
        let conflict = &open[0];
        assert_eq!((conflict.booking_id, conflict.other_booking_id), (told, Some(ours)));
        assert_eq!((conflict.starts_at, conflict.ends_at), (later(75), later(90)));
        let elsewhere = Scope::system(TenantId(place.scope.tenant_id().0 + 1));
        assert!(!resolve_conflict(&mut tx, &elsewhere, conflict.id, now()).await?);
        assert!(resolve_conflict(&mut tx, &place.scope, conflict.id, now()).await?);
        assert!(!resolve_conflict(&mut tx, &place.scope, conflict.id, now()).await?);
        assert_eq!(list_conflicts(&mut tx, &place.scope, PageRequest::first(10)).await?.data, []);
        tx.commit().await?;
        // It is still ours.
        assert_eq!(place.live(now()).await?, [(60, 90)]);
        Ok(())
    }

    async fn a_fact_about_a_booking_of_ours_is_no_conflict_with_it(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let (known, heard_first) = (place.booking_row(10_000_000_000).await?, place.booking_row(10_000_000_001).await?);
        let claim = NewClaim { booking_id: Some(known), ..place.booking(1, 60, 90) };
        place.taken(&claim).await?;
        // The webhook may come before the answer: then the key of the intent leads to the claim.
        let in_flight = place.taken(&place.booking(2, 60, 90)).await?;
        let by_key = Fact { spared: vec![in_flight.id], ..fact(&place, heard_first, 2, 60, 90) };
        let displaced = hear(&place, &[fact(&place, known, 1, 75, 105), by_key]).await?;
        assert_eq!(displaced, Displaced::default());
        Ok(())
    }

    async fn a_fact_that_only_reaches_into_a_buffer_is_no_conflict(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let told = place.booking_row(10_000_000_000).await?;
        let mut new = place.booking(1, 60, 90);
        new.slot = new.slot.with_buffers(SignedDuration::from_mins(15), SignedDuration::ZERO)?;
        place.taken(&new).await?;
        assert_eq!(hear(&place, &[fact(&place, told, 1, 30, 60)]).await?, Displaced::default());
        Ok(())
    }

    async fn those_who_come_to_the_same_group_are_no_conflict(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let (told, ours) = (place.booking_row(10_000_000_000).await?, place.booking_row(10_000_000_001).await?);
        let seat = NewClaim { booking_id: Some(ours), ..place.seat(1, 60, 90, 2) };
        place.taken(&seat).await?;
        let same = Fact { sharing: seat.sharing.clone(), ..fact(&place, told, 1, 60, 90) };
        assert_eq!(hear(&place, std::slice::from_ref(&same)).await?, Displaced::default());
        let other = Fact { slot: slot(75, 105), ..same };
        assert_eq!(hear(&place, &[other]).await?.conflicts.len(), 1);
        Ok(())
    }
}
