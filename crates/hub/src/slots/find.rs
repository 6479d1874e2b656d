//! The use case: which slots are free.

use std::sync::Arc;

use calbridge_core::{
    availability::{Free, HostRule, NoSlots, Offer, Range, Rules, Slot, Taken, free, window},
    ids::BookingId,
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{ErrorKind, OfferedSlot, SlotsQuery};
use calbridge_store::StoreError;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};

use super::{
    Subject, SubjectError, Zones,
    booking_window::horizon,
    offered::{offered, widened},
    subject,
    taken::{InTheWay, host_rule, taken},
    zone,
};
use crate::{
    app::App,
    upstream::{AskError, Found, Seen, TargetError, server, target_of},
};

/// A question may be about this many days.
const MOST_DAYS: i64 = 62;

/// How old an answer may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
    /// What is remembered will do, as long as nothing happened.
    Remembered,
    /// The provider is asked in any case.
    New,
}

/// From when until when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Span {
    /// Days in the caller's zone, the last one included.
    Days(Date, Date),
    /// Instants.
    Instants(Range),
}

/// What is asked.
#[derive(Clone, PartialEq, Debug)]
pub struct SlotsRequest {
    /// Any id of the event type; `None`: the default one.
    pub event_type: Option<String>,
    /// From when until when.
    pub span: Span,
    /// In whose zone days begin.
    pub zones: Zones,
    /// Minutes, where the event type has several lengths.
    pub duration: Option<u32>,
    /// The provider's number of the one host that is wanted.
    pub host: Option<i64>,
    /// The booking that is to move, and its uid at the provider: its own time counts as free.
    pub moving: Option<(BookingId, Option<String>)>,
    /// How old the answer may be.
    pub age: Age,
    /// Who waits for it.
    pub lane: Lane,
}

/// What is free.
#[derive(Clone, Debug)]
pub struct Availability {
    /// The event type; `None` where nothing is configured.
    pub subject: Option<Subject>,
    /// The zone in which days begin.
    pub zone: TimeZone,
    /// The instants that were asked about.
    pub window: Range,
    /// What is free, in order.
    pub slots: Vec<Slot>,
    /// Why there is nothing.
    pub reason: Option<NoneFree>,
    /// As of when.
    pub as_of: Timestamp,
    /// The moment in the order of what happened, from before anything was looked up.
    pub seen: Seen,
}

/// Why nothing is free (FL-47).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoneFree {
    /// There is no event type to book, or no key to ask with.
    NotConfigured,
    /// As the offers say.
    Slots(NoSlots),
}

impl NoneFree {
    /// One word, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Slots(why) => why.as_str(),
        }
    }

    /// What somebody can do about it.
    pub fn advice(self) -> &'static str {
        match self {
            Self::NotConfigured => {
                "no event type can be booked yet: connect Cal.com with an API key, sync the event types, and choose a default one"
            }
            Self::Slots(NoSlots::NothingOffered) => {
                "the provider offers nothing then: check the availability, the connected calendars and the time zone of the host"
            }
            Self::Slots(NoSlots::TooSoon) => {
                "that is sooner than the event type's minimum notice allows"
            }
            Self::Slots(NoSlots::TooFar) => {
                "that is further ahead than the event type can be booked"
            }
            Self::Slots(NoSlots::AllTaken) => "everything offered then is taken",
        }
    }
}

