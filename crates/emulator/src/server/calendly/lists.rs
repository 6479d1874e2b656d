//! Lists of scheduled events and of invitees, page by page.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use jiff::Timestamp;
use serde::Deserialize;

use super::events::event_uri;
use super::gate::{Refusal, Token};
use crate::calendly::{Calendly, Invitee, ScheduledEvent};
use crate::json::{Json, object};
use crate::server::body::answer;
use crate::server::world::Shared;

/// Items of a page, when nobody says otherwise.
const USUAL: usize = 20;

#[derive(Debug, Deserialize)]
pub(super) struct EventsFilter {
    user: Option<String>,
    organization: Option<String>,
    invitee_email: Option<String>,
    status: Option<String>,
    min_start_time: Option<Timestamp>,
    max_start_time: Option<Timestamp>,
    sort: Option<String>,
    count: Option<usize>,
    page_token: Option<String>,
}

pub(super) async fn events(
    State(shared): State<Shared>,
    _token: Token,
    Query(filter): Query<EventsFilter>,
) -> Result<Response, Refusal> {
    if filter.user.is_none() && filter.organization.is_none() {
        return Err(Refusal::invalid("organization", "is missing"));
    }
    let world = shared.world();
    let calendly = &world.story.calendly;
    let is_ours = |given: &String| given == calendly.organization();
    if !filter.organization.as_ref().is_none_or(is_ours) {
        return Err(Refusal::denied(
            "You do not have permission to access this resource.",
        ));
    }
    let mut found: Vec<&ScheduledEvent> = calendly
        .scheduled_events()
        .iter()
        .filter(|event| filter.lets_through(calendly, event))
        .collect();
    found.sort_by_key(|event| (event.start, event.uri.as_str()));
    match filter.sort.as_deref() {
        None | Some("start_time:asc") => {}
        Some("start_time:desc") => found.reverse(),
        Some(_) => return Err(Refusal::invalid("sort", "is invalid")),
    }
    let keys = found.iter().map(|event| event.uri.as_str());
    let keys: Vec<_> = keys.collect();
    let part = Part::of(&keys, filter.count, filter.page_token.as_deref())?;
    let now = shared.clock.now();
    let shown = found.get(part.range.clone()).unwrap_or_default();
    let shown: Vec<Json> = shown
        .iter()
        .map(|event| Ok(calendly.event_resource(event, now)?))
        .collect::<Result<_, Refusal>>()?;
    Ok(page(shown, part.next))
}

impl EventsFilter {
    fn lets_through(&self, calendly: &Calendly, event: &ScheduledEvent) -> bool {
        let hosted_by = |user: &String| {
            let event_type = calendly
                .event_types()
                .iter()
                .find(|one| one.slug == event.event_type);
            let host = event_type.and_then(|one| calendly.users().get(one.host));
            host.is_some_and(|host| host.uri == *user)
        };
        let has = |email: &String| {
            calendly
                .invitees_of(&event.uri)
                .any(|invitee| invitee.email == *email)
        };
        let status = if event.cancellation.is_some() {
            "canceled"
        } else {
            "active"
        };
        self.user.as_ref().is_none_or(hosted_by)
            && self.invitee_email.as_ref().is_none_or(has)
            && self.status.as_ref().is_none_or(|wanted| wanted == status)
            && self.min_start_time.is_none_or(|from| event.start >= from)
            && self.max_start_time.is_none_or(|until| event.start <= until)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct InviteesFilter {
    email: Option<String>,
    status: Option<String>,
    count: Option<usize>,
    page_token: Option<String>,
}

pub(super) async fn invitees(
    State(shared): State<Shared>,
    _token: Token,
    Path(uuid): Path<String>,
    Query(filter): Query<InviteesFilter>,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calendly = &world.story.calendly;
    let uri = event_uri(calendly, &uuid);
    calendly.find_event(&uri).ok_or_else(Refusal::not_found)?;
    let found: Vec<&Invitee> = calendly
        .invitees_of(&uri)
        .filter(|one| {
            filter
                .email
                .as_ref()
                .is_none_or(|email| one.email == *email)
        })
        .filter(|one| {
            let status = if one.is_active() {
                "active"
            } else {
                "canceled"
            };
            filter.status.as_ref().is_none_or(|wanted| wanted == status)
        })
        .collect();
    let keys = found.iter().map(|invitee| invitee.uri.as_str());
    let keys: Vec<_> = keys.collect();
    let part = Part::of(&keys, filter.count, filter.page_token.as_deref())?;
    let shown = found.get(part.range.clone()).unwrap_or_default();
    let shown = shown
        .iter()
        .map(|invitee| calendly.invitee_resource(invitee));
    Ok(page(shown.collect(), part.next))
}

/// Which items a page has. A token names the last item of the page before.
struct Part {
    range: std::ops::Range<usize>,
    next: Option<String>,
}

impl Part {
    fn of(keys: &[&str], count: Option<usize>, token: Option<&str>) -> Result<Self, Refusal> {
        let count = count.unwrap_or(USUAL);
        if !(1..=100).contains(&count) {
            return Err(Refusal::invalid("count", "must be between 1 and 100"));
        }
        let begin = match token {
            None => 0,
            Some(token) => {
                let is_last = |key: &&str| hex::encode(key) == token;
                let last = keys.iter().position(is_last);
                last.ok_or_else(|| Refusal::invalid("page_token", "is invalid"))? + 1
            }
        };
        let end = keys.len().min(begin + count);
        let last = keys.get(end.wrapping_sub(1)).filter(|_| end < keys.len());
        Ok(Self {
            range: begin..end,
            next: last.map(hex::encode),
        })
    }
}

fn page(shown: Vec<Json>, next: Option<String>) -> Response {
    let count = i64::try_from(shown.len()).unwrap_or(i64::MAX);
    let url = next.as_ref().map(|token| format!("?page_token={token}"));
    let pagination = object! {
        "count": count,
        "next_page": url,
        "previous_page": Json::Null,
        "next_page_token": next,
        "previous_page_token": Json::Null,
    };
    answer(
        200,
        &object! { "collection": shown, "pagination": pagination },
    )
}
