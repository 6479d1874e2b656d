//! Move a booking to another time, at the provider.

use calbridge_core::{
    availability::Slot, capability::Operation, claim::Owner, intent::IntentKind, lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::bookings::{self, BookingStatus};
use calbridge_store::{StoreError, claims, intents::Intent};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    NotDone, Outcome, SettleError,
    change::{ChangeError, Changeable, changeable, told, under_way, write_down},
    free::Search,
    guard::{Guard, Taking},
    intent::{Order, RescheduleOrder, see_through},
};
use crate::{
    app::App,
    crash::Point,
    inbox::tries::Tries,
    slots::{self, Age, Subject, SubjectError},
    upstream::{TargetError, Wish, ask, target},
};

/// For bookings that nobody told the end of.
const USUAL_LENGTH: SignedDuration = SignedDuration::from_mins(30);

/// A booking to be moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RescheduleRequest {
    /// Any id it ever had.
    pub booking: String,
    /// The new start.
    pub start: Timestamp,
    /// Why, for those who come.
    pub reason: Option<String>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Move. The new time is taken beside the old one; which of them is given back, the provider's answer decides.
pub async fn reschedule(
    app: &App,
    scope: &Scope,
    request: RescheduleRequest,
) -> Result<Outcome, ChangeError> {
    let of = changeable(app, scope, &request.booking, Operation::Reschedule).await?;
    let booking = &of.found.booking;
    if booking.status != "scheduled" {
        return Err(ChangeError::NotAhead(booking.status.clone()));
    }
    let is_there = booking.scheduled_at == Some(request.start);
    if is_there && Box::pin(is_so(app, scope, &of, &request)).await? {
        return Ok(Outcome::Done(Box::new(of.found)));
    }
    if request.start <= app.clock.now() {
        return Err(ChangeError::InThePast);
    }
    let desk = Desk::of(app, scope, &of, &request).await?;
    app.crash_points.pass(Point::Wanted).await;
    let mut tries = Tries::new();
    let taken = loop {
        match take(app, scope, &of, &desk, &request).await {
            Err(error) if tries.again(&error) => {}
            other => break other?,
        }
    };
    let intent = match taken {
        Taken::New(intent) => intent,
        Taken::UnderWay(intent) if !is_to(&intent, request.start) => {
            let until = intent.next_look_at.unwrap_or_else(|| app.clock.now());
            return Err(SettleError::UnderWay { until }.into());
        }
        Taken::UnderWay(intent) => return told(app, scope, intent).await,
        Taken::BySomebody => return Err(desk.taken(app, scope, request.start).await),
    };
    app.crash_points.pass(Point::WrittenDown).await;
    let intent = Box::pin(see_through(app, scope, intent, request.lane)).await?;
    match told(app, scope, intent).await {
        Err(ChangeError::NotDone(NotDone::Taken { .. })) => {
            Err(desk.anew().taken(app, scope, request.start).await)
        }
        other => other,
    }
}

/// Whether the provider has the booking at the time at which we know it: nobody may have told us that it moved since. Where
/// it has not, asking for the move finds out what it became.
async fn is_so(
    app: &App,
    scope: &Scope,
    of: &Changeable,
    request: &RescheduleRequest,
) -> Result<bool, SettleError> {
    let target = target(app, scope, of.found.booking.connection_id).await?;
    let call = bookings::get(target.profile, &of.uid);
    let shown = ask(app, &target, &call, Wish::of(request.lane)).await?;
    let shown = shown.value.first;
    let takes_place = match shown.status {
        BookingStatus::Cancelled | BookingStatus::Rejected => false,
        _ => shown.rescheduled_to.is_none(),
    };
    Ok(takes_place && shown.start == request.start)
}

/// Whether an intent moves its booking to that time.
fn is_to(intent: &Intent, start: Timestamp) -> bool {
    matches!(Order::of(intent), Ok(Order::Reschedule(to)) if to.start == start)
}

/// What guards the booking's event type.
struct Desk {
    guard: Guard,
    search: Search,
    slot: Slot,
}

