//! One try to book a lead, and what follows from what came of it.

use calbridge_core::{
    ids::LeadId,
    intent::{IntentKey, Told},
    lane::Lane,
    lead::{AutomaticBooking, AutomaticState},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    activities::{self, Activity},
    automatic_bookings::{self, AutomaticBookingRow},
    leads::{self, Lead},
};
use jiff::Timestamp;
use serde_json::{Map, json};

use super::begin::LOOK_AFTER;
use crate::{
    app::App,
    booking::{
        AttendeeRequest, BookError, BookRequest, Outcome,
        book::{known, make},
        making::{Making, Provided},
        outcome::{Ended, ended},
    },
    jobs::JobError,
};

/// What came of a try.
enum Came {
    /// The lead has its booking.
    Booked,
    /// It is not known yet.
    Settling,
    /// Nothing; it counts.
    Nothing(String),
    /// Nothing, and no further try will help before somebody does something.
    Hopeless(String),
    /// It could not be tried, which is not the lead's fault.
    NotTried(String),
}

/// The job: try for a lead with which was begun.
pub async fn run_job(app: &App, scope: &Scope, id: LeadId) -> Result<(), JobError> {
    let mut tx = app.store.read().await?;
    let row = automatic_bookings::find(&mut tx, scope, id).await?;
    let lead = leads::find(&mut tx, scope, id).await?;
    tx.rollback().await?;
    let trying = row.filter(|row| row.state == AutomaticState::Trying);
    let (Some(row), Some(lead)) = (trying, lead) else {
        return Ok(());
    };
    let registry = app.registry.current(&app.store, app.clock.now()).await;
    let settings = registry.settings(scope.tenant_id());
    let rules = &settings.automatic_booking;
    let key = key(scope, &row);
    let came = match known(app, scope, &key).await? {
        // Tried before, by a job that did not live to tell.
        Some(intent) => match ended(app, scope, &intent).await? {
            Ended::Done(_) => Came::Booked,
            Ended::Settling => Came::Settling,
            Ended::Taken => Came::Nothing("somebody else took the slot".to_owned()),
            Ended::Refused(said) => Came::Nothing(said.message),
            Ended::NotDone => Came::Nothing("the provider did not do it".to_owned()),
        },
        None => match may_be_booked(app, rules, &lead) {
            Some(why_not) => Came::NotTried(why_not.to_owned()),
            None => Box::pin(attempt(app, scope, rules, &lead, key)).await?,
        },
    };
    write_down(app, scope, rules, &row, came).await?;
    Ok(())
}

/// The same round is the same booking.
fn key(scope: &Scope, row: &AutomaticBookingRow) -> IntentKey {
    let name = format!("automatic:{}:{}", row.lead_id, row.round);
    IntentKey::of_request(scope.tenant_id(), &name)
}

/// Why a lead is not booked, although it was begun with: things have changed.
fn may_be_booked(app: &App, rules: &AutomaticBooking, lead: &Lead) -> Option<&'static str> {
    if !rules.is_on(app.config.bookings.automatic) {
        Some("it was switched off")
    } else if lead.status != rules.status.as_str() {
        Some("the lead has another status")
    } else if lead.consent_gdpr != Some(true) {
        Some("the lead does not agree to the processing of personal data")
    } else {
        None
    }
}

async fn attempt(
    app: &App,
    scope: &Scope,
    rules: &AutomaticBooking,
    lead: &Lead,
    key: IntentKey,
) -> Result<Came, StoreError> {
    let request = BookRequest {
        name: None,
        lead: Some(lead.id),
        event_type: rules.event_type.clone(),
        start: None,
        duration: None,
        attendee: AttendeeRequest::default(),
        notes: None,
        responses: Map::new(),
        metadata: [("source".to_owned(), json!("automatic"))]
            .into_iter()
            .collect(),
        lane: Lane::Sync,
    };
    let making = Making {
        lead,
        key,
        slot: None,
        held: None,
        provided: Provided::LeadHasNone,
    };
    Ok(match Box::pin(make(app, scope, &request, &making)).await {
        Ok(Outcome::Done(_)) => Came::Booked,
        // Done, and its booking is gone since.
        Ok(Outcome::Settling(intent)) if intent.standing.state.told() == Told::Done => Came::Booked,
        Ok(Outcome::Settling(_)) => Came::Settling,
        Err(error) => came_of(error)?,
    })
}

