//! Pages of bookings. The two versions turn them differently.

use jiff::Timestamp;

use super::booking::{ProviderBooking, booking};
use crate::calcom::api::{
    Call, Family, Operation, Profile,
    call::get,
    instant::instant,
    reader::{Misread, Object, Shape},
};

/// Whose bookings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BookingsOf {
    /// Those that the key's owner hosts. A colleague's are not among them, though they be of one team.
    Own,
    /// Those of a team. The list knows no times of changes.
    Team(i64),
    /// Those of an organization, or of one of its teams, whose list knows no times of changes either.
    Organization {
        /// The organization's id.
        org: i64,
        /// The team's.
        team: Option<i64>,
    },
}

impl BookingsOf {
    /// Whether the list can be asked for what changed since.
    pub fn tells_changes(self) -> bool {
        matches!(self, Self::Own | Self::Organization { team: None, .. })
    }
}

/// Which bookings.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct BookingsQuery {
    /// How they stand.
    pub filter: Option<BookingFilter>,
    /// With this attendee.
    pub attendee_email: Option<String>,
    /// Of these event types.
    pub event_types: Vec<i64>,
    /// Of these teams.
    pub teams: Vec<i64>,
    /// Only this one, by its uid.
    pub uid: Option<String>,
    /// Beginning after.
    pub after_start: Option<Timestamp>,
    /// Ending before.
    pub before_end: Option<Timestamp>,
    /// Made after.
    pub after_created: Option<Timestamp>,
    /// Made before.
    pub before_created: Option<Timestamp>,
    /// Changed after. Absences and changes of seats are no changes to Cal.com.
    pub after_updated: Option<Timestamp>,
    /// Changed before.
    pub before_updated: Option<Timestamp>,
    /// At most so many at once, within what the server allows.
    pub page_size: Option<u32>,
}

/// How bookings stand, in the words of the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum BookingFilter {
    Upcoming,
    Recurring,
    Past,
    Cancelled,
    Unconfirmed,
}

/// Where a page begins.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Position {
    /// At the first booking.
    Start,
    /// After so many others: servers of [`Profile::Classic`].
    Skip(u32),
    /// Where the page before ended: servers of [`Profile::Hosted2026`].
    Cursor(String),
}

/// A page of bookings.
#[derive(Clone, PartialEq, Debug)]
pub struct BookingsPage {
    /// In the order of the server.
    pub bookings: Vec<ProviderBooking>,
    /// Where the next page begins, if there is one.
    pub next: Option<Position>,
    /// How many there are in all; unknown on servers of [`Profile::Hosted2026`].
    pub total: Option<u32>,
}

/// Ask for a page of the bookings of the key's owner. Take `position` from the page before.
pub fn list(profile: Profile, query: &BookingsQuery, position: &Position) -> Call<BookingsPage> {
    list_of(profile, BookingsOf::Own, query, position)
}

/// Ask for a page of somebody's bookings. Take `position` from the page before.
pub fn list_of(
    profile: Profile,
    whose: BookingsOf,
    query: &BookingsQuery,
    position: &Position,
) -> Call<BookingsPage> {
    let operation = Operation::BookingsList;
    let call = match whose {
        BookingsOf::Own if profile == Profile::Hosted2026 => {
            let call = get(operation, &[&"bookings"], by_cursor)
                .version(profile.version(Family::BookingList));
            return filtered(call, whose, query)
                .query("limit", Some(query.page_size.unwrap_or(100).clamp(1, 100)))
                .query("cursor", position.cursor());
        }
        BookingsOf::Own => {
            get(operation, &[&"bookings"], by_number).version(profile.version(Family::BookingList))
        }
        BookingsOf::Team(team) => get(operation, &[&"teams", &team, &"bookings"], by_number),
        BookingsOf::Organization { org, team: None } => {
            get(operation, &[&"organizations", &org, &"bookings"], by_number)
        }
        BookingsOf::Organization {
            org,
            team: Some(team),
        } => get(
            operation,
            &[&"organizations", &org, &"teams", &team, &"bookings"],
            by_number,
        ),
    };
    filtered(call, whose, query)
        // Without an order, bookings could slip from one page to another.
        .query(query.order(whose), Some("asc"))
        .query("take", Some(query.page_size.unwrap_or(100).clamp(1, 250)))
        .query("skip", position.skip())
}

