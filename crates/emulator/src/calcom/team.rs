//! Teams and the organization above them.

use serde::{Deserialize, Serialize};

use super::CalCom;

/// A team of the account's hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// The integer id, from the same numbers as the organization's.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
    /// The ids of the hosts in it; the first one owns it.
    pub members: Vec<i64>,
}

/// An organization all teams belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Organization {
    /// The integer id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The slug.
    pub slug: String,
}

impl CalCom {
    /// The teams.
    pub fn teams(&self) -> &[Team] {
        &self.teams
    }

    /// Found a team, or put another in the place of the one with its id.
    pub fn set_team(&mut self, team: Team) {
        self.teams.retain(|known| known.id != team.id);
        self.teams.push(team);
    }

    /// The organization, if the account is in one.
    pub fn organization(&self) -> Option<&Organization> {
        self.organization.as_ref()
    }

    /// Join an organization, or leave it.
    pub fn set_organization(&mut self, organization: Option<Organization>) {
        self.organization = organization;
    }

    /// One team.
    pub fn find_team(&self, id: i64) -> Option<&Team> {
        self.teams.iter().find(|team| team.id == id)
    }
}
