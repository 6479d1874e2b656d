//! Opening hours and what is taken of them, as the provider says at this moment.
//!
//! Opening hours are those of the schedule that the event type names, or of the default one where one person hosts it.
//! An API key reads the schedules of its owner only: where others host as well, what the provider offers stands in.

mod hours;

use std::sync::Arc;

use calbridge_core::{
    availability::{Range, merged, opening_hours},
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{
    Call, ErrorKind, Schedule, SlotsQuery,
    calendars::{self, BusyTimesQuery, CalendarRef},
    schedules,
};
use jiff::{
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use super::{
    Age, SlotsError, Span, Subject, Zones, find,
    offered::{offered, widened},
    subject,
    taken::{InTheWay, taken},
    zone,
};
use crate::{
    app::App,
    upstream::{AskError, Target, Wish, ask, server, target_of},
};

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct OpeningRequest {
    /// Any id of the event type.
    pub event_type: String,
    /// The first day.
    pub from: Date,
    /// The last day; it is included.
    pub to: Date,
    /// In whose zone days begin.
    pub zones: Zones,
    /// Who waits for it.
    pub lane: Lane,
}

/// When it is open, and what is taken. The one is not subtracted from the other.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Opening {
    /// Opening hours, in order.
    pub open: Vec<Range>,
    /// What is taken, in order.
    pub busy: Vec<Range>,
}

/// Ask the provider when it is open and busy, whatever is remembered.
pub async fn opening(
    app: &App,
    scope: &Scope,
    request: &OpeningRequest,
) -> Result<Opening, SlotsError> {
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    let settings = snapshot.settings(scope.tenant_id());
    let mut tx = app.store.read().await?;
    let zone = zone(&mut tx, scope, &request.zones, &settings).await?;
    let window = find::asked(Span::Days(request.from, request.to), &zone)?;
    let subject = subject(app, &mut tx, scope, Some(&request.event_type)).await?;
    let asked = InTheWay {
        subject: &subject,
        server: &server(app, &subject.connection.connection).map_err(SlotsError::Target)?,
        window,
        moving: None,
    };
    let taken = taken(&mut tx, scope, asked, app.clock.now()).await?;
    tx.rollback().await?;

    let target = target_of(app, &subject.connection)
        .await
        .map_err(SlotsError::Target)?;
    let asking = Asking {
        app,
        target: &target,
        subject: &subject,
        window,
        lane: request.lane,
    };
    let (open, calendars) = tokio::try_join!(asking.open(), asking.calendars())
        .map_err(|error| SlotsError::Ask(Arc::new(error)))?;
    let open = match open {
        Some(open) => open,
        None => asking.offered().await?,
    };
    let capacity = subject.event_type.as_ref().and_then(|it| it.seats);
    let ours = taken.iter().filter(|taken| {
        // A group meeting with places left is not taken.
        let left = taken
            .seats
            .zip(capacity)
            .is_some_and(|(gone, all)| gone < all);
        !left
    });
    let mut busy: Vec<Range> = ours
        .map(|taken| Range {
            start: taken.start,
            end: taken.end,
        })
        .chain(calendars)
        .collect();
    busy.retain(|range| range.start < window.end && window.start < range.end);
    Ok(Opening {
        open,
        busy: merged(busy),
    })
}

struct Asking<'a> {
    app: &'a App,
    target: &'a Target,
    subject: &'a Subject,
    window: Range,
    lane: Lane,
}

impl Asking<'_> {
    /// What the key may not see, or what is not there, is `None`.
    async fn ask<T>(&self, call: Call<T>) -> Result<Option<T>, AskError> {
        match ask(self.app, self.target, &call, Wish::of(self.lane)).await {
            Ok(answered) => Ok(Some(answered.value)),
            Err(AskError::Provider(error))
                if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Opening hours; `None` where no schedule that can be read says them all.
    async fn open(&self) -> Result<Option<Vec<Range>>, AskError> {
        let Some(schedule) = self.schedule().await? else {
            return Ok(None);
        };
        let Ok(zone) = TimeZoneDatabase::bundled().get(&schedule.time_zone) else {
            return Ok(None);
        };
        let (rules, overrides) = hours::of(&schedule);
        Ok(Some(opening_hours(&rules, &overrides, &zone, self.window)))
    }

    async fn schedule(&self) -> Result<Option<Schedule>, AskError> {
        let profile = self.target.profile;
        let known = self.subject.event_type.as_ref();
        if let Some(id) = known.and_then(|event_type| event_type.schedule_id) {
            return self.ask(schedules::get(profile, id)).await;
        }
        if known.is_some_and(|event_type| event_type.scheduling_type.is_some()) {
            return Ok(None);
        }
        let schedule = self.ask(schedules::default(profile)).await?.flatten();
        Ok(schedule.filter(|schedule| self.is_hosted_only_by(schedule.owner_id)))
    }

    fn is_hosted_only_by(&self, user: i64) -> bool {
        let mut hosts = self.subject.hosts.iter();
        hosts.all(|host| host.provider_user_id == user.to_string())
    }

    /// What the provider offers, as stretches.
    async fn offered(&self) -> Result<Vec<Range>, SlotsError> {
        let Some(event_type) = self.subject.reference() else {
            return Ok(Vec::new());
        };
        let question = widened(self.window);
        let query = SlotsQuery {
            event_type,
            from: question.start,
            to: question.end,
            duration: None,
            host: None,
            reschedule: None,
        };
        let now = self.app.clock.now();
        let found = offered(self.app, self.target, query, Age::New, self.lane, now)
            .await
            .map_err(SlotsError::Ask)?;
        let slots = found.value.iter().map(find::slot).map(|slot| Range {
            start: slot.start.max(self.window.start),
            end: slot.end.min(self.window.end),
        });
        Ok(merged(slots.collect()))
    }

    /// What the calendars of the key's owner say, if there are any.
    async fn calendars(&self) -> Result<Vec<Range>, AskError> {
        let Some(known) = self.ask(calendars::list()).await? else {
            return Ok(Vec::new());
        };
        let connected = known.connected.into_iter().flat_map(|one| one.calendars);
        let calendars: Vec<CalendarRef> = connected
            .filter(|calendar| calendar.selected)
            .map(|calendar| calendar.id)
            .collect();
        if calendars.is_empty() {
            return Ok(Vec::new());
        }
        let day = |at: jiff::Timestamp| at.to_zoned(TimeZone::UTC).date();
        let query = BusyTimesQuery {
            time_zone: "UTC".to_owned(),
            from: day(self.window.start),
            to: day(self.window.end),
            calendars,
        };
        let busy = self.ask(calendars::busy_times(&query)).await?;
        Ok(busy
            .unwrap_or_default()
            .iter()
            .map(|busy| Range {
                start: busy.start,
                end: busy.end,
            })
            .collect())
    }
}
