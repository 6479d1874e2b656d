//! What of ours is in the way: bookings that the provider may not have heard of yet, and what is claimed for holds and for
//! bookings in the making.

use std::collections::BTreeSet;

use calbridge_core::{
    availability::{HostRef, HostRule, Range, Taken},
    change::Host,
    ids::{BookingId, ClaimId},
    scope::Scope,
};
use calbridge_providers::calcom_api::BaseUrl;
use calbridge_store::{
    StoreError,
    busy::{self, BusyTime},
    claims::{self, Blocked, Claim, Window},
    sql::Tx,
};
use jiff::{SignedDuration, Timestamp};

use super::{Subject, whose};

/// Buffers reach no further than this.
const MARGIN: SignedDuration = SignedDuration::from_hours(12);

/// In whose way.
#[derive(Clone, Copy)]
pub struct InTheWay<'a> {
    /// Of what.
    pub subject: &'a Subject,
    /// At which server.
    pub server: &'a BaseUrl,
    /// When.
    pub window: Range,
    /// A booking that is to move is in nobody's way.
    pub moving: Option<BookingId>,
}

/// What may be in the way of an event type in a window.
pub async fn taken(
    tx: &mut Tx,
    scope: &Scope,
    of: InTheWay<'_>,
    now: Timestamp,
) -> Result<Vec<Taken>, StoreError> {
    let InTheWay {
        subject,
        window,
        moving,
        ..
    } = of;
    let connection = subject.connection.connection.id;
    let (from, until) = (
        window.start.checked_sub(MARGIN).unwrap_or(window.start),
        window.end.checked_add(MARGIN).unwrap_or(window.end),
    );
    let busy = busy::list(tx, scope, connection, from, until).await?;
    let claimed = claimed(
        tx,
        scope,
        of,
        Range {
            start: from,
            end: until,
        },
        now,
    )
    .await?;
    let bookings = busy
        .iter()
        .filter(|busy| Some(busy.id) != moving)
        .flat_map(|busy| of_booking(subject, busy));
    // What is known to be booked counts as a booking: its host may be another one than was claimed.
    let claims = claimed
        .into_iter()
        .filter(|(claim, _)| !busy.iter().any(|busy| is_of(busy, claim)))
        .map(|(_, taken)| taken);
    Ok(bookings.chain(claims).collect())
}

fn is_of(busy: &BusyTime, claim: &Claim) -> bool {
    claim.booking_id == Some(busy.id) && claim.starts_at == busy.scheduled_at
}

/// What is claimed of those who host the event type, with how it is in the way.
async fn claimed(
    tx: &mut Tx,
    scope: &Scope,
    of: InTheWay<'_>,
    time: Range,
    now: Timestamp,
) -> Result<Vec<(Claim, Taken)>, StoreError> {
    let connection = of.subject.connection.connection.id;
    let hosts = whose(of.subject, of.server);
    // A person's own event types share that person's time; of a team's it is known whose they take.
    let is_personal = of.subject.hosts.is_empty();
    let window = Window {
        from: time.start,
        until: time.end,
        connection_id: is_personal.then_some(connection),
        resources: if is_personal {
            Vec::new()
        } else {
            hosts.iter().map(|one| one.resource.clone()).collect()
        },
    };
    let mut blocked = claims::list(tx, scope, &window, now).await?;
    if is_personal {
        let provider = of.subject.connection.connection.provider;
        blocked.retain(|one| {
            let event_type = one.claim.event_type_id.as_deref();
            event_type.is_some_and(|id| one.resource.is_event_type(provider, id))
        });
    }
    if let Some(moving) = of.moving {
        leave_out(&mut blocked, moving);
    }
    let mut seated = BTreeSet::new();
    let is_shared = |claim: &Claim| {
        claim.capacity > 1
            && claim.connection_id == connection
            && claim.event_type_id.as_deref() == Some(of.subject.external_id.as_str())
    };
    Ok(blocked
        .into_iter()
        .filter_map(|one| {
            let is_first = seated.insert(one.claim.id);
            let host = hosts.iter().find(|host| host.resource == one.resource);
            let host = host.and_then(|host| host.host);
            // Where it does not matter who is taken, once is enough.
            let counts = is_first || host.is_some();
            let seats = is_shared(&one.claim).then_some(u32::from(is_first));
            counts.then(|| (one.claim.clone(), of_claim(&one.claim, host, seats)))
        })
        .collect())
}

/// Take out what a booking has claimed, also for a move that is under way.
fn leave_out(blocked: &mut Vec<Blocked>, booking: BookingId) {
    let is_its = |one: &&Blocked| one.claim.booking_id == Some(booking);
    let its = blocked.iter().filter(is_its);
    let chains: BTreeSet<ClaimId> = its.map(|one| one.claim.chain()).collect();
    blocked.retain(|one| !chains.contains(&one.claim.chain()));
}

fn of_claim(claim: &Claim, host: Option<HostRef>, seats: Option<u32>) -> Taken {
    Taken {
        before_buffer: claim.starts_at.duration_since(claim.blocked_from),
        after_buffer: claim.blocked_until.duration_since(claim.ends_at),
        host,
        seats,
        ..Taken::between(claim.starts_at, claim.ends_at)
    }
}

/// How the hosts of an event type share its bookings.
pub fn host_rule(subject: &Subject) -> HostRule {
    let scheduling = subject
        .event_type
        .as_ref()
        .and_then(|event_type| event_type.scheduling_type.as_deref());
    match scheduling {
        Some("round_robin") => HostRule::Any(subject.hosts.len().max(1)),
        Some("collective") => HostRule::All,
        _ => HostRule::One,
    }
}

/// A booking once for each host of the event type whose time it takes; not at all where it takes none of theirs.
fn of_booking(subject: &Subject, busy: &BusyTime) -> Vec<Taken> {
    let is_same = busy.event_type_id.as_deref() == Some(subject.external_id.as_str());
    let seats = (is_same && busy.is_group).then(|| u32::try_from(busy.places).unwrap_or(u32::MAX));
    let of = |host: Option<HostRef>, seats| Taken {
        host,
        seats,
        ..Taken::between(busy.scheduled_at, busy.ends_at)
    };
    if subject.hosts.is_empty() {
        // A person's own event types share that person's time; a team's do not take it unless the person hosts.
        return vec![of(None, seats)];
    }
    let ours: BTreeSet<&str> = subject
        .hosts
        .iter()
        .map(|host| host.provider_user_id.as_str())
        .collect();
    let hosts: Vec<HostRef> = busy.hosts.0.iter().filter_map(number).collect();
    let meant: Vec<HostRef> = hosts
        .iter()
        .copied()
        .filter(|host| ours.contains(host.0.to_string().as_str()))
        .collect();
    match (meant.is_empty(), is_same) {
        // One of them hosts it, whoever it is.
        (true, true) => vec![of(None, seats)],
        (true, false) => Vec::new(),
        (false, _) => meant
            .iter()
            .enumerate()
            .map(|(place, host)| {
                of(
                    Some(*host),
                    seats.map(|seats| if place == 0 { seats } else { 0 }),
                )
            })
            .collect(),
    }
}

fn number(host: &Host) -> Option<HostRef> {
    host.external_id.as_deref()?.parse().ok().map(HostRef)
}