fn came_of(error: BookError) -> Result<Came, StoreError> {
    let said = error.to_string();
    Ok(match error {
        BookError::Store(error) => return Err(error),
        BookError::NotDone(_) | BookError::NothingFree | BookError::InThePast => {
            Came::Nothing(said)
        }
        BookError::Missing { .. }
        | BookError::Metadata(_)
        | BookError::ByHand { .. }
        | BookError::Lead(_)
        | BookError::NewLead(_)
        | BookError::LeadHasOne
        | BookError::Booking(_)
        | BookError::Hold(_)
        | BookError::NotStored
        | BookError::IsOff => Came::Hopeless(said),
        BookError::Slots(_) | BookError::Target(_) => Came::NotTried(said),
        // It is written down, and its own job goes on.
        BookError::Settle(_) => Came::Settling,
    })
}

async fn write_down(
    app: &App,
    scope: &Scope,
    rules: &AutomaticBooking,
    row: &AutomaticBookingRow,
    came: Came,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let after = after(rules, row, came, now);
    let mut tx = app.store.write().await?;
    if automatic_bookings::write(&mut tx, scope, row, &after, now).await? {
        let entry = entry(scope, row, &after, now);
        activities::put(&mut tx, entry.as_slice()).await?;
    }
    tx.commit().await
}

/// Where the lead stands then.
fn after(
    rules: &AutomaticBooking,
    row: &AutomaticBookingRow,
    came: Came,
    now: Timestamp,
) -> AutomaticBookingRow {
    let (state, attempts, reason) = match came {
        Came::Booked => (AutomaticState::Booked, row.attempts, None),
        Came::Settling => (AutomaticState::Trying, row.attempts, None),
        Came::Nothing(why) => {
            let attempts = row.attempts.saturating_add(1);
            (rules.after(attempts), attempts, Some(why))
        }
        Came::Hopeless(why) => (AutomaticState::Stopped, row.attempts, Some(why)),
        Came::NotTried(why) => (AutomaticState::Waiting, row.attempts, Some(why)),
    };
    let next_attempt_at = match state {
        AutomaticState::Trying => now.checked_add(LOOK_AFTER).ok(),
        AutomaticState::Waiting => Some(rules.next_attempt(now)),
        AutomaticState::Booked | AutomaticState::Stopped => None,
    };
    AutomaticBookingRow {
        state,
        attempts,
        reason,
        next_attempt_at,
        ..row.clone()
    }
}

/// What stands on the lead's timeline: tries that came to nothing. A booking tells of itself.
fn entry(
    scope: &Scope,
    before: &AutomaticBookingRow,
    after: &AutomaticBookingRow,
    now: Timestamp,
) -> Option<Activity> {
    let subject = match after.state {
        AutomaticState::Stopped => "Automatic Booking Stopped",
        AutomaticState::Waiting if after.attempts > before.attempts => "Automatic Booking Failed",
        AutomaticState::Waiting | AutomaticState::Trying | AutomaticState::Booked => return None,
    };
    let reason = after.reason.clone().unwrap_or_default();
    let next = after
        .next_attempt_at
        .map(|at| format!("\nNext try at {at}"));
    Some(Activity {
        id: 0,
        tenant_id: scope.tenant_id(),
        lead_id: Some(after.lead_id),
        booking_id: None,
        activity_key: None,
        activity_type: "automatic_booking".to_owned(),
        subject: subject.to_owned(),
        body: format!("Reason: {reason}{}", next.unwrap_or_default()),
        actor: scope.actor().label(),
        occurred_at: now,
        created_at: now,
    })
}
