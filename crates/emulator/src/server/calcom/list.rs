//! Lists of bookings: of the caller, of a team, of an organization; by pages or by cursor.

use std::cmp::Reverse;

use axum::extract::{Path, State};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};

use super::booking_body::booking_body;
use super::event_types::owner_id;
use super::filters::{Filters, Part, sort};
use super::gate::Caller;
use super::params::{Page, Params};
use super::refusal::Refusal;
use super::version::Shape;
use super::{old, organizations, teams};
use crate::calcom::{Booking, CalCom};
use crate::json::{Json, object};
use crate::server::body::answer;
use crate::server::world::Shared;

pub(super) async fn of_caller(
    State(shared): State<Shared>,
    caller: Caller,
    shape: Shape,
    params: Params,
) -> Result<Response, Refusal> {
    caller.or_forbidden()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    let now = shared.clock.now();
    let me = owner_id(calcom);
    let mine = calcom.bookings().filter(|booking| booking.host_id == me);
    match shape {
        Shape::Old => Ok(old::bookings(mine)),
        Shape::V2024 => by_pages(calcom, mine, &params, now),
        Shape::V2026 => by_cursor(calcom, mine, &params, now),
    }
}

pub(super) async fn of_team(
    State(shared): State<Shared>,
    caller: Caller,
    Path(team): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    caller.or_unauthorized()?;
    let world = shared.world();
    let calcom = &world.story.calcom;
    team_list(calcom, &team, &params, shared.clock.now())
}

pub(super) async fn of_organization_team(
    State(shared): State<Shared>,
    caller: Caller,
    Path((org, team)): Path<(String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    organizations::enter(calcom, caller, &org)?;
    team_list(calcom, &team, &params, shared.clock.now())
}

fn team_list(
    calcom: &CalCom,
    team: &str,
    params: &Params,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let team = teams::find(calcom, team)?.id;
    let types: Vec<i64> = teams::of_team(calcom, team).map(|one| one.id).collect();
    let bookings = calcom
        .bookings()
        .filter(|booking| types.contains(&booking.event_type_id));
    by_pages(calcom, bookings, params, now)
}

pub(super) async fn of_organization(
    State(shared): State<Shared>,
    caller: Caller,
    Path(org): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    let world = shared.world();
    let calcom = &world.story.calcom;
    organizations::enter(calcom, caller, &org)?;
    by_pages(calcom, calcom.bookings(), &params, shared.clock.now())
}

/// The list of 2024-08-13.
fn by_pages<'a>(
    calcom: &'a CalCom,
    bookings: impl Iterator<Item = &'a Booking>,
    params: &Params,
    now: Timestamp,
) -> Result<Response, Refusal> {
    let filters = Filters::of(params)?;
    let page @ Page { skip, take } = params.page(100, 250)?;
    let mut found: Vec<_> = bookings
        .filter(|booking| filters.let_through(calcom, booking, now))
        .collect();
    sort(&mut found, params)?;
    let total = found.len();
    let shown: Vec<Json> = page.of(found).map(|one| body(calcom, one)).collect();
    let (current, pages) = (skip / take + 1, total.div_ceil(take));
    let pagination = object! {
        "returnedItems": count(shown.len()),
        "totalItems": count(total),
        "itemsPerPage": count(take),
        "remainingItems": count(total.saturating_sub(skip + shown.len())),
        "currentPage": count(current),
        "totalPages": count(pages),
        "hasNextPage": current < pages,
        "hasPreviousPage": current > 1,
    };
    Ok(with_pagination(shown, pagination))
}

/// The list of 2026-05-01. One status at most; the order follows from it, and so does where the list begins.
fn by_cursor<'a>(
    calcom: &'a CalCom,
    bookings: impl Iterator<Item = &'a Booking>,
    params: &Params,
    now: Timestamp,
) -> Result<Response, Refusal> {
    if params.list("status").is_some_and(|given| given.len() > 1) {
        return Err(Refusal::bad_request("status must be exactly one of them"));
    }
    let filters = Filters::of(params)?;
    let limit = params.number("limit")?.unwrap_or(50);
    let limit = usize::try_from(limit)
        .ok()
        .filter(|limit| (1..=100).contains(limit))
        .ok_or_else(|| Refusal::bad_request("limit must be from 1 to 100"))?;
    let after = params.get("cursor").map(position).transpose()?;
    let an_hour_ago = now - SignedDuration::from_hours(1);
    let ahead = matches!(
        filters.part(),
        Some(Part::Upcoming | Part::Recurring | Part::Unconfirmed)
    );
    let mut found: Vec<_> = bookings
        .filter(|one| filters.let_through(calcom, one, now))
        .filter(|one| match filters.part() {
            Some(Part::Past) => one.start <= now,
            Some(_) if ahead => one.start >= an_hour_ago,
            _ => true,
        })
        .collect();
    let key = |one: &Booking| (one.start.as_millisecond(), one.id);
    if ahead {
        found.sort_by_key(|one| key(one));
        found.retain(|one| after.is_none_or(|after| key(one) > after));
    } else {
        found.sort_by_key(|one| Reverse(key(one)));
        found.retain(|one| after.is_none_or(|after| key(one) < after));
    }
    let has_more = found.len() > limit;
    found.truncate(limit);
    let next = found
        .last()
        .filter(|_| has_more)
        .map(|last| cursor(key(last)));
    let shown = found.into_iter().map(|one| body(calcom, one)).collect();
    Ok(with_pagination(
        shown,
        object! { "nextCursor": next, "hasMore": has_more },
    ))
}

/// A cursor says nothing to whoever holds it.
fn cursor((start, id): (i64, i64)) -> String {
    hex::encode(format!("{start}:{id}"))
}

fn position(cursor: &str) -> Result<(i64, i64), Refusal> {
    let read = || {
        let text = String::from_utf8(hex::decode(cursor).ok()?).ok()?;
        let (start, id) = text.split_once(':')?;
        Some((start.parse().ok()?, id.parse().ok()?))
    };
    read().ok_or_else(|| Refusal::bad_request("cursor is not one of this list"))
}

fn body(calcom: &CalCom, booking: &Booking) -> Json {
    booking_body(calcom, booking, Caller::Owner)
}

fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}

fn with_pagination(shown: Vec<Json>, pagination: Json) -> Response {
    let list = object! { "status": "success", "data": shown, "pagination": pagination };
    answer(200, &list)
}
