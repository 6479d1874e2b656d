//! Under which name a booking is made, and on what condition.

use calbridge_core::{
    availability::Slot,
    ids::{BookingId, ClaimId},
    intent::{IntentKey, IntentKind, Told},
    scope::Scope,
};
use calbridge_store::{
    StoreError, bookings, intents,
    leads::{self, Lead, LeadKeys},
    sql::Tx,
};

use super::hold::Held;

/// How a booking is made.
pub(super) struct Making<'a> {
    /// For whom.
    pub lead: &'a Lead,
    /// Names it at the provider; the same key is the same booking.
    pub key: IntentKey,
    /// When it is, from beginning to end, where that is known already.
    pub slot: Option<Slot>,
    /// What keeps that time for it.
    pub held: Option<&'a Held>,
    /// On what condition.
    pub provided: Provided,
}

/// What must still be so when the intent is written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Provided {
    /// Nothing.
    Nothing,
    /// The lead has no booking, and none is wanted for it.
    LeadHasNone,
    /// The booking, which is only stored here, is still on. The new claim replaces the one it has.
    StillStored {
        booking: BookingId,
        claim: Option<ClaimId>,
    },
}

/// Why nothing may be wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum No {
    /// The lead has a booking.
    LeadHasOne,
    /// The stored booking was called off.
    IsOff,
}

impl Provided {
    /// The booking that is made at the provider, if we have it already.
    pub fn booking(self) -> Option<BookingId> {
        match self {
            Self::StillStored { booking, .. } => Some(booking),
            Self::Nothing | Self::LeadHasNone => None,
        }
    }

    /// The claim it has.
    pub fn claim(self) -> Option<ClaimId> {
        match self {
            Self::StillStored { claim, .. } => claim,
            Self::Nothing | Self::LeadHasNone => None,
        }
    }

    /// Why not, if it is not so. What it looks at stays locked until the end of the transaction.
    pub async fn no(
        self,
        tx: &mut Tx,
        scope: &Scope,
        lead: &Lead,
    ) -> Result<Option<No>, StoreError> {
        let no = match self {
            Self::Nothing => None,
            Self::LeadHasNone => {
                let has_one = has_booking(tx, scope, lead).await?;
                has_one.then_some(No::LeadHasOne)
            }
            Self::StillStored { booking, .. } => {
                let rows = bookings::find_many_for_update(tx, scope, &[booking]).await?;
                let is_on = rows.iter().any(|row| row.status == "scheduled");
                (!is_on).then_some(No::IsOff)
            }
        };
        Ok(no)
    }
}

/// Whether a lead has a booking, or may have one that nobody knows of yet.
async fn has_booking(tx: &mut Tx, scope: &Scope, lead: &Lead) -> Result<bool, StoreError> {
    let keys = LeadKeys {
        ids: vec![lead.id],
        ..LeadKeys::default()
    };
    let rows = leads::find_many_for_update(tx, scope, &keys).await?;
    if rows.iter().any(|lead| lead.current_booking_id.is_some()) {
        return Ok(true);
    }
    let wanted = intents::list_of_lead(tx, scope, lead.id, 50).await?;
    Ok(wanted.iter().any(|intent| {
        let may_be = matches!(intent.standing.state.told(), Told::Settling | Told::Done);
        intent.standing.kind == IntentKind::Book && may_be
    }))
}
