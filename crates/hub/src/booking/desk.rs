//! What is to be booked: the event type, what guards it, and the times that would do.

use std::sync::Arc;

use calbridge_core::{availability::Slot, lane::Lane, provider::Provider, scope::Scope};
use calbridge_store::tenants::TenantSettings;
use jiff::{SignedDuration, Timestamp};

use super::{BookError, BookRequest, NotDone, free::Search, guard::Guard, making::Provided};
use crate::{
    app::App,
    slots::{self, Age, SlotsError, Subject},
    upstream::target_of,
};

/// Of so many free times, the first that nobody else takes at this moment is booked.
const CANDIDATES: usize = 50;

/// What is booked or held, and what guards it.
pub(super) struct Desk {
    pub subject: Subject,
    /// The provider's number of the event type.
    pub event_type: i64,
    pub guard: Guard,
    pub search: Search,
    pub tenant: Arc<TenantSettings>,
}

impl Desk {
    /// For a request.
    pub async fn of(
        app: &App,
        scope: &Scope,
        request: &BookRequest,
        provided: Provided,
    ) -> Result<Self, BookError> {
        let event_type = request.event_type.as_deref();
        let mut desk = Self::open(app, scope, event_type, request.duration, request.lane).await?;
        // What a stored booking takes is free for itself.
        desk.search.moving = provided.booking().map(|id| (id, None));
        Ok(desk)
    }

    /// For an event type, in one of its lengths.
    pub async fn open(
        app: &App,
        scope: &Scope,
        event_type: Option<&str>,
        duration: Option<u32>,
        lane: Lane,
    ) -> Result<Self, BookError> {
        let named = event_type.map(str::to_owned);
        let mut tx = app.store.read().await?;
        let subject = slots::subject(app, &mut tx, scope, event_type)
            .await
            .map_err(SlotsError::from)?;
        tx.rollback().await?;
        let by_hand = || {
            let event_type = subject.event_type.as_ref();
            let link = event_type.and_then(|event_type| event_type.booking_url.clone());
            BookError::ByHand { link }
        };
        if subject.connection.connection.provider != Provider::CalCom {
            return Err(by_hand());
        }
        let event_type = subject.number().ok_or_else(by_hand)?;
        let target = target_of(app, &subject.connection)
            .await
            .map_err(BookError::Target)?;
        let registry = app.registry.current(&app.store, app.clock.now()).await;
        Ok(Self {
            event_type,
            guard: Guard::of(&subject, &target.base),
            search: Search {
                event_type: named,
                duration: length(&subject, duration)?,
                moving: None,
                age: Age::Remembered,
                lane,
            },
            tenant: registry.settings(scope.tenant_id()),
            subject,
        })
    }

    /// The times that would do, in order.
    pub async fn candidates(
        &self,
        app: &App,
        scope: &Scope,
        wanted: Option<Timestamp>,
    ) -> Result<Vec<Slot>, BookError> {
        let now = app.clock.now();
        let Some(start) = wanted else {
            let search = &self.search;
            let free = search.next(app, scope, now, CANDIDATES).await?;
            return if free.is_empty() {
                Err(BookError::NothingFree)
            } else {
                Ok(free)
            };
        };
        if start <= now {
            return Err(BookError::InThePast);
        }
        let known = self.subject.event_type.as_ref();
        let minutes = self.search.duration.or(known.and_then(|one| one.length));
        let end = minutes.and_then(|minutes| {
            start
                .checked_add(SignedDuration::from_mins(minutes.into()))
                .ok()
        });
        match end {
            Some(end) => Ok(vec![Slot { start, end }]),
            // Only the provider knows how long it takes.
            None => match self.search.at(app, scope, start).await? {
                Some(slot) => Ok(vec![slot]),
                None => Err(self.taken(app, scope, &self.search, start).await),
            },
        }
    }

    /// Somebody else has the time; others that are free.
    pub async fn taken(
        &self,
        app: &App,
        scope: &Scope,
        search: &Search,
        start: Timestamp,
    ) -> BookError {
        let alternatives = search.instead_of(app, scope, start).await;
        BookError::NotDone(NotDone::Taken { alternatives })
    }
}

/// The length to ask for, where there is a choice.
pub(super) fn length(subject: &Subject, wanted: Option<u32>) -> Result<Option<u32>, SlotsError> {
    let Some((wanted, event_type)) = wanted.zip(subject.event_type.as_ref()) else {
        return Ok(wanted);
    };
    if event_type.lengths.0.contains(&wanted) {
        Ok(Some(wanted))
    } else if event_type.length == Some(wanted) {
        Ok(None)
    } else {
        Err(SlotsError::NoSuchLength(wanted))
    }
}
