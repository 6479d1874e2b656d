//! What told bookings mean for what we claimed and what we want: holds in their way are displaced, intents whose key they
//! carry are settled, and a booking of ours that moves or is called off gives back its time.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    availability::Range,
    claim::{Resource, Sharing, Slot},
    ids::{BookingId, ClaimId, ConnectionId, UserId},
    intent::IntentKey,
    state::Confirmation,
};
use calbridge_store::{
    StoreError,
    bookings::{Booking, ChangedBooking},
    claims::{self, Blocked, Fact, Window},
    host_matches,
    intents::{self, Intent},
    jobs,
    sql::{RawJson, Tx},
};

use super::{Keys, Telling, groups::new_key, writing::Desk};
use crate::booking::{self, Sighted};

/// Bring claims, holds and intents in line with bookings that were just written.
pub(super) async fn settle(
    tx: &mut Tx,
    desk: Desk<'_>,
    tellings: &[Telling<'_>],
    (new, changed): (&[(Booking, Option<RawJson>)], &[ChangedBooking]),
    keys: Keys,
) -> Result<(), StoreError> {
    let came = new.iter().map(|(booking, _)| booking);
    let moved = changed
        .iter()
        .filter(|(old, new, _)| whens(old) != whens(new));
    let moved = moved.map(|(_, new, _)| new);
    let taking: Vec<&Booking> = came
        .chain(moved)
        .filter(|booking| {
            takes_place(booking) && time_of(booking).is_some_and(|time| time.end > desk.now)
        })
        .collect();
    displace(tx, desk, tellings, &taking).await?;
    if keys == Keys::Settle {
        let sighted: Vec<Sighted> = tellings.iter().flat_map(sighted).collect();
        booking::note_sighted(tx, desk.scope, &sighted, desk.now).await?;
    }
    for (old, new, _) in changed {
        if gives_up_its_time(old, new) {
            claims::free_of_booking(tx, desk.scope, new.id, desk.now).await?;
        }
    }
    Ok(())
}

/// Whether what was claimed for a booking of ours is for others now: it was called off, or moved by somebody who claimed
/// nothing.
fn gives_up_its_time(old: &Booking, new: &Booking) -> bool {
    let times = |booking: &Booking| (booking.scheduled_at, booking.ends_at);
    let is_off = |booking: &Booking| booking.status == "cancelled";
    times(old) != times(new) || (is_off(new) && !is_off(old))
}

fn takes_place(booking: &Booking) -> bool {
    booking.status == "scheduled" && booking.confirmation != Confirmation::Rejected
}

/// Whose time it takes, and when.
fn whens(booking: &Booking) -> impl PartialEq + '_ {
    (
        takes_place(booking),
        (booking.scheduled_at, booking.ends_at),
        &booking.hosts.0,
    )
}

fn time_of(booking: &Booking) -> Option<Range> {
    let (start, end) = (booking.scheduled_at?, booking.ends_at?);
    (start < end).then_some(Range { start, end })
}

