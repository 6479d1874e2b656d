//! Receive a delivery: find its connection by what verifies, read it, and have it stored and applied.

use std::{sync::Arc, time::Duration};

use calbridge_core::provider::Provider;
use calbridge_providers::{Headers, Verification, normalize, verify};
use calbridge_store::{
    connections::SignaturePolicy, quarantine::NewQuarantinedDelivery, sql::RawJson,
};
use jiff::Timestamp;
use tokio::sync::Semaphore;
use tracing::Span;

use super::{
    Door, Receipt,
    intake::{Delivery, IntakeError},
    log, quarantine,
};
use crate::{
    app::App,
    connections::{KnownConnection, Snapshot},
    metrics::NotTaken,
};

/// A request at one of the doors, unverified.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Which door.
    pub door: Door,
    /// The connection's token, at its own door.
    pub token: Option<String>,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The raw bytes.
    pub body: Vec<u8>,
}

/// Why a delivery was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReceiveError {
    /// No connection has this URL.
    #[error("no connection has this URL")]
    UnknownHook,
    /// Nothing verifies it; it is kept in quarantine.
    #[error("{0}")]
    NotVerified(&'static str),
    /// Too many deliveries wait.
    #[error("too many deliveries wait to be stored")]
    Full,
    /// It could not be stored.
    #[error("the delivery could not be stored")]
    NotStored,
}

