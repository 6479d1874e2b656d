//! Reading the provider's list page by page, so that nothing slips between two of them.

use calbridge_core::lane::Lane;
use calbridge_providers::calcom_api::{
    ProviderBooking,
    bookings::{self, BookingsQuery, Position},
};
use serde::{Deserialize, Serialize};

use super::Extent;
use crate::{
    app::App,
    upstream::{self, AskError, Target, Wish},
};

/// Bookings of one page.
const PAGE: u32 = 100;

/// Where pages are counted, a booking that changes moves to the end, and those after it move up: each page begins
/// with so many of the one before.
const OVERLAP: u32 = 10;

/// Where reading goes on, as it is kept between two tries.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    #[default]
    Start,
    Skip(u32),
    Cursor(String),
    /// Everything was read.
    End,
}

impl Place {
    fn position(&self) -> Option<Position> {
        match self {
            Self::Start => Some(Position::Start),
            Self::Skip(skip) => Some(Position::Skip(*skip)),
            Self::Cursor(cursor) => Some(Position::Cursor(cursor.clone())),
            Self::End => None,
        }
    }

    fn after(next: Option<Position>, read: usize) -> Self {
        match next {
            None => Self::End,
            Some(Position::Start) => Self::Start,
            Some(Position::Cursor(cursor)) => Self::Cursor(cursor),
            Some(Position::Skip(skip)) => {
                // A page of a server with small ones must still lead on.
                let is_long = u32::try_from(read).is_ok_and(|read| read > OVERLAP);
                Self::Skip(if is_long { skip - OVERLAP } else { skip })
            }
        }
    }
}

/// The bookings of the next page, and where the one after it begins; `None` after the last.
pub(super) async fn next(
    app: &App,
    target: &Target,
    extent: Extent,
    place: &Place,
) -> Result<Option<(Vec<ProviderBooking>, Place)>, AskError> {
    let Some(position) = place.position() else {
        return Ok(None);
    };
    let query = BookingsQuery {
        after_updated: extent.since,
        page_size: Some(PAGE),
        ..BookingsQuery::default()
    };
    let call = bookings::list(target.profile, &query, &position);
    let page = upstream::ask(app, target, &call, Wish::of(Lane::Sync))
        .await?
        .value;
    let place = Place::after(page.next, page.bookings.len());
    Ok(Some((page.bookings, place)))
}