/// Only what each list knows: an unknown filter is refused.
fn filtered(
    call: Call<BookingsPage>,
    whose: BookingsOf,
    query: &BookingsQuery,
) -> Call<BookingsPage> {
    let at = |time: Option<Timestamp>| time.map(instant);
    let call = call
        .query("status", query.filter.map(BookingFilter::as_str))
        .query("attendeeEmail", query.attendee_email.as_ref())
        .query("eventTypeIds", joined(&query.event_types))
        .query("bookingUid", query.uid.as_ref())
        .query("afterStart", at(query.after_start))
        .query("beforeEnd", at(query.before_end));
    if !whose.tells_changes() {
        return call;
    }
    call.query("teamsIds", joined(&query.teams))
        .query("afterCreatedAt", at(query.after_created))
        .query("beforeCreatedAt", at(query.before_created))
        .query("afterUpdatedAt", at(query.after_updated))
        .query("beforeUpdatedAt", at(query.before_updated))
}

impl BookingsQuery {
    fn order(&self, whose: BookingsOf) -> &'static str {
        let by_change = self.after_updated.is_some() || self.before_updated.is_some();
        if by_change && whose.tells_changes() {
            "sortUpdatedAt"
        } else {
            "sortCreated"
        }
    }
}

impl BookingFilter {
    fn as_str(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Recurring => "recurring",
            Self::Past => "past",
            Self::Cancelled => "cancelled",
            Self::Unconfirmed => "unconfirmed",
        }
    }
}

impl Position {
    fn cursor(&self) -> Option<&str> {
        match self {
            Self::Cursor(cursor) => Some(cursor),
            Self::Start | Self::Skip(_) => None,
        }
    }

    fn skip(&self) -> Option<u32> {
        match self {
            Self::Skip(skip) => Some(*skip),
            Self::Start | Self::Cursor(_) => None,
        }
    }
}

fn joined(ids: &[i64]) -> Option<String> {
    let ids: Vec<_> = ids.iter().map(i64::to_string).collect();
    (!ids.is_empty()).then(|| ids.join(","))
}

fn by_cursor(envelope: &Object<'_>) -> Result<BookingsPage, Misread> {
    const PAGES: Shape = Shape {
        expected: &["nextCursor", "hasMore"],
        possible: &[],
    };
    let pages = envelope.need("pagination")?;
    pages
        .unknown_object()?
        .recognize("hasMore", "pages of 2026-05-01")?;
    let pages = pages.object(&PAGES)?;
    let cursor = pages.string("nextCursor")?;
    let more = pages.flag("hasMore")? == Some(true);
    Ok(BookingsPage {
        bookings: envelope.need("data")?.each(booking)?,
        next: cursor.filter(|_| more).map(Position::Cursor),
        total: None,
    })
}

fn by_number(envelope: &Object<'_>) -> Result<BookingsPage, Misread> {
    const PAGES: Shape = Shape {
        expected: &[
            "totalItems",
            "remainingItems",
            "returnedItems",
            "itemsPerPage",
            "currentPage",
            "totalPages",
            "hasNextPage",
            "hasPreviousPage",
        ],
        possible: &[],
    };
    let part = envelope.need("pagination")?;
    part.unknown_object()?
        .recognize("hasNextPage", "pages of 2024-08-13")?;
    let pages = part.object(&PAGES)?;
    let next = if pages.flag("hasNextPage")? == Some(true) {
        let page: u32 = pages.need("currentPage")?.integer()?;
        let items: u32 = pages.need("itemsPerPage")?.integer()?;
        match page.saturating_mul(items) {
            // Back to the start, for ever.
            0 => return Err(part.misread("a page that leads on")),
            skip => Some(Position::Skip(skip)),
        }
    } else {
        None
    };
    Ok(BookingsPage {
        bookings: envelope.need("data")?.each(booking)?,
        next,
        total: pages.integer("totalItems")?,
    })
}
