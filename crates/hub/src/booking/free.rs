//! The next free times of an event type: to book one when no time was asked for, and to offer others when it is taken.

use calbridge_core::{
    availability::{Range, Slot},
    ids::BookingId,
    lane::Lane,
    scope::Scope,
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    app::App,
    slots::{self, Age, SlotsError, SlotsRequest, Span, Zones},
};

/// So many other times are offered.
const ALTERNATIVES: usize = 3;

/// How far ahead is looked, step by step, in days.
const STEPS: [i64; 2] = [14, 60];

/// Free times of what.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// Any id of the event type; `None`: the default one.
    pub event_type: Option<String>,
    /// Minutes, where the event type has several lengths.
    pub duration: Option<u32>,
    /// The booking that is to move, and its uid at the provider.
    pub moving: Option<(BookingId, Option<String>)>,
    /// How old the answer may be.
    pub age: Age,
    /// Who waits for it.
    pub lane: Lane,
}

impl Search {
    /// The next free times at or after an instant, at most so many.
    pub async fn next(
        &self,
        app: &App,
        scope: &Scope,
        after: Timestamp,
        most: usize,
    ) -> Result<Vec<Slot>, SlotsError> {
        let now = app.clock.now();
        let mut start = after.max(now);
        for days in STEPS {
            let end = after
                .max(now)
                .checked_add(SignedDuration::from_hours(days * 24));
            let end = end.unwrap_or(start);
            let mut free = self.within(app, scope, Range { start, end }).await?;
            if !free.is_empty() {
                free.truncate(most);
                return Ok(free);
            }
            start = end;
        }
        Ok(Vec::new())
    }

    /// Other times than one that is taken; none where they cannot be looked up.
    pub async fn instead_of(&self, app: &App, scope: &Scope, start: Timestamp) -> Vec<Slot> {
        match self.next(app, scope, start, ALTERNATIVES + 1).await {
            Ok(mut slots) => {
                slots.retain(|slot| slot.start != start);
                slots.truncate(ALTERNATIVES);
                slots
            }
            Err(error) => {
                tracing::info!("Other free times could not be looked up: {error}");
                Vec::new()
            }
        }
    }

    /// The slot that begins at an instant, if the provider offers it.
    pub async fn at(
        &self,
        app: &App,
        scope: &Scope,
        start: Timestamp,
    ) -> Result<Option<Slot>, SlotsError> {
        let end = start.checked_add(SignedDuration::from_mins(1));
        let end = end.unwrap_or(start);
        let slots = self.within(app, scope, Range { start, end }).await?;
        Ok(slots.into_iter().find(|slot| slot.start == start))
    }

    async fn within(
        &self,
        app: &App,
        scope: &Scope,
        range: Range,
    ) -> Result<Vec<Slot>, SlotsError> {
        let request = SlotsRequest {
            event_type: self.event_type.clone(),
            span: Span::Instants(range),
            zones: Zones {
                named: Some(TimeZone::UTC),
                ..Zones::default()
            },
            duration: self.duration,
            host: None,
            moving: self.moving.clone(),
            age: self.age,
            lane: self.lane,
        };
        Ok(slots::find(app, scope, &request).await?.slots)
    }
}
