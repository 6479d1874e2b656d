//! Read a connection's lists from its provider: event types of its own, of its team and organization, and who is there.

use std::collections::BTreeSet;

use calbridge_core::{
    event_type::{Listing, Offered},
    ids::ConnectionId,
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{
    self as calcom, Account, Call,
    event_types::{self, Whose},
    organizations, teams,
};

use super::{apply::Reading, offered::offered, run::Progress};
use crate::{
    app::App,
    hosts::Person,
    upstream::{self, AskError, Target, Wish},
};

/// Pages of one list, at most: a provider that always has one more is not followed for ever.
const MOST_PAGES: u32 = 100;

/// Why nothing could be read at all.
#[derive(Debug)]
pub(super) struct Unread(pub String);

/// Everything that a connection's key shows. What cannot be read is told beside what can.
pub(super) async fn everything(
    app: &App,
    scope: &Scope,
    connection_id: ConnectionId,
    progress: &Progress<'_>,
) -> Result<Reading, Unread> {
    let target = upstream::target(app, scope, connection_id)
        .await
        .map_err(|error| Unread(error.to_string()))?;
    let reader = Reader { app, target };
    let account = reader.ask(&calcom::me()).await.map_err(unread)?;
    let whose = reader.whose();
    let mut lists = Vec::new();
    let mut count = 0;
    for (done, one) in whose.iter().enumerate() {
        progress.tell(done, whose.len(), count).await;
        let list = reader.list(one).await;
        count += list.as_ref().map_or(0, Vec::len);
        lists.push(list);
    }
    progress.tell(whose.len(), whose.len(), count).await;
    let (listing, failures) = Listing::gather(lists);
    let members = reader.members().await;
    Ok(Reading {
        people: people(&account, members, &listing),
        listing,
        failures,
    })
}

fn unread(error: AskError) -> Unread {
    Unread(error.to_string())
}

struct Reader<'a> {
    app: &'a App,
    target: Target,
}

impl Reader<'_> {
    async fn ask<T>(&self, call: &Call<T>) -> Result<T, AskError> {
        let wish = Wish::of(Lane::Sync);
        let answered = upstream::ask(self.app, &self.target, call, wish).await?;
        Ok(answered.value)
    }

    /// Whose event types a connection shows: the key's owner's, and those of the team and organization it names.
    fn whose(&self) -> Vec<Whose> {
        let connection = &self.target.known.connection;
        let more = match (connection.organization_id, connection.team_id) {
            (Some(org), team) => Some(Whose::Organization { org, team }),
            (None, Some(team)) => Some(Whose::Team(team)),
            (None, None) => None,
        };
        std::iter::once(Whose::Own).chain(more).collect()
    }

    /// A whole list, or why it is not whole.
    async fn list(&self, whose: &Whose) -> Result<Vec<Offered>, String> {
        let mut all = Vec::new();
        for page in 0..MOST_PAGES {
            let call = event_types::list_from(self.target.profile, whose, page * event_types::PAGE);
            let said = self
                .ask(&call)
                .await
                .map_err(|error| format!("event types of {}: {error}", name(whose)))?;
            let is_last = !comes_in_pages(whose) || said.len() < event_types::PAGE as usize;
            all.extend(said.into_iter().map(offered));
            if is_last {
                return Ok(all);
            }
        }
        Err(format!(
            "event types of {}: the list has no end",
            name(whose)
        ))
    }

    /// Who is in the team or organization, with addresses. They help to recognize hosts; without them there is less to go by.
    async fn members(&self) -> Vec<Person> {
        let connection = &self.target.known.connection;
        let mut all = Vec::new();
        for page in 0..MOST_PAGES {
            let skip = page * teams::PAGE;
            let call = match (connection.organization_id, connection.team_id) {
                (_, Some(team)) => teams::members(team, skip),
                (Some(org), None) => organizations::members(org, skip),
                (None, None) => break,
            };
            let members = match self.ask(&call).await {
                Ok(members) => members,
                Err(error) => {
                    tracing::info!(
                        connection.id = %connection.id,
                        "Who is in the team could not be read; hosts are recognized by name: {error}"
                    );
                    break;
                }
            };
            let is_last = members.len() < teams::PAGE as usize;
            all.extend(members.into_iter().map(|member| Person {
                provider_user_id: member.user_id.to_string(),
                name: member.name,
                email: member.email,
                username: member.username,
            }));
            if is_last {
                break;
            }
        }
        all
    }
}

fn comes_in_pages(whose: &Whose) -> bool {
    matches!(whose, Whose::Organization { team: None, .. })
}

fn name(whose: &Whose) -> String {
    match whose {
        Whose::Own => "the account".to_owned(),
        Whose::Team(team) => format!("team {team}"),
        Whose::Organization { org, team: None } => format!("organization {org}"),
        Whose::Organization {
            org,
            team: Some(team),
        } => format!("team {team} of organization {org}"),
        Whose::User { username } => username.clone(),
    }
}

/// Those who host something, with what the lists of members tell about them; the key's owner is one of them, for the
/// owner's event types tell no address.
fn people(account: &Account, members: Vec<Person>, listing: &Listing) -> Vec<Person> {
    let owner = Person {
        provider_user_id: account.id.to_string(),
        name: account.name.clone(),
        email: account.email.clone(),
        username: account.username.clone(),
    };
    let known: Vec<Person> = std::iter::once(owner).chain(members).collect();
    let hosts: BTreeSet<Person> = listing
        .offered()
        .iter()
        .flat_map(|one| &one.facts.hosts)
        .map(|host| Person {
            provider_user_id: host.provider_user_id.clone(),
            name: host.name.clone(),
            email: None,
            username: host.username.clone(),
        })
        .collect();
    hosts
        .into_iter()
        .map(|host| {
            let same = |one: &&Person| one.provider_user_id == host.provider_user_id;
            match known.iter().find(same) {
                None => host,
                Some(known) => Person {
                    name: host.name.or_else(|| known.name.clone()),
                    email: known.email.clone(),
                    username: host.username.or_else(|| known.username.clone()),
                    provider_user_id: host.provider_user_id,
                },
            }
        })
        .collect()
}
