//! Cal.com's lists: the owner's by cursor or by number, those of teams and organizations by number.

use calbridge_core::lane::Lane;
use calbridge_providers::calcom_api::{
    self, ProviderBooking,
    bookings::{self, BookingsOf, BookingsQuery, Position},
};

use super::{List, Listed, Page, Place, RECENT, Reach, Record, unless_missing};
use crate::{
    app::App,
    upstream::{AskError, Target, Wish, ask},
};

/// Bookings of one page.
pub(super) const PAGE: u32 = 100;

/// Where pages are counted, a booking that changes moves to the end, and those after it move up: each page begins
/// with so many of the one before.
const OVERLAP: u32 = 10;

/// The owner's own, and those of the team or organization that the connection names.
pub(super) fn lists(target: &Target) -> Vec<List> {
    let connection = &target.known.connection;
    let more = match (connection.organization_id, connection.team_id) {
        (Some(org), team) => Some(BookingsOf::Organization { org, team }),
        (None, Some(team)) => Some(BookingsOf::Team(team)),
        (None, None) => None,
    };
    std::iter::once(BookingsOf::Own)
        .chain(more)
        .map(List::CalCom)
        .collect()
}

pub(super) async fn next(
    app: &App,
    target: &Target,
    whose: BookingsOf,
    reach: Reach,
    place: &Place,
) -> Result<Page, AskError> {
    let most = reach.most.and_then(|most| u32::try_from(most).ok());
    let size = most.map_or(PAGE, |most| most.clamp(1, PAGE));
    // A list without times of changes is read as far as changes are likely.
    let recent = reach
        .since
        .filter(|_| !whose.tells_changes())
        .map(|_| reach.began_at - RECENT);
    let query = BookingsQuery {
        after_updated: reach.since,
        after_start: recent.or(reach.from),
        page_size: Some(size),
        ..BookingsQuery::default()
    };
    let (skip, position) = match place {
        Place::Skip { skip, .. } => (*skip, Position::Skip(*skip)),
        Place::Cursor(cursor) => (0, Position::Cursor(cursor.clone())),
        Place::Start | Place::Window { .. } | Place::End => (0, Position::Start),
    };
    let call = bookings::list_of(target.profile, whose, &query, &position);
    let page = ask(app, target, &call, Wish::of(Lane::Sync)).await?.value;
    let listed: Vec<Listed> = page.bookings.iter().map(listed).collect();
    let next = match page.next {
        Some(Position::Cursor(cursor)) => Place::Cursor(cursor),
        Some(Position::Skip(_) | Position::Start) | None => {
            let overlap = if most.is_some() { 0 } else { OVERLAP };
            after(skip, overlap, &listed, page.total)
        }
    };
    Ok(Page { listed, next })
}

/// The page after this one, where pages are counted. Whoever cuts a list short wants no booking twice.
fn after(skip: u32, overlap: u32, listed: &[Listed], total: Option<u32>) -> Place {
    let read = u32::try_from(listed.len()).unwrap_or(u32::MAX);
    let end = skip.saturating_add(read);
    if read == 0 || total.is_none_or(|total| end >= total) {
        return Place::End;
    }
    // A page of a server with small ones must still lead on.
    let overlap = if read > overlap { overlap } else { 0 };
    let tail = listed.iter().rev().take(overlap as usize);
    Place::Skip {
        skip: end - overlap,
        tail: tail.map(|one| one.id.clone()).collect(),
    }
}

pub(super) async fn look_up(
    app: &App,
    target: &Target,
    uid: &str,
) -> Result<Option<Record>, AskError> {
    let call = bookings::get(target.profile, uid);
    let answered = ask(app, target, &call, Wish::of(Lane::Sync)).await;
    let found = unless_missing(answered)?;
    Ok(found.map(|answered| record(&answered.value.first)))
}

fn listed(booking: &ProviderBooking) -> Listed {
    Listed {
        id: booking.uid.clone(),
        records: vec![record(booking)],
    }
}

fn record(booking: &ProviderBooking) -> Record {
    Record {
        external_id: booking.uid.clone(),
        facts: calcom_api::facts(booking),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(count: usize) -> Vec<Listed> {
        let id = |n: usize| Listed {
            id: n.to_string(),
            records: Vec::new(),
        };
        (0..count).map(id).collect()
    }

    #[test]
    fn a_page_begins_with_the_last_ones_of_the_page_before() {
        let next = after(0, OVERLAP, &page(100), Some(250));
        assert!(
            matches!(&next, Place::Skip { skip: 90, tail } if tail.len() == 10),
            "{next:?}"
        );
        let next = after(90, OVERLAP, &page(100), Some(250));
        assert!(matches!(next, Place::Skip { skip: 180, .. }), "{next:?}");
        assert_eq!(after(180, OVERLAP, &page(70), Some(250)), Place::End);
    }

    #[test]
    fn a_server_with_small_pages_leads_on() {
        let next = after(0, OVERLAP, &page(10), Some(25));
        let expected = Place::Skip {
            skip: 10,
            tail: Vec::new(),
        };
        assert_eq!(next, expected);
        assert_eq!(after(0, OVERLAP, &[], Some(25)), Place::End);
    }
}
