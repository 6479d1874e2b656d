//! Book a meeting for a lead at the provider: once, and with a true answer.

use calbridge_core::{
    availability::Slot,
    claim::Owner,
    intent::{IntentKey, IntentKind},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    intents::{self, Intent, NewIntent, Recorded},
    jobs,
    leads::Lead,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    BookError, BookRequest, NotDone, Outcome,
    customer::{self, What},
    desk::Desk,
    free::Search,
    guard::Taking,
    hold::{HoldError, held},
    intent::{Order, first_look, see_through, settle_job},
    making::{Making, No, Provided},
    outcome::{Ended, ended},
};
use crate::{
    app::App,
    crash::Point,
    edit::Edit,
    inbox::tries::Tries,
    leads::{self, Created, LeadEdit, NewLead},
    slots::Age,
};

/// Book. The intent is stored, with a job to settle it, before the provider hears of it: if we stop halfway, the job asks
/// the provider what happened.
pub async fn book(app: &App, scope: &Scope, request: BookRequest) -> Result<Outcome, BookError> {
    let lead = lead(app, scope, &request).await?;
    let making = Making {
        lead: &lead,
        key: key(scope, &request),
        slot: None,
        held: None,
        provided: Provided::Nothing,
    };
    Box::pin(make(app, scope, &request, &making)).await
}

/// Book the slot that a hold keeps. The hold becomes the booking's claim; one that is over is worth nothing, and its time is
/// taken like any other.
pub async fn book_held(
    app: &App,
    scope: &Scope,
    hold_id: &str,
    mut request: BookRequest,
) -> Result<Outcome, BookError> {
    let held = held(app, scope, hold_id, &mut request).await?;
    let lead = lead(app, scope, &request).await?;
    let making = Making {
        lead: &lead,
        key: key(scope, &request),
        slot: None,
        held: Some(&held),
        provided: Provided::Nothing,
    };
    Box::pin(make(app, scope, &request, &making)).await
}

/// Book in this way.
pub(super) async fn make(
    app: &App,
    scope: &Scope,
    request: &BookRequest,
    making: &Making<'_>,
) -> Result<Outcome, BookError> {
    let mut desk = Desk::of(app, scope, request, making.provided).await?;
    if let Some(held) = making.held {
        held.fits(&mut desk)?;
    }
    let intent = if let Some(intent) = known(app, scope, &making.key).await? {
        intent
    } else {
        app.crash_points.pass(Point::Wanted).await;
        Box::pin(write_down(app, scope, request, &desk, making)).await?
    };
    app.crash_points.pass(Point::WrittenDown).await;
    let intent = Box::pin(see_through(app, scope, intent, request.lane)).await?;
    match ended(app, scope, &intent).await? {
        Ended::Done(Some(found)) => Ok(Outcome::Done(found)),
        Ended::Done(None) | Ended::Settling => Ok(Outcome::Settling(Box::new(intent))),
        Ended::Refused(said) => Err(BookError::NotDone(NotDone::Refused(said))),
        Ended::NotDone => Err(BookError::NotDone(NotDone::DidNotHappen)),
        Ended::Taken => {
            // What is remembered offers it still.
            let search = Search {
                age: Age::New,
                ..desk.search.clone()
            };
            Err(desk.taken(app, scope, &search, start_of(&intent)).await)
        }
    }
}

/// Whom it is for. Without an id, the one with the address.
pub(super) async fn lead(
    app: &App,
    scope: &Scope,
    request: &BookRequest,
) -> Result<Lead, BookError> {
    if let Some(id) = request.lead {
        return Ok(leads::find(app, scope, &id.to_string()).await?);
    }
    let attendee = &request.attendee;
    let new = NewLead {
        email: attendee.email.clone(),
        told: LeadEdit {
            name: attendee.name.clone(),
            phone: attendee.phone.clone().map_or(Edit::Keep, Edit::Set),
            time_zone: attendee.time_zone.clone(),
            language: attendee.language.clone(),
            ..LeadEdit::default()
        },
    };
    Ok(match leads::create(app, scope, new).await? {
        Created::New(lead) | Created::Known(lead) => lead,
    })
}

/// The same request by the same name is the same intent.
fn key(scope: &Scope, request: &BookRequest) -> IntentKey {
    match &request.name {
        Some(name) => {
            let name = format!("{}:{name}:{request:?}", scope.actor().label());
            IntentKey::of_request(scope.tenant_id(), &name)
        }
        None => IntentKey::new(Uuid::new_v4()),
    }
}

