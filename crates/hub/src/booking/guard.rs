//! Whose time a booking of an event type takes, and taking it before the provider hears of it.

use calbridge_core::{
    availability,
    claim::{NotASlot, Owner, Resource, Sharing, Slot},
    ids::{BookingId, ClaimId, ConnectionId},
    scope::Scope,
};
use calbridge_providers::calcom_api::BaseUrl;
use calbridge_store::{
    StoreError,
    claims::{self, Claim, Claimed, NewClaim, Terms},
    sql::Tx,
};
use jiff::{SignedDuration, Timestamp};

use crate::slots::{Subject, sharing, whose};

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
    pub fn of(subject: &Subject, server: &BaseUrl) -> Self {
        let all = whose(subject, server).into_iter().map(|one| one.resource);
        let event_type = subject.event_type.as_ref();
        let scheduling = event_type.and_then(|event_type| event_type.scheduling_type.as_deref());
        let minutes = |value: Option<u32>| SignedDuration::from_mins(value.unwrap_or(0).into());
        Self {
            connection: subject.connection.connection.id,
            event_type: subject.external_id.clone(),
            choices: match scheduling {
                // Whom the provider picks is not known before: as many meetings as there are hosts find room.
                Some("round_robin") => all.map(|one| vec![one]).collect(),
                _ => vec![all.collect()],
            },
            sharing: sharing(subject, server),
            before: minutes(event_type.and_then(|event_type| event_type.before_buffer)),
            after: minutes(event_type.and_then(|event_type| event_type.after_buffer)),
        }
    }

    /// Whether others may take the same start: places of a group, or another of the hosts who take turns.
    pub fn leaves_room(&self) -> bool {
        self.sharing.capacity() > 1 || self.choices.len() > 1
    }

    /// Wait until nobody else takes time of these hosts, until the end of the transaction.
    pub async fn lock(&self, tx: &mut Tx, scope: &Scope) -> Result<(), StoreError> {
        // All at once, in one order for everybody.
        let all: Vec<Resource> = self.choices.iter().flatten().cloned().collect();
        claims::lock(tx, scope, &all).await
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
        self.take_for(tx, scope, taking, (Terms::Booking, booking), now)
            .await
    }

    /// Take time for somebody until an instant; `None` when somebody else has it.
    pub async fn hold(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        taking: &Taking<'_>,
        until: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        self.take_for(tx, scope, taking, (Terms::Hold { until }, None), now)
            .await
    }

    async fn take_for(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        taking: &Taking<'_>,
        (terms, booking_id): (Terms, Option<BookingId>),
        now: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let Ok(slot) = self.blocked(taking.slot) else {
            return Ok(None);
        };
        self.lock(tx, scope).await?;
        for resources in &self.choices {
            let new = NewClaim {
                connection_id: self.connection,
                resources: resources.clone(),
                event_type_id: Some(self.event_type.clone()),
                slot,
                sharing: self.sharing.clone(),
                owner: taking.owner.clone(),
                terms,
                booking_id,
                instead_of: taking.instead_of,
            };
            if let Claimed::Yes(claim) = claims::take(tx, scope, &new, now).await? {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }

    fn blocked(&self, slot: availability::Slot) -> Result<Slot, NotASlot> {
        Slot::new(slot.start, slot.end)?.with_buffers(self.before, self.after)
    }
}
