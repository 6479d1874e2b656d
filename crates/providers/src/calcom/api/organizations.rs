//! Organizations: their teams, and who is in them. The key needs a role there; a community edition misses the routes.

use super::{
    Call, Operation,
    call::get,
    teams::{Member, Team, memberships, paged, teams as read_teams},
};

/// Ask which teams an organization has, from the team after `skip` others. A page of fewer than
/// [`PAGE`](super::teams::PAGE) is the last.
pub fn teams(org: i64, skip: u32) -> Call<Vec<Team>> {
    let segments: [&dyn std::fmt::Display; 3] = [&"organizations", &org, &"teams"];
    let call = get(Operation::OrganizationsTeams, &segments, read_teams);
    paged(call, skip)
}

/// Ask who is in an organization, page by page.
pub fn members(org: i64, skip: u32) -> Call<Vec<Member>> {
    let segments: [&dyn std::fmt::Display; 3] = [&"organizations", &org, &"memberships"];
    let call = get(Operation::OrganizationsMembers, &segments, memberships);
    paged(call, skip)
}