pub(super) async fn known(
    app: &App,
    scope: &Scope,
    key: &IntentKey,
) -> Result<Option<Intent>, StoreError> {
    let mut tx = app.store.read().await?;
    let found = intents::find_by_keys(&mut tx, scope, std::slice::from_ref(key)).await?;
    tx.rollback().await?;
    Ok(found.into_iter().next())
}

/// Take the time and write down the intent with its job, all or nothing.
async fn write_down(
    app: &App,
    scope: &Scope,
    request: &BookRequest,
    desk: &Desk,
    making: &Making<'_>,
) -> Result<Intent, BookError> {
    let now = app.clock.now();
    let candidates = match (making.held, making.slot) {
        // It is not offered any more, to anybody.
        (Some(held), _) => vec![held.slot(now).ok_or(BookError::InThePast)?],
        (None, Some(slot)) if slot.start > now => vec![slot],
        _ => desk.candidates(app, scope, request.start).await?,
    };
    let order = |slot: &Slot| {
        let what = What {
            subject: &desk.subject,
            event_type: desk.event_type,
            start: slot.start,
            length: desk.search.duration,
        };
        customer::order(request, making.lead, &what, &desk.tenant, &making.key)
    };
    let owner = Owner::new(scope, making.key.as_str());
    let mut tries = Tries::new();
    for slot in candidates {
        let order = Order::Book(order(&slot)?);
        let taking = Taking {
            slot,
            owner: &owner,
            instead_of: making.provided.claim(),
        };
        let taken = loop {
            match take(app, scope, desk, &taking, (&order, making)).await {
                Err(error) if tries.again(&error) => {}
                other => break other?,
            }
        };
        match taken {
            Taken::Yes(intent) => return Ok(*intent),
            Taken::BySomebody => {}
            Taken::No(No::LeadHasOne) => return Err(BookError::LeadHasOne),
            Taken::No(No::IsOff) => return Err(BookError::IsOff),
        }
    }
    let Some(start) = request.start else {
        return Err(BookError::NothingFree);
    };
    let taken = desk.taken(app, scope, &desk.search, start).await;
    match (making.held, taken) {
        (Some(held), BookError::NotDone(NotDone::Taken { alternatives }))
            if held.gave_way(app, scope).await? =>
        {
            Err(HoldError::Displaced { alternatives }.into())
        }
        (_, taken) => Err(taken),
    }
}

/// What came of taking a time.
enum Taken {
    /// It is ours, and the intent is written down.
    Yes(Box<Intent>),
    /// Somebody else has it.
    BySomebody,
    /// Nothing may be wanted.
    No(No),
}

async fn take(
    app: &App,
    scope: &Scope,
    desk: &Desk,
    taking: &Taking<'_>,
    (order, making): (&Order, &Making<'_>),
) -> Result<Taken, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    if let Some(no) = making.provided.no(&mut tx, scope, making.lead).await? {
        tx.rollback().await?;
        return Ok(Taken::No(no));
    }
    let booking = making.provided.booking();
    let guard = &desk.guard;
    let claim = match making.held {
        Some(held) => held.take(&mut tx, scope, guard, taking, now).await?,
        None => guard.take(&mut tx, scope, taking, None, now).await?,
    };
    let Some(claim) = claim else {
        tx.rollback().await?;
        return Ok(Taken::BySomebody);
    };
    let new = NewIntent {
        public_id: Uuid::now_v7(),
        connection_id: desk.subject.connection.connection.id,
        key: making.key.clone(),
        kind: IntentKind::Book,
        request: json!(order),
        claim_id: Some(claim.id),
        booking_id: booking,
        lead_id: Some(making.lead.id),
        next_look_at: first_look(now),
    };
    match intents::record(&mut tx, scope, &new, now).await? {
        Recorded::New(intent) => {
            jobs::enqueue(&mut tx, vec![settle_job(scope, &intent, &new)], now).await?;
            tx.commit().await?;
            Ok(Taken::Yes(Box::new(intent)))
        }
        // The same request at the same moment was faster.
        Recorded::Known(intent) => {
            tx.rollback().await?;
            Ok(Taken::Yes(Box::new(intent)))
        }
    }
}

fn start_of(intent: &Intent) -> Timestamp {
    match Order::of(intent) {
        Ok(Order::Book(order)) => order.start,
        _ => intent.created_at,
    }
}