impl Desk {
    async fn of(
        app: &App,
        scope: &Scope,
        of: &Changeable,
        request: &RescheduleRequest,
    ) -> Result<Self, ChangeError> {
        let booking = &of.found.booking;
        let target = target(app, scope, booking.connection_id)
            .await
            .map_err(ChangeError::Target)?;
        let (named, subject) = subject_of(app, scope, of).await?;
        let length = booking
            .ends_at
            .zip(booking.scheduled_at)
            .map_or(USUAL_LENGTH, |(end, start)| end.duration_since(start));
        let end = request.start.checked_add(length);
        Ok(Self {
            guard: Guard::of(&subject, &target.base),
            search: Search {
                event_type: named,
                duration: None,
                moving: Some((booking.id, Some(of.uid.clone()))),
                age: Age::Remembered,
                lane: request.lane,
            },
            slot: Slot {
                start: request.start,
                end: end.unwrap_or(request.start),
            },
        })
    }

    /// What is remembered offers the time still.
    fn anew(mut self) -> Self {
        self.search.age = Age::New;
        self
    }

    async fn taken(&self, app: &App, scope: &Scope, start: Timestamp) -> ChangeError {
        let search = &self.search;
        let alternatives = search.instead_of(app, scope, start).await;
        ChangeError::NotDone(NotDone::Taken { alternatives })
    }
}

/// The event type of a booking, and the id under which it is known; it may be the default one, which needs none.
pub(super) async fn subject_of(
    app: &App,
    scope: &Scope,
    of: &Changeable,
) -> Result<(Option<String>, Subject), ChangeError> {
    let booking = &of.found.booking;
    let id = booking.event_type_id.clone().unwrap_or_default();
    let mut tx = app.store.read().await?;
    let named = slots::subject(app, &mut tx, scope, Some(&id)).await;
    let default = slots::subject(app, &mut tx, scope, None).await;
    tx.rollback().await?;
    match (named, default) {
        (Err(SubjectError::Store(error)), _) | (_, Err(SubjectError::Store(error))) => {
            Err(error.into())
        }
        (Ok(subject), _) => Ok((Some(id), subject)),
        (Err(_), Ok(subject)) if subject.external_id == id => Ok((None, subject)),
        // Nobody told us of it, or it is not offered any more; its bookings can be moved.
        _ => {
            let registry = app.registry.current(&app.store, app.clock.now()).await;
            let known = registry
                .find(scope.tenant_id(), booking.connection_id)
                .ok_or(ChangeError::Target(TargetError::NoConnection))?;
            let subject = Subject {
                connection: std::sync::Arc::clone(known),
                external_id: id.clone(),
                event_type: None,
                hosts: Vec::new(),
            };
            Ok((Some(id), subject))
        }
    }
}

/// What came of taking the new time.
enum Taken {
    /// It is ours, and the intent is written down.
    New(Intent),
    /// The booking is being moved already.
    UnderWay(Intent),
    /// Somebody else has it.
    BySomebody,
}

async fn take(
    app: &App,
    scope: &Scope,
    of: &Changeable,
    desk: &Desk,
    request: &RescheduleRequest,
) -> Result<Taken, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    if let Some(intent) = under_way(&mut tx, scope, of, IntentKind::Reschedule).await? {
        tx.rollback().await?;
        return Ok(Taken::UnderWay(intent));
    }
    let claimed = claims::list_of_booking(&mut tx, scope, of.found.booking.id).await?;
    let taking = Taking {
        slot: desk.slot,
        owner: &Owner::new(scope, &Uuid::new_v4().to_string()),
        instead_of: claimed.last().map(|claim| claim.id),
    };
    let Some(claim) = desk.guard.take(&mut tx, scope, &taking, None, now).await? else {
        tx.rollback().await?;
        return Ok(Taken::BySomebody);
    };
    let order = Order::Reschedule(RescheduleOrder {
        uid: of.uid.clone(),
        start: request.start,
        reason: request.reason.clone(),
    });
    let intent = write_down(&mut tx, scope, of, &order, Some(&claim), now).await?;
    tx.commit().await?;
    Ok(Taken::New(intent))
}
