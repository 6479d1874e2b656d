//! Whose time the bookings of an event type take, in the words of claims.

use calbridge_core::{
    availability::HostRef,
    claim::{Resource, Sharing},
};
use calbridge_providers::calcom_api::BaseUrl;

use super::Subject;

/// Somebody who may host an event type, or the event type itself where nobody is known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Whose {
    /// What is claimed.
    pub resource: Resource,
    /// The host, where there is one.
    pub host: Option<HostRef>,
}

/// Whose time an event type at a server takes, in order.
pub fn whose(subject: &Subject, server: &BaseUrl) -> Vec<Whose> {
    let provider = subject.connection.connection.provider;
    let mut all: Vec<Whose> = subject
        .hosts
        .iter()
        .map(|host| Whose {
            resource: match host.user_id {
                Some(user) => Resource::user(user),
                None => Resource::host(provider, server.as_str(), &host.provider_user_id),
            },
            host: host.provider_user_id.parse().ok().map(HostRef),
        })
        .collect();
    if all.is_empty() {
        let id = &subject.external_id;
        all.push(Whose {
            resource: Resource::event_type(provider, server.as_str(), id),
            host: None,
        });
    }
    all.sort();
    all
}

/// Whether several may take one start of it.
pub fn sharing(subject: &Subject, server: &BaseUrl) -> Sharing {
    let seats = subject.event_type.as_ref().and_then(|known| known.seats);
    match seats {
        Some(seats) if seats > 1 => {
            let provider = subject.connection.connection.provider;
            let server = server.as_str();
            Sharing::Seats {
                event_type: format!("{provider}:{server}:{}", subject.external_id),
                capacity: u16::try_from(seats).unwrap_or(u16::MAX),
            }
        }
        _ => Sharing::Alone,
    }
}