/// Let bookings have the time that holds of ours keep. Nearly always nothing is claimed then, and one look is all.
async fn displace(
    tx: &mut Tx,
    desk: Desk<'_>,
    tellings: &[Telling<'_>],
    taking: &[&Booking],
) -> Result<(), StoreError> {
    let times = || taking.iter().filter_map(|booking| time_of(booking));
    let (Some(from), Some(until)) = (
        times().map(|time| time.start).min(),
        times().map(|time| time.end).max(),
    ) else {
        return Ok(());
    };
    let window = Window {
        from,
        until,
        connection_id: None,
        resources: Vec::new(),
    };
    let blocked = claims::list(tx, desk.scope, &window, desk.now).await?;
    if blocked.is_empty() {
        return Ok(());
    }
    let around = Around {
        blocked,
        users: users(tx, desk, taking).await?,
        intents: wanted(tx, desk, tellings, taking).await?,
    };
    let facts: Vec<Fact> = taking
        .iter()
        .filter_map(|booking| around.fact(booking, &keys_of(tellings, booking.id)))
        .collect();
    let displaced = claims::displace(tx, desk.scope, &facts, desk.now).await?;
    let mut releases = Vec::new();
    for hold in &displaced.holds {
        tracing::info!(claim.id = %hold.id, "A hold gave way to a booking made elsewhere");
        releases.extend(booking::release_reservation_job(desk.scope, hold, desk.now));
    }
    for claim in &displaced.conflicts {
        tracing::warn!(
            claim.id = %claim.id,
            "A booking made elsewhere takes place at the same time as one of ours"
        );
    }
    jobs::enqueue(tx, releases, desk.now).await
}

/// What is claimed around the time of bookings, and what is known of both.
struct Around {
    blocked: Vec<Blocked>,
    users: BTreeMap<(ConnectionId, String), UserId>,
    intents: Vec<Intent>,
}

impl Around {
    /// `None` when nobody's claim can be in the way of a booking.
    fn fact(&self, booking: &Booking, keys: &[&IntentKey]) -> Option<Fact> {
        let time = time_of(booking)?;
        let slot = Slot::new(time.start, time.end).ok()?;
        let facing: Vec<&Blocked> = self
            .blocked
            .iter()
            .filter(|one| one.claim.blocked_from < time.end && one.claim.blocked_until > time.start)
            .filter(|one| self.is_about(one, booking))
            .collect();
        if facing.is_empty() {
            return None;
        }
        let its = self
            .intents
            .iter()
            .filter(|intent| intent.booking_id == Some(booking.id) || keys.contains(&&intent.key));
        let mut spared: Vec<ClaimId> = its.filter_map(|intent| intent.claim_id).collect();
        // Places in the same group meeting.
        spared.extend(
            facing
                .iter()
                .map(|one| &one.claim)
                .filter(|claim| booking.is_group && claim.capacity > 1)
                .filter(|claim| claim.starts_at == time.start)
                .filter(|claim| claim.event_type_id == booking.event_type_id)
                .map(|claim| claim.id),
        );
        let resources: BTreeSet<&Resource> = facing.iter().map(|one| &one.resource).collect();
        Some(Fact {
            connection_id: booking.connection_id,
            booking_id: booking.id,
            spared,
            resources: resources.into_iter().cloned().collect(),
            slot,
            sharing: Sharing::Alone,
        })
    }

    /// Whether it is of the booking's hosts or event type. What a provider numbers is compared within a connection.
    fn is_about(&self, one: &Blocked, booking: &Booking) -> bool {
        let provider = booking.booking_provider;
        let same_server = one.claim.connection_id == booking.connection_id;
        let hosts = booking.hosts.0.iter();
        let mut ids = hosts.filter_map(|host| host.external_id.as_deref());
        let is_host = ids.any(|id| {
            let known = (booking.connection_id, id.to_owned());
            let is_user = |user: &UserId| one.resource == Resource::user(*user);
            self.users.get(&known).is_some_and(is_user)
                || (same_server && one.resource.is_host(provider, id))
        });
        let event_type = booking.event_type_id.as_deref();
        let is_event_type = event_type.is_some_and(|id| one.resource.is_event_type(provider, id));
        is_host || (same_server && is_event_type)
    }
}

/// Who of ours the hosts are.
async fn users(
    tx: &mut Tx,
    desk: Desk<'_>,
    taking: &[&Booking],
) -> Result<BTreeMap<(ConnectionId, String), UserId>, StoreError> {
    let hosts = taking.iter().flat_map(|booking| &booking.hosts.0);
    let ids: BTreeSet<String> = hosts.filter_map(|host| host.external_id.clone()).collect();
    let ids: Vec<String> = ids.into_iter().collect();
    let rows = host_matches::list_users_of(tx, desk.scope, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|(connection, id, user)| ((connection, id), user))
        .collect())
}

/// What we want of these bookings, or what made them.
async fn wanted(
    tx: &mut Tx,
    desk: Desk<'_>,
    tellings: &[Telling<'_>],
    taking: &[&Booking],
) -> Result<Vec<Intent>, StoreError> {
    let ids: Vec<BookingId> = taking.iter().map(|booking| booking.id).collect();
    let mut intents = intents::list_open_of_bookings(tx, desk.scope, &ids).await?;
    let keys: Vec<IntentKey> = ids
        .iter()
        .flat_map(|id| keys_of(tellings, *id))
        .cloned()
        .collect();
    if !keys.is_empty() {
        intents.extend(intents::find_by_keys(tx, desk.scope, &keys).await?);
    }
    Ok(intents)
}

/// The keys of ours that new facts of a booking carry.
fn keys_of<'a>(tellings: &'a [Telling<'_>], id: BookingId) -> Vec<&'a IntentKey> {
    let its = tellings.iter().filter(|telling| telling.id == id);
    its.flat_map(|telling| &telling.chapter.new_facts)
        .filter_map(|fact| fact.fact.change.details.intent_key.as_ref())
        .collect()
}

/// New bookings with a key of ours. The job looks into those that were moved or are of a series.
fn sighted(telling: &Telling<'_>) -> Vec<Sighted> {
    let facts = telling.chapter.new_facts.iter();
    facts
        .filter_map(|fact| {
            let change = &fact.fact.change;
            let details = &change.details;
            Some(Sighted {
                connection_id: telling.chapter.connection_id,
                key: new_key(change)?.clone(),
                made: change.identity.subject.clone()?,
                booking_id: telling.id,
                starts_at: details.start?,
                event_type_id: details.event_type.clone(),
            })
        })
        .collect()
}
