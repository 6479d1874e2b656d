//! What holds and bookings take: whose time, from when until when, alone or with others.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{fingerprint, ids::UserId, provider::Provider, scope::Scope};

/// Whose time is taken. Equal words mean the same person or thing, within a tenant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(String);

impl Resource {
    /// A person of the tenant, whatever connections lead to them.
    pub fn user(id: UserId) -> Self {
        Self(format!("user:{id}"))
    }

    /// A host as a provider numbers them. Two connections to one server mean the same person; two servers may give one
    /// number to different people.
    pub fn host(provider: Provider, server: &str, id: &str) -> Self {
        Self::at("host", provider, server, id)
    }

    /// An event type, when nobody is known who would hold the meeting.
    pub fn event_type(provider: Provider, server: &str, id: &str) -> Self {
        Self::at("event_type", provider, server, id)
    }

    /// Whether it is that host, at whatever server of the provider.
    pub fn is_host(&self, provider: Provider, id: &str) -> bool {
        self.is_at("host", provider, id)
    }

    /// Whether it is that event type, at whatever server of the provider.
    pub fn is_event_type(&self, provider: Provider, id: &str) -> bool {
        self.is_at("event_type", provider, id)
    }

    fn is_at(&self, kind: &str, provider: Provider, id: &str) -> bool {
        let rest = self.0.strip_prefix(kind).and_then(|rest| {
            let rest = rest.strip_prefix(':')?.strip_prefix(provider.as_str())?;
            rest.strip_prefix(':')?.strip_suffix(id)
        });
        rest.is_some_and(|server| server.ends_with(':'))
    }

    fn at(kind: &str, provider: Provider, server: &str, id: &str) -> Self {
        let server = server.trim_end_matches('/');
        Self(fingerprint::indexable(&format!(
            "{kind}:{provider}:{server}:{id}"
        )))
    }

    /// Back from the stored word.
    pub fn from_stored(word: String) -> Self {
        Self(word)
    }

    /// The stored word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The times are no slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a slot ends after it starts, and its buffers are not negative")]
pub struct NotASlot;

/// When a meeting takes place, and what it blocks: the same with the buffers of its event type before and after. Both are
/// kept, because people and providers ask for the meeting, and the guard compares what is blocked. Between two meetings
/// there is room for the buffer after the first and the one before the second.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Slot {
    starts_at: Timestamp,
    ends_at: Timestamp,
    blocked_from: Timestamp,
    blocked_until: Timestamp,
}

impl Slot {
    /// Without buffers.
    pub fn new(starts_at: Timestamp, ends_at: Timestamp) -> Result<Self, NotASlot> {
        if starts_at < ends_at {
            Ok(Self {
                starts_at,
                ends_at,
                blocked_from: starts_at,
                blocked_until: ends_at,
            })
        } else {
            Err(NotASlot)
        }
    }

    /// The same with buffers.
    pub fn with_buffers(
        self,
        before: SignedDuration,
        after: SignedDuration,
    ) -> Result<Self, NotASlot> {
        if before.is_negative() || after.is_negative() {
            return Err(NotASlot);
        }
        Ok(Self {
            blocked_from: self.starts_at.checked_sub(before).map_err(|_| NotASlot)?,
            blocked_until: self.ends_at.checked_add(after).map_err(|_| NotASlot)?,
            ..self
        })
    }

    /// Start of the meeting.
    pub fn starts_at(&self) -> Timestamp {
        self.starts_at
    }

    /// End of the meeting.
    pub fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// Start of what is blocked.
    pub fn blocked_from(&self) -> Timestamp {
        self.blocked_from
    }

    /// End of what is blocked; somebody else's time begins here.
    pub fn blocked_until(&self) -> Timestamp {
        self.blocked_until
    }
}

/// Whether others may take the same start.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// A meeting of its own.
    Alone,
    /// A group: as many as there are seats may take the same start of the same event type.
    Seats {
        /// Names the event type within the tenant.
        event_type: String,
        /// How many may come.
        capacity: u16,
    },
}

impl Sharing {
    /// How many may take the start.
    pub fn capacity(&self) -> u16 {
        match self {
            Self::Alone => 1,
            Self::Seats { capacity, .. } => *capacity,
        }
    }

