//! Teams, and who is in them.

use super::{
    Call, Operation,
    call::get,
    reader::{Misread, Object, Part, Shape},
};

/// As many members or teams come at once.
pub const PAGE: u32 = 250;

/// A team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Team {
    /// Cal.com's id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The name in links.
    pub slug: Option<String>,
    /// The organization it belongs to.
    pub parent_id: Option<i64>,
    /// It is an organization itself.
    pub is_organization: bool,
    /// The IANA zone.
    pub time_zone: Option<String>,
}

/// Somebody in a team or an organization.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// Cal.com's id of the user.
    pub user_id: i64,
    /// What they may do there.
    pub role: Option<Role>,
    /// They have accepted the invitation.
    pub accepted: bool,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The name in links.
    pub username: Option<String>,
}

/// What somebody may do in a team or an organization.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Role {
    Member,
    Admin,
    Owner,
}

const TEAM: Shape = Shape {
    expected: &["id", "name", "isOrganization"],
    possible: &[
        "slug",
        "parentId",
        "logoUrl",
        "calVideoLogo",
        "appLogo",
        "appIconLogo",
        "bio",
        "hideBranding",
        "isPrivate",
        "hideBookATeamMember",
        "metadata",
        "theme",
        "brandColor",
        "darkBrandColor",
        "bannerUrl",
        "timeFormat",
        "timeZone",
        "weekStart",
        // Of `teams/me` and of newer servers.
        "accepted",
        "role",
        "bookingLimits",
        "includeManagedEventsInLimits",
    ],
};
const MEMBER: Shape = Shape {
    expected: &["id", "userId", "teamId", "accepted", "role", "user"],
    possible: &["disableImpersonation", "attributes", "customRoleId"],
};
const USER: Shape = Shape {
    expected: &["email"],
    possible: &["name", "username", "avatarUrl", "bio", "metadata"],
};

/// Ask which teams the key's owner is in. A community edition has none and misses the route.
pub fn list() -> Call<Vec<Team>> {
    get(Operation::TeamsList, &[&"teams"], teams)
}

/// Ask who is in a team, from the member after `skip` others. A page of fewer than [`PAGE`] is the last.
pub fn members(team: i64, skip: u32) -> Call<Vec<Member>> {
    let segments: [&dyn std::fmt::Display; 3] = [&"teams", &team, &"memberships"];
    paged(get(Operation::TeamsMembers, &segments, memberships), skip)
}

pub(super) fn paged<T>(call: Call<T>, skip: u32) -> Call<T> {
    call.query("take", Some(PAGE))
        .query("skip", (skip > 0).then_some(skip))
}

pub(super) fn teams(envelope: &Object<'_>) -> Result<Vec<Team>, Misread> {
    envelope.need("data")?.each(team)
}

pub(super) fn memberships(envelope: &Object<'_>) -> Result<Vec<Member>, Misread> {
    envelope.need("data")?.each(member)
}

fn team(part: &Part<'_>) -> Result<Team, Misread> {
    let it = part.object(&TEAM)?;
    Ok(Team {
        id: it.need("id")?.integer()?,
        name: it.need("name")?.string()?,
        slug: it.string("slug")?,
        parent_id: it.integer("parentId")?,
        is_organization: it.flag("isOrganization")?.unwrap_or_default(),
        time_zone: it.string("timeZone")?,
    })
}

fn member(part: &Part<'_>) -> Result<Member, Misread> {
    const ROLES: &[(&str, Role)] = &[
        ("MEMBER", Role::Member),
        ("ADMIN", Role::Admin),
        ("OWNER", Role::Owner),
    ];
    let it = part.object(&MEMBER)?;
    let user = it.need("user")?.object(&USER)?;
    Ok(Member {
        user_id: it.need("userId")?.integer()?,
        role: it.need("role")?.word(ROLES)?,
        accepted: it.flag("accepted")?.unwrap_or_default(),
        name: user.string("name")?,
        email: user.string("email")?,
        username: user.string("username")?,
    })
}
