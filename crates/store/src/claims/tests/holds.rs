//! What becomes of holds.

use super::*;
use crate::each_engine;

each_engine! {
    async fn a_hold_is_in_the_way_until_it_expires(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let hold = place.taken(&place.hold(1, 60, 90)).await?;
        let new = place.booking(1, 75, 105);
        let just_before = later(15) - SignedDuration::from_micros(1);
        assert_eq!(place.take_at(&new, just_before).await?, Claimed::Taken { by: hold });
        assert_eq!(place.live(just_before).await?, [(60, 90)]);
        assert_eq!(place.live(later(15)).await?, []);
        assert!(is_yes(&place.take_at(&new, later(15)).await?));
        Ok(())
    }

    async fn only_its_owner_extends_or_releases_a_hold(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let hold = place.taken(&place.hold(1, 60, 90)).await?;
        let (owner, stranger) = (place.owner("desk"), place.owner("somebody else's call"));
        let mut tx = store.write().await?;
        let scope = &place.scope;
        assert_eq!(extend(&mut tx, scope, hold.id, &stranger, later(30), now()).await?, None);
        assert_eq!(become_booking(&mut tx, scope, hold.id, &stranger, now()).await?, None);
        assert_eq!(release(&mut tx, scope, hold.id, &stranger, now()).await?, None);
        let extended = extend(&mut tx, scope, hold.id, &owner, later(30), now()).await?;
        assert_eq!(extended.and_then(|hold| hold.expires_at), Some(later(30)));
        // It never gets shorter.
        let shortened = extend(&mut tx, scope, hold.id, &owner, later(20), now()).await?;
        assert_eq!(shortened.and_then(|hold| hold.expires_at), Some(later(30)));
        let released = release(&mut tx, scope, hold.id, &owner, now()).await?;
        assert_eq!(released.map(|hold| hold.id), Some(hold.id));
        assert_eq!(release(&mut tx, scope, hold.id, &owner, now()).await?, None);
        tx.commit().await?;
        place.taken(&place.booking(1, 60, 90)).await?;
        Ok(())
    }

    async fn a_hold_becomes_a_booking_in_time_or_not_at_all(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let (first, second) = (place.taken(&place.hold(1, 60, 90)).await?, place.taken(&place.hold(2, 60, 90)).await?);
        let owner = place.owner("desk");
        let mut tx = store.write().await?;
        let booking = become_booking(&mut tx, &place.scope, first.id, &owner, later(14)).await?;
        assert!(booking.is_some_and(|claim| claim.kind == ClaimKind::Booking && claim.expires_at.is_none()));
        assert_eq!(become_booking(&mut tx, &place.scope, first.id, &owner, later(14)).await?, None);
        assert_eq!(become_booking(&mut tx, &place.scope, second.id, &owner, later(15)).await?, None);
        // Neither is it a hold that could be released any more.
        assert_eq!(release(&mut tx, &place.scope, first.id, &owner, now()).await?, None);
        tx.commit().await?;
        assert!(!is_yes(&place.take_at(&place.hold(1, 60, 90), later(500)).await?));
        assert!(is_yes(&place.take_at(&place.hold(2, 60, 90), later(15)).await?));
        Ok(())
    }

    async fn expired_holds_are_told_when_they_go(store: Store) -> TestResult {
        let place = Place::new(&store).await?;
        let mut held = Vec::new();
        for host in 1..=3 {
            held.push(place.taken(&place.hold(host, 60, 90)).await?);
        }
        place.taken(&place.booking(4, 60, 90)).await?;
        let mut tx = store.write().await?;
        assert!(set_reservation(&mut tx, &place.scope, held[1].id, Some("upstream"), now()).await?);
        extend(&mut tx, &place.scope, held[2].id, &place.owner("desk"), later(60), now()).await?;
        let gone = expire_in_all(&mut tx, later(15), 10).await?;
        let mut told: Vec<_> = gone.iter().map(|claim| (claim.id, claim.reservation_id.as_deref())).collect();
        told.sort();
        assert_eq!(told, [(held[0].id, None), (held[1].id, Some("upstream"))]);
        assert_eq!(expire_in_all(&mut tx, later(15), 10).await?, []);
        tx.commit().await?;
        assert_eq!(place.live(later(15)).await?.len(), 2);
        Ok(())
    }
}