    /// What those who may share have in common; `None` for a meeting of its own.
    pub fn word(&self, starts_at: Timestamp) -> Option<String> {
        match self {
            Self::Alone => None,
            Self::Seats { event_type, .. } => {
                Some(fingerprint::indexable(&format!("{event_type}@{starts_at}")))
            }
        }
    }
}

/// Who took something, and the fingerprint that whoever releases it must show again: of the same actor and a token that
/// tells one call or page from another, for one API key may serve many callers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Owner {
    held_by: String,
    key: String,
}

impl Owner {
    /// The scope's actor, with a token.
    pub fn new(scope: &Scope, token: &str) -> Self {
        let held_by = scope.actor().label();
        let key = fingerprint::of_parts([held_by.as_str(), token]);
        Self { held_by, key }
    }

    /// Who, for people.
    pub fn held_by(&self) -> &str {
        &self.held_by
    }

    /// The fingerprint.
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_slot_ends_after_it_starts() {
        let (ten, eleven) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T11:00:00Z"));
        assert_eq!(Slot::new(ten, ten), Err(NotASlot));
        assert_eq!(Slot::new(eleven, ten), Err(NotASlot));
        let slot = Slot::new(ten, eleven).unwrap();
        assert_eq!((slot.blocked_from(), slot.blocked_until()), (ten, eleven));
    }

    #[test]
    fn buffers_widen_what_is_blocked_and_not_the_meeting() {
        let (ten, eleven) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T11:00:00Z"));
        let slot = Slot::new(ten, eleven).unwrap();
        let minutes = SignedDuration::from_mins;
        let wide = slot.with_buffers(minutes(5), minutes(10)).unwrap();
        assert_eq!((wide.starts_at(), wide.ends_at()), (ten, eleven));
        assert_eq!(wide.blocked_from(), at("2026-03-02T09:55:00Z"));
        assert_eq!(wide.blocked_until(), at("2026-03-02T11:10:00Z"));
        let negative = slot.with_buffers(minutes(-5), minutes(0));
        assert_eq!(negative, Err(NotASlot));
    }

    #[test]
    fn one_server_is_one_however_it_is_written() {
        let host = |server| Resource::host(Provider::CalCom, server, "4101");
        assert_eq!(
            host("https://api.cal.example/v2"),
            host("https://api.cal.example/v2/")
        );
        assert_ne!(
            host("https://api.cal.example/v2"),
            host("https://cal.example.org/v2")
        );
        let very_long = host(&"x".repeat(5_000));
        assert!(very_long.as_str().len() < 100);
    }

    #[test]
    fn a_resource_tells_which_host_or_event_type_it_is() {
        let server = "https://api.cal.example:8443/v2";
        let host = Resource::host(Provider::CalCom, server, "4101");
        assert!(host.is_host(Provider::CalCom, "4101"));
        assert!(!host.is_host(Provider::CalCom, "101"));
        assert!(!host.is_host(Provider::Calendly, "4101"));
        assert!(!host.is_event_type(Provider::CalCom, "4101"));
        let event_type = Resource::event_type(Provider::CalCom, server, "7");
        assert!(event_type.is_event_type(Provider::CalCom, "7"));
        assert!(!Resource::user(UserId(7)).is_host(Provider::CalCom, "7"));
    }

    #[test]
    fn only_the_same_start_of_the_same_event_type_is_shared() {
        let group = |event_type: &str| Sharing::Seats {
            event_type: event_type.to_owned(),
            capacity: 8,
        };
        let (ten, eleven) = (at("2026-03-02T10:00:00Z"), at("2026-03-02T11:00:00Z"));
        assert_eq!(group("yoga").word(ten), group("yoga").word(ten));
        assert_ne!(group("yoga").word(ten), group("yoga").word(eleven));
        assert_ne!(group("yoga").word(ten), group("pilates").word(ten));
        assert_eq!(Sharing::Alone.word(ten), None);
    }

    #[test]
    fn an_owner_is_an_actor_with_a_token() {
        let (cli, system) = (Scope::cli(TenantId(1)), Scope::system(TenantId(1)));
        let key = |scope, token| Owner::new(scope, token).key().to_owned();
        assert_eq!(key(&cli, "call-1"), key(&cli, "call-1"));
        assert_ne!(key(&cli, "call-1"), key(&cli, "call-2"));
        assert_ne!(key(&cli, "call-1"), key(&system, "call-1"));
    }
}