/// Why a delivery is refused: as it is counted, and in words.
type Refusal = (NotTaken, &'static str);

/// Which connection a delivery is of.
enum Judged {
    Verified {
        connection: Arc<KnownConnection>,
        late: bool,
    },
    Refused {
        connection: Option<Arc<KnownConnection>>,
        provider: Provider,
        refusal: Refusal,
    },
    UnknownHook,
}

/// Receive a delivery. What is answered with a receipt is on disk.
pub async fn receive(app: &App, incoming: Incoming) -> Result<Receipt, ReceiveError> {
    let now = app.clock.now();
    let tolerance = app.config.webhooks.signature_tolerance();
    let snapshot = app.registry.current(&app.store, now).await;
    let incoming = Arc::new(incoming);
    let mut judged = judge_with_care(&snapshot, &incoming, now, tolerance).await?;
    if !matches!(judged, Judged::Verified { .. }) {
        // The connection may have been added or its secret rotated a moment ago, by another process.
        let newer = app.registry.look_again(&app.store, now).await;
        if !Arc::ptr_eq(&snapshot, &newer) {
            judged = judge_with_care(&newer, &incoming, now, tolerance).await?;
        }
    }
    let incoming = Arc::unwrap_or_clone(incoming);
    let (known, late) = match judged {
        Judged::Verified { connection, late } => (connection, late),
        Judged::UnknownHook => {
            app.metrics.inbox.not_taken(NotTaken::UnknownHook);
            log::unknown_hook(incoming.door);
            return Err(ReceiveError::UnknownHook);
        }
        Judged::Refused {
            connection,
            provider,
            refusal: (counted, reason),
        } => {
            app.metrics.inbox.not_taken(counted);
            let known = connection.as_ref().map(|known| known.connection.id.0);
            log::refused(incoming.door, provider, known, reason);
            let delivery = NewQuarantinedDelivery {
                tenant_id: connection.as_ref().map(|known| known.connection.tenant_id),
                connection_id: connection.as_ref().map(|known| known.connection.id),
                provider,
                door: incoming.door.as_str(),
                reason: reason.to_owned(),
                headers: incoming.headers,
                body: incoming.body,
            };
            quarantine::keep(app, delivery).await;
            return Err(ReceiveError::NotVerified(reason));
        }
    };
    let (door, provider) = (incoming.door, known.connection.provider);
    let delivery = read(&known, incoming, late, now);
    app.intake.store(delivery).await.map_err(|error| {
        let (counted, error) = match error {
            IntakeError::Full => (NotTaken::Full, ReceiveError::Full),
            IntakeError::NotStored => (NotTaken::NotStored, ReceiveError::NotStored),
        };
        app.metrics.inbox.not_taken(counted);
        log::turned_away(door, provider, &error);
        error
    })
}

/// Read a verified delivery.
pub(super) fn read(
    known: &Arc<KnownConnection>,
    incoming: Incoming,
    late: bool,
    received_at: Timestamp,
) -> Delivery {
    let content_type = Headers(&incoming.headers).all("content-type").next();
    let reading = normalize(
        known.connection.provider,
        content_type,
        &incoming.body,
        received_at,
    );
    Delivery {
        connection: Arc::clone(known),
        door: incoming.door,
        headers: incoming.headers,
        body: incoming.body,
        late,
        received_at,
        meaning: reading.meaning,
        payload: reading
            .payload
            .as_ref()
            .map(|json| RawJson(json.to_string())),
        span: Span::current(),
    }
}

/// Whether a delivery that was kept turns out to be this connection's. Its signed time is old by now, and that is no
/// news.
pub(super) fn belongs_to(
    snapshot: &Snapshot,
    known: &Arc<KnownConnection>,
    incoming: &Incoming,
    now: Timestamp,
) -> bool {
    let any_age = Duration::from_secs(u64::MAX / 4);
    let judged = if incoming.token.is_some() {
        judge_own(known, incoming, now, any_age)
    } else {
        judge_shared(snapshot, known.connection.provider, incoming, now, any_age)
    };
    matches!(judged, Judged::Verified { connection, .. } if connection.connection.id == known.connection.id)
}

/// Verifying that hashes more bytes than this is not done between other requests.
const LIGHT: usize = 1024 * 1024;

/// One after the other, so that a flood at a shared door, where every secret of a provider is tried, takes one
/// processor at most.
static HEAVY: Semaphore = Semaphore::const_new(1);

/// How long a delivery waits for its turn to be verified.
const TURN: Duration = Duration::from_secs(2);

/// [`judge`], beside the other requests when there is much to do.
async fn judge_with_care(
    snapshot: &Arc<Snapshot>,
    incoming: &Arc<Incoming>,
    now: Timestamp,
    tolerance: Duration,
) -> Result<Judged, ReceiveError> {
    let secrets = match (&incoming.token, incoming.door.provider()) {
        (None, Some(provider)) => snapshot.of_provider(provider).len(),
        _ => 1,
    };
    if secrets.saturating_mul(incoming.body.len()) <= LIGHT {
        return Ok(judge(snapshot, incoming, now, tolerance));
    }
    let turn = tokio::time::timeout(TURN, HEAVY.acquire()).await;
    let Ok(Ok(_turn)) = turn else {
        return Err(ReceiveError::Full);
    };
    let (snapshot, incoming) = (Arc::clone(snapshot), Arc::clone(incoming));
    let judging = tokio::task::spawn_blocking(move || judge(&snapshot, &incoming, now, tolerance));
    judging.await.map_err(|_| ReceiveError::NotStored)
}

fn judge(snapshot: &Snapshot, incoming: &Incoming, now: Timestamp, tolerance: Duration) -> Judged {
    match (&incoming.token, incoming.door.provider()) {
        (Some(token), _) => match snapshot.by_token(token) {
            Some(known) => judge_own(known, incoming, now, tolerance),
            None => Judged::UnknownHook,
        },
        (None, Some(provider)) => judge_shared(snapshot, provider, incoming, now, tolerance),
        (None, None) => Judged::UnknownHook,
    }
}

/// At a connection's own door the URL is a secret too: without another one, it suffices.
fn judge_own(
    known: &Arc<KnownConnection>,
    incoming: &Incoming,
    now: Timestamp,
    tolerance: Duration,
) -> Judged {
    let secrets = known.secrets(now);
    if secrets.is_empty() {
        return Judged::Verified {
            connection: Arc::clone(known),
            late: false,
        };
    }
    let provider = known.connection.provider;
    match verify(
        provider,
        Headers(&incoming.headers),
        &incoming.body,
        &secrets,
        now,
        tolerance,
    ) {
        Verification::Valid { late, .. } => Judged::Verified {
            connection: Arc::clone(known),
            late,
        },
        other => Judged::Refused {
            connection: Some(Arc::clone(known)),
            provider,
            refusal: refusal(other),
        },
    }
}

/// At a shared door the connection is the one whose secret verifies. Without a secret that does, a delivery passes
/// only to the one connection, if there is exactly one, whose policy was explicitly set to `off`.
fn judge_shared(
    snapshot: &Snapshot,
    provider: Provider,
    incoming: &Incoming,
    now: Timestamp,
    tolerance: Duration,
) -> Judged {
    let mut verified: Option<(&Arc<KnownConnection>, bool)> = None;
    let mut open = Vec::new();
    let mut refused = Verification::Missing;
    for known in snapshot.of_provider(provider) {
        let secrets = known.secrets(now);
        if secrets.is_empty() {
            if known.connection.signature_policy == SignaturePolicy::Off {
                open.push(known);
            }
            continue;
        }
        match verify(
            provider,
            Headers(&incoming.headers),
            &incoming.body,
            &secrets,
            now,
            tolerance,
        ) {
            Verification::Valid { late, .. } => match verified {
                Some((first, _)) if first.connection.tenant_id != known.connection.tenant_id => {
                    return Judged::Refused {
                        connection: None,
                        provider,
                        refusal: (
                            NotTaken::Ambiguous,
                            "connections of two tenants have this secret: use their own URLs",
                        ),
                    };
                }
                Some(_) => {}
                None => verified = Some((known, late)),
            },
            other => refused = other,
        }
    }
    match (verified, open.as_slice()) {
        (Some((known, late)), _) => Judged::Verified {
            connection: Arc::clone(known),
            late,
        },
        (None, [only]) => Judged::Verified {
            connection: Arc::clone(only),
            late: false,
        },
        (None, _) => Judged::Refused {
            connection: None,
            provider,
            refusal: refusal(refused),
        },
    }
}

fn refusal(verification: Verification) -> Refusal {
    match verification {
        Verification::Missing => (NotTaken::SignatureMissing, "the signature is missing"),
        Verification::Unsigned => (
            NotTaken::Unsigned,
            "the provider signed with no secret, but one is set here",
        ),
        Verification::Invalid | Verification::Valid { .. } => {
            (NotTaken::SignatureWrong, "no secret verifies the signature")
        }
        Verification::Malformed(why) => (NotTaken::SignatureMalformed, why),
    }
}
