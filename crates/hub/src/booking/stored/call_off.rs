//! Call off a booking that is only stored here: no provider has heard of it.

use calbridge_core::{
    change::{Cause, CauseRole, Change, Dated, Details, Identity, What},
    scope::Scope,
};
use calbridge_store::{StoreError, bookings, stored_bookings};
use jiff::Timestamp;

use super::push::{may_be_done, wanted};
use crate::{
    app::App,
    booking::{CancelRequest, ChangeError, FoundBooking, find, retell::own_item},
    inbox::{
        apply::{self, Rules},
        tries::Tries,
    },
};

/// Call off; `None` when it is not only stored here.
pub(in crate::booking) async fn call_off(
    app: &App,
    scope: &Scope,
    request: &CancelRequest,
) -> Result<Option<FoundBooking>, ChangeError> {
    let found = find(app, scope, &request.booking).await?;
    if found.booking.external_booking_id.is_some() || found.booking.status != "scheduled" {
        return Ok(None);
    }
    let now = app.clock.now();
    let mut tries = Tries::new();
    let called_off = loop {
        match Box::pin(try_call_off(app, scope, &found, request, now)).await {
            Err(error) if tries.again(&error) => {}
            other => break other?,
        }
    };
    match called_off {
        CalledOff::Yes => {
            let id = found.booking.id.to_string();
            Ok(Some(find(app, scope, &id).await?))
        }
        CalledOff::NotStored => Ok(None),
        CalledOff::IsPushed => Err(ChangeError::IsPushed),
    }
}

enum CalledOff {
    Yes,
    NotStored,
    IsPushed,
}

async fn try_call_off(
    app: &App,
    scope: &Scope,
    found: &FoundBooking,
    request: &CancelRequest,
    now: Timestamp,
) -> Result<CalledOff, StoreError> {
    let id = found.booking.id;
    let registry = app.registry.current(&app.store, now).await;
    let settings = registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: &registry,
    };
    let items = [own_item(
        scope,
        &found.booking,
        vec![fact(scope, request, now)],
    )];
    let mut tx = app.store.write().await?;
    apply::lock(&mut tx, &[(scope, items.as_slice())]).await?;
    // Whoever pushes looks at the row too before it is written down.
    bookings::find_many_for_update(&mut tx, scope, &[id]).await?;
    if stored_bookings::find(&mut tx, scope, id).await?.is_none() {
        tx.rollback().await?;
        return Ok(CalledOff::NotStored);
    }
    let pushes = wanted(&mut tx, scope, found).await?;
    if pushes.iter().any(may_be_done) {
        tx.rollback().await?;
        return Ok(CalledOff::IsPushed);
    }
    apply::apply(&mut tx, scope, rules, &items, None, now).await?;
    tx.commit().await?;
    Ok(CalledOff::Yes)
}

fn fact(scope: &Scope, request: &CancelRequest, now: Timestamp) -> Change {
    Change {
        identity: Identity::default(),
        occurred_at: now,
        dated: Dated::ByProvider,
        cause: Some(Cause {
            role: CauseRole::Operator,
            who: Some(scope.actor().label()),
        }),
        what: What::Cancelled {
            reschedule_requested: false,
        },
        details: Box::new(Details {
            reason: request.reason.clone(),
            ..Details::default()
        }),
    }
}
