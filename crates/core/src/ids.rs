//! Typed row ids. What people and most interfaces use; public UUIDs stand beside them where promised.

use serde::{Deserialize, Serialize};

macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
        impl From<$name> for i64 {
            fn from(id: $name) -> i64 {
                id.0
            }
        }
    )*};
}

row_id! {
    /// A customer account.
    TenantId;
    /// A person of a tenant.
    UserId;
    /// A tenant's authorized link to one provider account.
    ConnectionId;
    /// One thing a provider told us.
    WebhookEventId;
    /// A person a tenant follows.
    LeadId;
    /// One agreed meeting. Starts at [`FIRST_BOOKING_ID`].
    BookingId;
    /// Somebody who comes to a meeting.
    AttendeeId;
    /// An API key.
    ApiKeyId;
    /// A unit of work in the queue.
    JobId;
    /// What can be booked. Starts at [`FIRST_EVENT_TYPE_ID`].
    EventTypeId;
    /// A place where meetings are held.
    BranchId;
    /// A provider's person, and who of ours it is.
    HostMatchId;
    /// One reading of a provider's lists.
    SyncRunId;
    /// A hold, or what a booking of ours takes.
    ClaimId;
    /// Something we want of a provider.
    IntentId;
    /// A slot that is kept for somebody.
    HoldId;
    /// A booking about which we and its provider differ.
    FindingId;
}

/// Our own booking ids start here, so that they cannot be confused with a provider's integers.
pub const FIRST_BOOKING_ID: i64 = 10_000_000_000;

/// Our own event type ids start here, for the same reason: most interfaces name them by the provider's integers.
pub const FIRST_EVENT_TYPE_ID: i64 = 10_000_000_000;

/// The tenant of a fresh installation.
pub const FIRST_TENANT: TenantId = TenantId(1);
