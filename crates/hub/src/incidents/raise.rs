//! Raise an incident.

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::{
    StoreError,
    incidents::{self, Incident, NewIncident},
    sql::Tx,
};
use jiff::Timestamp;

use crate::app::App;

/// What can be the matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A connection's provider is not asked, because it failed too often.
    BreakerOpen,
    /// A provider refuses a connection's API key.
    AuthenticationFailed,
    /// Deliveries come that no secret verifies.
    SignatureMismatch,
    /// Too many of the events that come cannot be applied.
    ErrorRate,
    /// Events wait for somebody to look.
    EventsParked,
    /// Jobs failed for good.
    JobsFailed,
    /// A provider's answers are not what they were.
    Drift,
    /// A connection's lists could not be read, several times in a row.
    SyncFailed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::BreakerOpen,
        Self::AuthenticationFailed,
        Self::SignatureMismatch,
        Self::ErrorRate,
        Self::EventsParked,
        Self::JobsFailed,
        Self::Drift,
        Self::SyncFailed,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BreakerOpen => "breaker_open",
            Self::AuthenticationFailed => "authentication_failed",
            Self::SignatureMismatch => "signature_mismatch",
            Self::ErrorRate => "error_rate",
            Self::EventsParked => "events_parked",
            Self::JobsFailed => "jobs_failed",
            Self::Drift => "drift",
            Self::SyncFailed => "sync_failed",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::BreakerOpen => {
                "see whether the provider is up; `calbridge calcom circuit-status` says when it is asked again"
            }
            Self::AuthenticationFailed => {
                "make a new API key at the provider and set it with `calbridge connections set-key`"
            }
            Self::SignatureMismatch => {
                "`calbridge events quarantine list`; set the provider's secret with `calbridge connections rotate-secret`"
            }
            Self::ErrorRate | Self::EventsParked => {
                "`calbridge events list --status failed` says why; mend it, then `calbridge events replay --status failed`"
            }
            Self::JobsFailed => "the log says why; they are forgotten after a while",
            Self::SyncFailed => {
                "`calbridge calcom test-connection` says whether the provider answers; the next sync that is done ends it"
            }
            Self::Drift => "see whether there is a newer release; bookings go on",
        }
    }
}

/// Something that was seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// What is the matter.
    pub kind: Kind,
    /// The connection it is about, if it is one.
    pub connection_id: Option<ConnectionId>,
    /// Tells two of a kind apart.
    pub subject: String,
    /// What was seen. No personal data.
    pub detail: String,
}

/// Raise an incident, or note that one lasts.
pub async fn raise(app: &App, scope: &Scope, seen: Seen) -> Result<Incident, StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let incident = raise_in(&mut tx, scope, seen, now).await?;
    tx.commit().await?;
    Ok(incident)
}

/// The same, within a transaction.
pub(super) async fn raise_in(
    tx: &mut Tx,
    scope: &Scope,
    seen: Seen,
    now: Timestamp,
) -> Result<Incident, StoreError> {
    let new = NewIncident {
        connection_id: seen.connection_id,
        kind: seen.kind.as_str(),
        subject: seen.subject,
        detail: seen.detail,
    };
    let incident = incidents::raise(tx, scope, new, now).await?;
    if incident.occurrences == 1 {
        tracing::warn!(
            incident.id = incident.id,
            incident.kind = incident.kind,
            tenant.id = incident.tenant_id.0,
            "Incident {}: {}",
            incident.id,
            incident.detail
        );
    }
    Ok(incident)
}
