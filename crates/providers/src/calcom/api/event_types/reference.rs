//! Naming an event type.

use serde_json::{Value, json};

/// How a call names the event type it is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum EventTypeRef {
    /// By its id: never ambiguous.
    Id(i64),
    /// By the name in the link of a person: `cal.com/ann/intro`.
    OfUser {
        /// The person's name in links.
        username: String,
        /// The event type's.
        slug: String,
        /// The organization's, for its members.
        organization: Option<String>,
    },
    /// By the name in the link of a team: `cal.com/team/sales/intro`.
    OfTeam {
        /// The team's name in links.
        team: String,
        /// The event type's.
        slug: String,
        /// The organization's, for its teams.
        organization: Option<String>,
    },
}

impl EventTypeRef {
    /// The names and values that select it, in a query.
    pub(in crate::calcom::api) fn selector(&self) -> Vec<(&'static str, String)> {
        let (kind, owner, slug, organization) = match self {
            Self::Id(id) => return vec![("eventTypeId", id.to_string())],
            Self::OfUser {
                username,
                slug,
                organization,
            } => ("username", username, slug, organization),
            Self::OfTeam {
                team,
                slug,
                organization,
            } => ("teamSlug", team, slug, organization),
        };
        let mut selector = vec![("eventTypeSlug", slug.clone()), (kind, owner.clone())];
        selector.extend(
            organization
                .iter()
                .map(|organization| ("organizationSlug", organization.clone())),
        );
        selector
    }

    /// The same in a body, where an id is a number.
    pub(in crate::calcom::api) fn fields(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::Id(id) => vec![("eventTypeId", json!(id))],
            _ => self
                .selector()
                .into_iter()
                .map(|(name, value)| (name, Value::from(value)))
                .collect(),
        }
    }
}
