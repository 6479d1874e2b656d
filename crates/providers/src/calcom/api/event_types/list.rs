//! Asking what can be booked.

use super::offered::{OfferedEventType, offered};
use crate::calcom::api::{
    Call, Family, Operation, Profile,
    call::get as call,
    reader::{Misread, Object, Part},
};

/// As many event types an organization lists at once.
pub const PAGE: u32 = 250;

/// Whose event types.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Whose {
    /// Those of the key's owner, hidden ones included.
    Own,
    /// Those of a team.
    Team(i64),
    /// Those of all teams of an organization, or of one of them.
    Organization {
        /// The organization's id.
        org: i64,
        /// The team's.
        team: Option<i64>,
    },
    /// Those that a person shows everybody.
    User {
        /// The person's name in links.
        username: String,
    },
}

/// Ask what can be booked. Only [`Whose::Organization`] without a team comes in pages; this is the first.
pub fn list(profile: Profile, whose: &Whose) -> Call<Vec<OfferedEventType>> {
    list_from(profile, whose, 0)
}

/// The page that begins after `skip` event types. A page of fewer than [`PAGE`] is the last; whatever does not come
/// in pages comes whole.
pub fn list_from(profile: Profile, whose: &Whose, skip: u32) -> Call<Vec<OfferedEventType>> {
    let operation = Operation::EventTypesList;
    match whose {
        Whose::Own => {
            call(operation, &[&"event-types"], many).version(profile.version(Family::EventTypes))
        }
        Whose::User { username } => call(operation, &[&"event-types"], many)
            .version(profile.version(Family::EventTypes))
            .query("username", Some(username)),
        Whose::Team(team) => call(operation, &[&"teams", team, &"event-types"], many)
            .version(profile.version(Family::TeamEventTypes)),
        Whose::Organization {
            org,
            team: Some(team),
        } => call(
            operation,
            &[&"organizations", org, &"teams", team, &"event-types"],
            many,
        ),
        Whose::Organization { org, team: None } => call(
            operation,
            &[&"organizations", org, &"teams", &"event-types"],
            many,
        )
        .query("take", Some(PAGE))
        .query("skip", (skip > 0).then_some(skip)),
    }
}

/// Ask for one event type, by the way its owner reaches it.
pub fn get(profile: Profile, whose: &Whose, id: i64) -> Call<OfferedEventType> {
    let operation = Operation::EventTypesGet;
    match whose {
        Whose::Team(team) => call(operation, &[&"teams", team, &"event-types", &id], one)
            .version(profile.version(Family::TeamEventTypes)),
        Whose::Organization {
            org,
            team: Some(team),
        } => call(
            operation,
            &[&"organizations", org, &"teams", team, &"event-types", &id],
            one,
        ),
        Whose::Own | Whose::User { .. } | Whose::Organization { team: None, .. } => {
            call(operation, &[&"event-types", &id], one)
                .version(profile.version(Family::EventTypes))
        }
    }
}

fn many(envelope: &Object<'_>) -> Result<Vec<OfferedEventType>, Misread> {
    list_of_types(envelope)?.each(offered)
}

fn one(envelope: &Object<'_>) -> Result<OfferedEventType, Misread> {
    offered(&envelope.need("data")?)
}

/// Whether these are event types of the version asked for, whatever else they are.
pub(in crate::calcom::api) fn recognize(envelope: &Object<'_>) -> Result<(), Misread> {
    for part in list_of_types(envelope)?.items()? {
        offered(&part)?;
    }
    Ok(())
}

/// The shape of 2024-04-15 has an object with groups where the list should be.
fn list_of_types<'a>(envelope: &Object<'a>) -> Result<Part<'a>, Misread> {
    let data = envelope.need("data")?;
    if data.raw().is_array() {
        Ok(data)
    } else {
        Err(data.misread("a list of event types"))
    }
}
