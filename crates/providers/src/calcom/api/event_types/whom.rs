//! Who meets the people who book.

use crate::calcom::api::reader::{Misread, Part, Shape};

/// How the hosts of a team share the bookings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scheduling {
    /// All of them come.
    Collective,
    /// One of them comes.
    RoundRobin,
    /// A template: each member has an event type made from it, and only those can be booked.
    Managed,
}

/// A person whose event type it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventTypeOwner {
    /// Cal.com's id of the user.
    pub id: i64,
    /// The name in links.
    pub username: Option<String>,
    /// The name.
    pub name: Option<String>,
}

/// A host of a team's event type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventTypeHost {
    /// Cal.com's id of the user.
    pub user_id: i64,
    /// The name in links.
    pub username: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// Comes in any case, whoever else the round robin chooses.
    pub mandatory: bool,
    /// Weight in the round robin.
    pub priority: Option<Priority>,
}

/// Whom a round robin prefers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Priority {
    Lowest,
    Low,
    Medium,
    High,
    Highest,
}

/// The team whose event type it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventTypeTeam {
    /// Cal.com's id of the team.
    pub id: i64,
    /// The name in links.
    pub slug: Option<String>,
    /// The name.
    pub name: Option<String>,
}

const OWNER: Shape = Shape {
    expected: &["id", "name", "username"],
    possible: &[
        "avatarUrl",
        "brandColor",
        "darkBrandColor",
        "weekStart",
        "metadata",
        "organizationId",
        "bookerUrl",
        "profile",
    ],
};

const HOST: Shape = Shape {
    expected: &["userId"],
    possible: &["name", "username", "avatarUrl", "mandatory", "priority"],
};

const TEAM: Shape = Shape {
    expected: &["id"],
    possible: &[
        "slug",
        "name",
        "bannerUrl",
        "logoUrl",
        "weekStart",
        "brandColor",
        "darkBrandColor",
        "theme",
    ],
};

pub(super) const SCHEDULING: &[(&str, Scheduling)] = &[
    ("collective", Scheduling::Collective),
    ("roundRobin", Scheduling::RoundRobin),
    ("managed", Scheduling::Managed),
];

const PRIORITY: &[(&str, Priority)] = &[
    ("lowest", Priority::Lowest),
    ("low", Priority::Low),
    ("medium", Priority::Medium),
    ("high", Priority::High),
    ("highest", Priority::Highest),
];

pub(super) fn owner(part: &Part<'_>) -> Result<EventTypeOwner, Misread> {
    let owner = part.object(&OWNER)?;
    Ok(EventTypeOwner {
        id: owner.need("id")?.integer()?,
        username: owner.string("username")?,
        name: owner.string("name")?,
    })
}

pub(super) fn host(part: &Part<'_>) -> Result<EventTypeHost, Misread> {
    let host = part.object(&HOST)?;
    let priority = host.part("priority").map(|part| part.word(PRIORITY));
    Ok(EventTypeHost {
        user_id: host.need("userId")?.integer()?,
        username: host.string("username")?,
        name: host.string("name")?,
        mandatory: host.flag("mandatory")?.unwrap_or_default(),
        priority: priority.transpose()?.flatten(),
    })
}

pub(super) fn team(part: &Part<'_>) -> Result<EventTypeTeam, Misread> {
    let team = part.object(&TEAM)?;
    Ok(EventTypeTeam {
        id: team.need("id")?.integer()?,
        slug: team.string("slug")?,
        name: team.string("name")?,
    })
}
