//! Which versions of the API a server speaks.

use super::{ApiError, ErrorKind, call::Answer};

/// The versions to ask for.
///
/// Cal.com chooses the behavior of each family of calls by a date in the header `cal-api-version`. A date that the
/// server does not know is no error: it quietly answers in the shape of 2024-04-15. So the profile is a property of
/// the connection, found out once and kept:
///
/// 1. Carry [`detect::probe`](super::detect::probe) for [`Profile::Hosted2026`].
/// 2. Give what came of it to [`Profile::detect`]. It says which profile the server speaks, or which to probe next.
/// 3. Ask again when calls begin to be [`ErrorKind::Misread`]: the server was replaced.
///
/// A server of `Hosted2026` also understands `Classic`, as far as anybody knows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Profile {
    /// `api.cal.com` and `api.cal.eu` as documented in 2026.
    Hosted2026,
    /// Servers of one's own, among them the community edition: nothing newer than 2024-09-04.
    Classic,
}

/// Calls that share a version.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Family {
    /// Slots and their reservations.
    Slots,
    /// Bookings, but for their list.
    Bookings,
    /// The list of bookings.
    BookingList,
    /// A person's event types.
    EventTypes,
    /// A team's event types.
    TeamEventTypes,
    /// Opening hours.
    Schedules,
    /// Calls that take any version: the account, teams, organizations, webhooks, calendars.
    Unversioned,
}

/// What a probe tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detection {
    /// The server speaks this profile.
    Speaks(Profile),
    /// It does not speak the one probed for. Probe for this.
    Probe(Profile),
    /// It speaks neither: no Cal.com with API v2 stands there.
    Neither,
    /// The probe failed for a reason that tells nothing about versions, such as a wrong key.
    Undecided,
}

impl Profile {
    /// The name under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hosted2026 => "hosted-2026",
            Self::Classic => "classic",
        }
    }

    /// The profile of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Hosted2026, Self::Classic]
            .into_iter()
            .find(|profile| profile.as_str() == name)
    }

    /// What to send as `cal-api-version`; `None`: nothing.
    pub fn version(self, family: Family) -> Option<&'static str> {
        match (family, self) {
            (Family::Slots, _) => Some("2024-09-04"),
            (Family::Bookings, Self::Hosted2026) => Some("2026-02-25"),
            (Family::BookingList, Self::Hosted2026) => Some("2026-05-01"),
            (Family::Bookings | Family::BookingList, Self::Classic) => Some("2024-08-13"),
            (Family::EventTypes | Family::TeamEventTypes, Self::Hosted2026) => Some("2026-06-12"),
            (Family::EventTypes, Self::Classic) => Some("2024-06-14"),
            (Family::Schedules, _) => Some("2024-06-11"),
            (Family::TeamEventTypes, Self::Classic) | (Family::Unversioned, _) => None,
        }
    }

    /// What the outcome of a probe for `asked` tells.
    ///
    /// An answer in the new shape is recognized by the fields that only the new shape has. The shape of 2024-04-15
    /// and a route that does not exist mean that the version is unknown there.
    pub fn detect<T>(asked: Self, outcome: &Result<Answer<T>, ApiError>) -> Detection {
        match outcome {
            Ok(_) => Detection::Speaks(asked),
            Err(error) => match (&error.kind, asked) {
                (ErrorKind::Misread { .. } | ErrorKind::NotFound, Self::Hosted2026) => {
                    Detection::Probe(Self::Classic)
                }
                (
                    ErrorKind::Misread { .. } | ErrorKind::NotFound | ErrorKind::Gone,
                    Self::Classic,
                )
                | (ErrorKind::Gone, Self::Hosted2026) => Detection::Neither,
                (
                    ErrorKind::Unauthorized
                    | ErrorKind::Forbidden
                    | ErrorKind::RateLimited { .. }
                    | ErrorKind::SlotTaken
                    | ErrorKind::Refused { .. }
                    | ErrorKind::Down,
                    _,
                ) => Detection::Undecided,
            },
        }
    }
}
