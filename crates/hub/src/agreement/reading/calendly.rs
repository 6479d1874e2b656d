//! Calendly's list: scheduled events by when they start, and for each who comes.
//!
//! It cannot be asked for what changed. A whole reading goes through all stretches of time, from years ago to as far ahead
//! as anybody books; another one looks at what is ahead, and asks only about events that changed or may change unseen.

use calbridge_core::lane::Lane;
use calbridge_providers::{
    calcom_api::{Call, ErrorKind},
    calendly_api::{
        self, EventsOf, EventsQuery, Invitee, ScheduledEvent, event, events, invitees, me,
    },
};
use jiff::SignedDuration;

use super::{List, Listed, Page, Place, RECENT, Reach, Record, listed_as, unless_missing};
use crate::{
    app::App,
    upstream::{AskError, Target, Wish, ask},
};

/// Events of one page. Each may need a question of its own.
const PAGE: u32 = 10;

const DAY: i64 = 24;

/// What starts within so much time is read together.
const WINDOW: SignedDuration = SignedDuration::from_hours(31 * DAY);

/// As far ahead as anybody books.
const AHEAD: SignedDuration = SignedDuration::from_hours(400 * DAY);

/// As far back as history is read.
const HISTORY: SignedDuration = SignedDuration::from_hours(5 * 366 * DAY);

/// Pages of one event's invitees, at most.
const MOST_PAGES: usize = 100;

/// Everybody's events, for whom they are shown to; or else those of the token's owner.
pub(super) async fn list(app: &App, target: &Target) -> Result<List, AskError> {
    let account = asked(app, target, &me()).await?;
    let everybody = EventsOf::Organization(account.organization);
    let now = app.clock.now();
    let query = EventsQuery {
        whose: everybody.clone(),
        from: now,
        until: now + WINDOW,
        page_size: 1,
    };
    match asked(app, target, &events(&query, None)).await {
        Ok(_) => Ok(List::Calendly(everybody)),
        Err(AskError::Provider(error)) if error.kind == ErrorKind::Forbidden => {
            Ok(List::Calendly(EventsOf::User(account.uri)))
        }
        Err(error) => Err(error),
    }
}

pub(super) async fn next(
    app: &App,
    target: &Target,
    whose: &EventsOf,
    reach: Reach,
    place: &Place,
) -> Result<Page, AskError> {
    let (from, page) = match place {
        Place::Window { from, page } => (*from, page.as_deref()),
        Place::Start | Place::Skip { .. } | Place::Cursor(_) | Place::End => {
            let back = if reach.since.is_some() {
                RECENT
            } else {
                HISTORY
            };
            (reach.from.unwrap_or(reach.began_at - back), None)
        }
    };
    let last = reach.began_at + AHEAD;
    let query = EventsQuery {
        whose: whose.clone(),
        from,
        until: (from + WINDOW).min(last),
        page_size: reach
            .most
            .and_then(|most| u32::try_from(most).ok())
            .map_or(PAGE, |most| most.clamp(1, PAGE)),
    };
    let found = asked(app, target, &events(&query, page)).await?;
    let mut listed = Vec::new();
    for event in found.events {
        let records = if is_unchanged(&event, reach) {
            Vec::new()
        } else {
            records(&event, &who_comes(app, target, &event.uri).await?)
        };
        listed.push(Listed {
            id: event.uri,
            records,
        });
    }
    let next = match found.next {
        Some(page) => Place::Window {
            from,
            page: Some(page),
        },
        None if query.until >= last => Place::End,
        None => Place::Window {
            from: query.until,
            page: None,
        },
    };
    Ok(Page { listed, next })
}

/// Absences do not count as changes, and neither do some of places in a group.
fn is_unchanged(event: &ScheduledEvent, reach: Reach) -> bool {
    let is_ahead = event.start > reach.began_at;
    let is_old = reach.since.is_some_and(|since| event.updated_at < since);
    is_old && is_ahead && !event.is_group()
}

async fn who_comes(app: &App, target: &Target, event: &str) -> Result<Vec<Invitee>, AskError> {
    let mut all = Vec::new();
    let mut page = None;
    for _ in 0..MOST_PAGES {
        let found = asked(app, target, &invitees(event, page.as_deref())).await?;
        all.extend(found.invitees);
        page = found.next;
        if page.is_none() {
            break;
        }
    }
    Ok(all)
}

/// A group event is one booking, with a place for each who booked; otherwise each invitee is one.
fn records(event: &ScheduledEvent, invitees: &[Invitee]) -> Vec<Record> {
    let facts = |invitee: &Invitee| calendly_api::facts(event, invitee);
    if event.is_group() {
        let facts: Vec<_> = invitees.iter().flat_map(facts).collect();
        let external_id = event.uri.clone();
        let record = Record { external_id, facts };
        return if record.facts.is_empty() {
            Vec::new()
        } else {
            vec![record]
        };
    }
    invitees
        .iter()
        .map(|invitee| Record {
            external_id: invitee.uri.clone(),
            facts: facts(invitee),
        })
        .collect()
}

pub(super) async fn look_up(
    app: &App,
    target: &Target,
    external_id: &str,
) -> Result<Option<Record>, AskError> {
    let uri = listed_as(external_id);
    let Some(event) = unless_missing(asked(app, target, &event(uri)).await)? else {
        return Ok(None);
    };
    let who = who_comes(app, target, uri).await?;
    let mut records = records(&event, &who).into_iter();
    Ok(records.find(|record| record.external_id == external_id))
}

async fn asked<T>(app: &App, target: &Target, call: &Call<T>) -> Result<T, AskError> {
    let answered = ask(app, target, call, Wish::of(Lane::Sync)).await?;
    Ok(answered.value)
}
