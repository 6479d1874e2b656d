//! Store a booking without asking its provider.

use calbridge_core::{
    availability::Slot,
    change::{Attendee, BOOKER, Cause, CauseRole, Change, Dated, Details, Identity, What},
    claim::Owner,
    ids::BookingId,
    person::PersonName,
    scope::Scope,
    state::Confirmation,
};
use calbridge_store::{StoreError, leads::Lead, sql::Tx, stored_bookings};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::wish::Wish;
use crate::{
    app::App,
    booking::{
        BookError, BookRequest, FindBookingError, FoundBooking, NotDone,
        book::lead,
        desk::length,
        find,
        free::Search,
        guard::{Guard, Taking},
    },
    connections::Snapshot,
    inbox::{
        apply::{self, Item, Rules},
        tries::Tries,
    },
    slots::{self, Age, SlotsError, Subject},
    upstream::server,
};

/// For event types of which nobody knows how long they take.
const USUAL_LENGTH: u32 = 30;

/// Store a booking. It waits for its host until it is pushed, and nobody else can have its time.
pub async fn store(
    app: &App,
    scope: &Scope,
    request: BookRequest,
) -> Result<FoundBooking, BookError> {
    let start = request.start.ok_or_else(|| BookError::Missing {
        field: "start_time".to_owned(),
        why: "what is only stored needs its time",
    })?;
    if start <= app.clock.now() {
        return Err(BookError::InThePast);
    }
    let lead = lead(app, scope, &request).await?;
    let desk = Desk::of(app, scope, &request, start).await?;
    let wish = json!(Wish::of(request.clone(), lead.id, start));
    let mut tries = Tries::new();
    let stored = loop {
        let writing = try_store(app, scope, &desk, (&request, &lead), &wish);
        match Box::pin(writing).await {
            Err(error) if tries.again(&error) => {}
            other => break other?,
        }
    };
    let Some(id) = stored else {
        let alternatives = desk.search.instead_of(app, scope, start).await;
        return Err(BookError::NotDone(NotDone::Taken { alternatives }));
    };
    find(app, scope, &id).await.map_err(|error| match error {
        FindBookingError::Store(error) => BookError::Store(error),
        FindBookingError::NotFound(_) | FindBookingError::Ambiguous(_) => BookError::IsOff,
    })
}

/// What is stored, and what guards it.
struct Desk {
    subject: Subject,
    guard: Guard,
    search: Search,
    slot: Slot,
}

impl Desk {
    async fn of(
        app: &App,
        scope: &Scope,
        request: &BookRequest,
        start: Timestamp,
    ) -> Result<Self, BookError> {
        let mut tx = app.store.read().await?;
        let subject = slots::subject(app, &mut tx, scope, request.event_type.as_deref())
            .await
            .map_err(SlotsError::from)?;
        tx.rollback().await?;
        let base = server(app, &subject.connection.connection).map_err(BookError::Target)?;
        let duration = length(&subject, request.duration)?;
        let known = subject.event_type.as_ref().and_then(|one| one.length);
        let minutes = duration.or(known).unwrap_or(USUAL_LENGTH);
        let end = start.checked_add(SignedDuration::from_mins(minutes.into()));
        Ok(Self {
            guard: Guard::of(&subject, &base),
            search: Search {
                event_type: request.event_type.clone(),
                duration,
                moving: None,
                age: Age::Remembered,
                lane: request.lane,
            },
            slot: Slot {
                start,
                end: end.unwrap_or(start),
            },
            subject,
        })
    }
}

/// The id of the booking; `None` when somebody has the time.
async fn try_store(
    app: &App,
    scope: &Scope,
    desk: &Desk,
    (request, lead): (&BookRequest, &Lead),
    wish: &serde_json::Value,
) -> Result<Option<String>, StoreError> {
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let mut tx = app.store.write().await?;
    let change = fact(scope, request, lead, desk, now);
    let Some(id) = tell(&mut tx, scope, &registry, desk, change, now).await? else {
        return Err(StoreError::Busy);
    };
    let taking = Taking {
        slot: desk.slot,
        owner: &Owner::new(scope, &Uuid::new_v4().to_string()),
        instead_of: None,
    };
    let taken = desk
        .guard
        .take(&mut tx, scope, &taking, Some(id), now)
        .await?;
    if taken.is_none() {
        tx.rollback().await?;
        return Ok(None);
    }
    stored_bookings::insert(&mut tx, scope, id, wish, now).await?;
    tx.commit().await?;
    Ok(Some(id.to_string()))
}

async fn tell(
    tx: &mut Tx,
    scope: &Scope,
    registry: &Snapshot,
    desk: &Desk,
    change: Change,
    now: Timestamp,
) -> Result<Option<BookingId>, StoreError> {
    let connection = &desk.subject.connection.connection;
    let settings = registry.settings(scope.tenant_id());
    let rules = Rules {
        tenant: &settings,
        connections: registry,
    };
    let items = [Item {
        connection_id: connection.id,
        provider: connection.provider,
        creates_leads: false,
        webhook_event_id: None,
        actor: scope.actor().clone(),
        booking_id: None,
        changes: vec![change],
        payload: None,
    }];
    apply::lock(tx, &[(scope, items.as_slice())]).await?;
    let applied = apply::apply(tx, scope, rules, &items, None, now).await?;
    Ok(applied.into_iter().flat_map(|one| one.bookings).next())
}

/// The booking as it is asked for here. Its provider has not heard of it, so the host has not agreed.
fn fact(scope: &Scope, request: &BookRequest, lead: &Lead, desk: &Desk, now: Timestamp) -> Change {
    let attendee = &request.attendee;
    let name = attendee.name.clone().unwrap_or_else(|| lead.name.clone());
    let email = attendee
        .email
        .as_ref()
        .map(|email| email.as_str().to_owned());
    let phone = attendee
        .phone
        .as_ref()
        .map(|phone| phone.as_str().to_owned());
    let booker = Attendee {
        key: BOOKER.to_owned(),
        name: Some(PersonName::split(&name)).filter(|name| !name.full.is_empty()),
        email: email.or_else(|| lead.email.clone()),
        phone: phone.or_else(|| lead.phone.clone()),
        time_zone: attendee
            .time_zone
            .clone()
            .or_else(|| lead.time_zone.clone()),
        language: attendee.language.clone().or_else(|| lead.language.clone()),
        ..Attendee::default()
    };
    let event_type = desk.subject.event_type.as_ref();
    Change {
        identity: Identity::default(),
        occurred_at: now,
        dated: Dated::ByProvider,
        cause: Some(Cause {
            role: CauseRole::Operator,
            who: Some(scope.actor().label()),
        }),
        what: What::Created {
            confirmation: Confirmation::Pending,
        },
        details: Box::new(Details {
            title: event_type.map(|one| one.title.clone()),
            notes: request.notes.clone(),
            start: Some(desk.slot.start),
            end: Some(desk.slot.end),
            event_type: Some(desk.subject.external_id.clone()),
            event_type_slug: event_type.and_then(|one| one.slug.clone()),
            attendees: vec![booker],
            lead_id: Some(lead.id.0),
            ..Details::default()
        }),
    }
}