/// Why it cannot be said what is free.
#[derive(Debug, thiserror::Error)]
pub enum SlotsError {
    /// What is to be booked.
    #[error(transparent)]
    Subject(SubjectError),
    /// The days are the wrong way round.
    #[error("the last day is before the first")]
    Inverted,
    /// Too many days at once.
    #[error("at most {MOST_DAYS} days at once")]
    TooLong,
    /// The event type does not have that length.
    #[error("the event type has no length of {0} minutes")]
    NoSuchLength(u32),
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(TargetError),
    /// The provider did not say.
    #[error(transparent)]
    Ask(Arc<AskError>),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<SubjectError> for SlotsError {
    fn from(error: SubjectError) -> Self {
        match error {
            SubjectError::Store(error) => Self::Store(error),
            other => Self::Subject(other),
        }
    }
}

impl SlotsError {
    /// The provider says that there is no such event type (FL-46).
    pub fn is_missing_event_type(&self) -> bool {
        matches!(self, Self::Ask(error) if matches!(
            &**error,
            AskError::Provider(error) if error.kind == ErrorKind::NotFound
        ))
    }
}

/// What is free.
pub async fn find(
    app: &App,
    scope: &Scope,
    request: &SlotsRequest,
) -> Result<Availability, SlotsError> {
    let looked = look(app, scope, request).await?;
    let Some(offer) = looked.offer else {
        return Ok(Availability {
            subject: looked.subject,
            zone: looked.zone,
            window: looked.window,
            slots: Vec::new(),
            reason: Some(NoneFree::NotConfigured),
            as_of: looked.now,
            seen: looked.seen,
        });
    };
    let of = Offer {
        slots: &offer.slots,
    };
    let Free { slots, reason } = free(of, &offer.taken, &offer.rules, looked.window, looked.now);
    Ok(Availability {
        subject: looked.subject,
        zone: looked.zone,
        window: looked.window,
        slots,
        reason: reason.map(NoneFree::Slots),
        as_of: offer.as_of,
        seen: looked.seen,
    })
}

/// Everything that decides what is free.
pub(super) struct Looked {
    /// The event type; `None` where nothing is configured.
    pub subject: Option<Subject>,
    /// The zone in which days begin.
    pub zone: TimeZone,
    /// The instants that are asked about.
    pub window: Range,
    /// What is offered; `None` where nobody could be asked.
    pub offer: Option<Offered>,
    /// The moment it is asked.
    pub now: Timestamp,
    /// The moment in the order of what happened, from before anything was looked up.
    pub seen: Seen,
}

/// What is offered, and what stands against it.
pub(super) struct Offered {
    /// What the provider offers.
    pub slots: Vec<Slot>,
    /// What of ours is in the way.
    pub taken: Vec<Taken>,
    /// Our rules.
    pub rules: Rules,
    /// When the provider was asked.
    pub as_of: Timestamp,
}

/// Look up everything that decides what is free.
pub(super) async fn look(
    app: &App,
    scope: &Scope,
    request: &SlotsRequest,
) -> Result<Looked, SlotsError> {
    let seen = app.upstream.freshness.now();
    let now = app.clock.now();
    let settings = app
        .registry
        .current(&app.store, now)
        .await
        .settings(scope.tenant_id());
    let mut tx = app.store.read().await?;
    let zone = zone(&mut tx, scope, &request.zones, &settings).await?;
    let window = asked(request.span, &zone)?;
    let mut looked = Looked {
        subject: None,
        zone,
        window,
        offer: None,
        now,
        seen,
    };
    let subject = match subject(app, &mut tx, scope, request.event_type.as_deref()).await {
        Ok(subject) => subject,
        Err(SubjectError::NoDefault) => return Ok(looked),
        Err(error) => return Err(error.into()),
    };
    let asked = InTheWay {
        subject: &subject,
        server: &server(app, &subject.connection.connection).map_err(SlotsError::Target)?,
        window,
        moving: request.moving.as_ref().map(|(id, _)| *id),
    };
    let taken = taken(&mut tx, scope, asked, now).await?;
    tx.rollback().await?;

    let target = match target_of(app, &subject.connection).await {
        Ok(target) => Some(target),
        Err(TargetError::NoKey(_)) => None,
        Err(error) => return Err(SlotsError::Target(error)),
    };
    if let Some((target, event_type)) = target.zip(subject.reference()) {
        let Asked { rules, duration } = rules(&subject, request)?;
        let question = widened(window);
        let query = SlotsQuery {
            event_type,
            from: question.start,
            to: question.end,
            duration,
            host: request.host,
            reschedule: request.moving.as_ref().and_then(|(_, uid)| uid.clone()),
        };
        let ahead = now + rules.minimum_notice;
        let Found { value, at, .. } =
            offered(app, &target, query, request.age, request.lane, ahead)
                .await
                .map_err(SlotsError::Ask)?;
        looked.offer = Some(Offered {
            slots: value.iter().map(slot).collect(),
            taken,
            rules,
            as_of: at,
        });
    }
    looked.subject = Some(subject);
    Ok(looked)
}

pub(super) fn asked(span: Span, zone: &TimeZone) -> Result<Range, SlotsError> {
    let range = match span {
        Span::Days(from, to) if to < from => return Err(SlotsError::Inverted),
        Span::Days(from, to) => window(from, to, zone),
        Span::Instants(range) if range.end < range.start => return Err(SlotsError::Inverted),
        Span::Instants(range) => range,
    };
    let length = range.end.duration_since(range.start);
    // Days may be longer than 24 hours.
    if length > SignedDuration::from_hours(24 * MOST_DAYS + 2) {
        return Err(SlotsError::TooLong);
    }
    Ok(range)
}

pub(super) fn slot(offered: &OfferedSlot) -> Slot {
    Slot {
        start: offered.start,
        end: offered.end,
    }
}

struct Asked {
    rules: Rules,
    /// The length to ask for, where the event type has several.
    duration: Option<u32>,
}

/// The provider applies its own rules to what it offers. Ours apply to what we know better: stricter edits of ours, and
/// buffers around our own bookings.
fn rules(subject: &Subject, request: &SlotsRequest) -> Result<Asked, SlotsError> {
    let minutes = |value: Option<u32>| SignedDuration::from_mins(value.unwrap_or(0).into());
    let Some(event_type) = &subject.event_type else {
        let rules = Rules {
            hosts: HostRule::One,
            ..Rules::default()
        };
        return Ok(Asked {
            rules,
            duration: request.duration,
        });
    };
    let lengths = &event_type.lengths.0;
    let duration = match request.duration {
        Some(wanted) if lengths.contains(&wanted) => Some(wanted),
        Some(wanted) if event_type.length == Some(wanted) => None,
        Some(wanted) => return Err(SlotsError::NoSuchLength(wanted)),
        None => None,
    };
    let rules = Rules {
        before_buffer: minutes(event_type.before_buffer),
        after_buffer: minutes(event_type.after_buffer),
        minimum_notice: minutes(event_type.minimum_notice),
        hosts: host_rule(subject),
        capacity: event_type.seats,
        horizon: event_type.booking_window.as_ref().and_then(horizon),
        ..Rules::default()
    };
    Ok(Asked { rules, duration })
}
