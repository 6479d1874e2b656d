//! What of ours is in the way: bookings that the provider may not have heard of yet.

use std::collections::BTreeSet;

use calbridge_core::{
    availability::{HostRef, HostRule, Range, Taken},
    change::Host,
    ids::BookingId,
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    busy::{self, BusyTime},
    sql::Tx,
};
use jiff::SignedDuration;

use super::Subject;

/// Buffers reach no further than this.
const MARGIN: SignedDuration = SignedDuration::from_hours(12);

/// The bookings that may be in the way of an event type in a window. A booking that is to move is in nobody's way.
pub async fn taken(
    tx: &mut Tx,
    scope: &Scope,
    subject: &Subject,
    window: Range,
    moving: Option<BookingId>,
) -> Result<Vec<Taken>, StoreError> {
    let connection = subject.connection.connection.id;
    let (from, until) = (
        window.start.checked_sub(MARGIN).unwrap_or(window.start),
        window.end.checked_add(MARGIN).unwrap_or(window.end),
    );
    let busy = busy::list(tx, scope, connection, from, until).await?;
    Ok(busy
        .iter()
        .filter(|busy| Some(busy.id) != moving)
        .flat_map(|busy| of_booking(subject, busy))
        .collect())
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
