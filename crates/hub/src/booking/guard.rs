//! Whose time a booking of an event type takes, and taking it before the provider hears of it.

use calbridge_core::{
    availability,
    claim::{NotASlot, Owner, Resource, Sharing, Slot},
    ids::{BookingId, ClaimId, ConnectionId},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    claims::{self, Blocked, Claim, Claimed, NewClaim, Terms, Window},
    event_type_hosts::EventTypeHost,
    sql::Tx,
};
use jiff::{SignedDuration, Timestamp};

use crate::slots::Subject;

/// What guards the bookings of an event type.
pub(super) struct Guard {
    connection: ConnectionId,
    event_type: String,
    /// Any of these will do; of one, all are taken.
    choices: Vec<Vec<Resource>>,
    sharing: Sharing,
    before: SignedDuration,
    after: SignedDuration,
}

/// Time to be taken for a booking.
pub(super) struct Taking<'a> {
    /// When the meeting is.
    pub slot: availability::Slot,
    /// Who takes it.
    pub owner: &'a Owner,
    /// The claim of the same booking that it will replace.
    pub instead_of: Option<ClaimId>,
}

impl Guard {
    /// Of an event type at a server.
    pub fn of(subject: &Subject, server: &str) -> Self {
        let connection = &subject.connection.connection;
        let provider = connection.provider;
        let host = |host: &EventTypeHost| match host.user_id {
            Some(user) => Resource::user(user),
            None => Resource::host(provider, server, &host.provider_user_id),
        };
        let mut hosts: Vec<Resource> = subject.hosts.iter().map(host).collect();
        hosts.sort();
        let event_type = subject.event_type.as_ref();
        let scheduling = event_type.and_then(|event_type| event_type.scheduling_type.as_deref());
        let choices = match scheduling {
            _ if hosts.is_empty() => {
                vec![vec![Resource::event_type(
                    provider,
                    server,
                    &subject.external_id,
                )]]
            }
            // Whom the provider picks is not known before: as many meetings as there are hosts find room.
            Some("round_robin") => hosts.into_iter().map(|host| vec![host]).collect(),
            _ => vec![hosts],
        };
        let seats = event_type.and_then(|event_type| event_type.seats);
        let minutes = |value: Option<u32>| SignedDuration::from_mins(value.unwrap_or(0).into());
        Self {
            connection: connection.id,
            event_type: subject.external_id.clone(),
            choices,
            sharing: match seats {
                Some(seats) if seats > 1 => Sharing::Seats {
                    event_type: format!("{provider}:{server}:{}", subject.external_id),
                    capacity: u16::try_from(seats).unwrap_or(u16::MAX),
                },
                _ => Sharing::Alone,
            },
            before: minutes(event_type.and_then(|event_type| event_type.before_buffer)),
            after: minutes(event_type.and_then(|event_type| event_type.after_buffer)),
        }
    }

    /// Take time for a booking; `None` when somebody has it.
    pub async fn take(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        taking: &Taking<'_>,
        booking: Option<BookingId>,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let Ok(slot) = self.blocked(taking.slot) else {
            return Ok(None);
        };
        // All at once, in one order for everybody.
        let all: Vec<Resource> = self.choices.iter().flatten().cloned().collect();
        claims::lock(tx, scope, &all).await?;
        for resources in &self.choices {
            let new = NewClaim {
                connection_id: self.connection,
                resources: resources.clone(),
                event_type_id: Some(self.event_type.clone()),
                slot,
                sharing: self.sharing.clone(),
                owner: taking.owner.clone(),
                terms: Terms::Booking,
                booking_id: booking,
                instead_of: taking.instead_of,
            };
            if let Claimed::Yes(claim) = claims::take(tx, scope, &new, now).await? {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }

    /// Of these slots, those that nobody has claimed.
    pub async fn unclaimed(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        slots: Vec<availability::Slot>,
        now: Timestamp,
    ) -> Result<Vec<availability::Slot>, StoreError> {
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else {
            return Ok(slots);
        };
        let window = Window {
            from: first.start.checked_sub(self.before).unwrap_or(first.start),
            until: last.end.checked_add(self.after).unwrap_or(last.end),
            connection_id: None,
            resources: self.choices.iter().flatten().cloned().collect(),
        };
        let blocked = claims::list(tx, scope, &window, now).await?;
        let is_free = |slot: &availability::Slot| {
            let Ok(slot) = self.blocked(*slot) else {
                return false;
            };
            self.choices.iter().any(|resources| {
                resources
                    .iter()
                    .all(|one| self.has_room(one, slot, &blocked))
            })
        };
        Ok(slots.into_iter().filter(is_free).collect())
    }

    fn has_room(&self, resource: &Resource, slot: Slot, blocked: &[Blocked]) -> bool {
        let share = self.sharing.word(slot.starts_at());
        let over = blocked.iter().filter(|one| {
            one.resource == *resource
                && one.claim.blocked_until > slot.blocked_from()
                && one.claim.blocked_from < slot.blocked_until()
        });
        let (shared, apart): (Vec<_>, Vec<_>) =
            over.partition(|one| share.as_deref() == Some(one.share.as_str()));
        apart.is_empty() && shared.len() < usize::from(self.sharing.capacity())
    }

    fn blocked(&self, slot: availability::Slot) -> Result<Slot, NotASlot> {
        Slot::new(slot.start, slot.end)?.with_buffers(self.before, self.after)
    }
}
