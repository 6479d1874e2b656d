//! Reading a provider's lists page by page, so that nothing slips between two of them; and single bookings.

mod calcom;
mod calendly;

use calbridge_core::{change::Change, provider::Provider};
use calbridge_providers::{
    calcom_api::{ErrorKind, bookings::BookingsOf},
    calendly_api::EventsOf,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    upstream::{AskError, Target},
};

/// What is marked after a meeting is marked within some days.
pub(super) const RECENT: SignedDuration = SignedDuration::from_hours(3 * 24);

/// A booking as its provider has it.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Record {
    /// The provider's id.
    pub external_id: String,
    /// What it tells.
    pub facts: Vec<Change>,
}

/// What stands in a list under one id. Of what did not change there may be no record.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Listed {
    pub id: String,
    pub records: Vec<Record>,
}

/// A page, and where the next one begins.
pub(super) struct Page {
    pub listed: Vec<Listed>,
    pub next: Place,
}

/// A list that a provider has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum List {
    CalCom(BookingsOf),
    Calendly(EventsOf),
}

/// How much of a list is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Reach {
    /// Only what changed since.
    pub since: Option<Timestamp>,
    /// Only what starts after.
    pub from: Option<Timestamp>,
    /// When reading began.
    pub began_at: Timestamp,
    /// At most so many more.
    pub most: Option<usize>,
}

/// Where reading goes on, as it is kept between two tries.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Place {
    #[default]
    Start,
    /// After so many others; the page begins with the last ones of the page before.
    Skip {
        skip: u32,
        tail: Vec<String>,
    },
    Cursor(String),
    /// What starts in a stretch of time from here on, and where in it.
    Window {
        from: Timestamp,
        page: Option<String>,
    },
    /// Everything was read.
    End,
}

impl Place {
    /// What the next page must have some of, if nothing slipped away since the last one.
    pub fn tail(&self) -> &[String] {
        match self {
            Self::Skip { tail, .. } => tail,
            Self::Start | Self::Cursor(_) | Self::Window { .. } | Self::End => &[],
        }
    }

    /// A page earlier, where pages are counted.
    pub fn stepped_back(&self) -> Self {
        match self {
            Self::Skip { skip, tail } => Self::Skip {
                skip: skip.saturating_sub(calcom::PAGE),
                tail: if *skip > calcom::PAGE {
                    tail.clone()
                } else {
                    Vec::new()
                },
            },
            other => other.clone(),
        }
    }

    /// Whether the provider no longer knows the page; if so, the stretch of time begins again.
    pub fn is_forgotten(&mut self, error: &AskError) -> bool {
        let refused = matches!(error, AskError::Provider(error) if matches!(error.kind, ErrorKind::Refused { .. }));
        match self {
            Self::Window { page, .. } if refused => page.take().is_some(),
            _ => false,
        }
    }
}

impl List {
    /// Whether the connection would be of use without it: it is the list of a team, not the owner's own.
    pub fn is_beside(&self) -> bool {
        !matches!(self, Self::CalCom(BookingsOf::Own) | Self::Calendly(_))
    }

    /// In words.
    pub fn name(&self) -> String {
        match self {
            Self::CalCom(BookingsOf::Own) | Self::Calendly(EventsOf::User(_)) => {
                "the account".to_owned()
            }
            Self::CalCom(BookingsOf::Team(team)) => format!("team {team}"),
            Self::CalCom(BookingsOf::Organization { org, team: None }) => {
                format!("organization {org}")
            }
            Self::CalCom(BookingsOf::Organization {
                org,
                team: Some(team),
            }) => format!("team {team} of organization {org}"),
            Self::Calendly(EventsOf::Organization(_)) => "the organization".to_owned(),
        }
    }
}

/// The lists that together have everything a connection shows.
pub(super) async fn lists(app: &App, target: &Target) -> Result<Vec<List>, AskError> {
    match target.known.connection.provider {
        Provider::CalCom => Ok(calcom::lists(target)),
        Provider::Calendly => Ok(vec![calendly::list(app, target).await?]),
    }
}

/// The next page of a list; `None` after the last.
pub(super) async fn next(
    app: &App,
    target: &Target,
    list: &List,
    reach: Reach,
    place: &Place,
) -> Result<Option<Page>, AskError> {
    if *place == Place::End {
        return Ok(None);
    }
    let page = match list {
        List::CalCom(whose) => calcom::next(app, target, *whose, reach, place).await,
        List::Calendly(whose) => calendly::next(app, target, whose, reach, place).await,
    };
    page.map(Some)
}

/// The provider's record of one booking; `None` when it does not know it.
pub(super) async fn look_up(
    app: &App,
    target: &Target,
    external_id: &str,
) -> Result<Option<Record>, AskError> {
    match target.known.connection.provider {
        Provider::CalCom => calcom::look_up(app, target, external_id).await,
        Provider::Calendly => calendly::look_up(app, target, external_id).await,
    }
}

/// The id under which a list has a booking: Calendly lists meetings, not those who come.
pub(super) fn listed_as(external_id: &str) -> &str {
    external_id
        .split_once("/invitees/")
        .map_or(external_id, |(meeting, _)| meeting)
}

/// An answer, or nothing where the provider has no such thing.
fn unless_missing<T>(answer: Result<T, AskError>) -> Result<Option<T>, AskError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(AskError::Provider(error)) if error.kind == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
