//! What calls tell beside their answers: which versions a server speaks, what it changed, and that a key stopped working.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use calbridge_core::{ids::ConnectionId, lane::Lane, scope::Scope};
use calbridge_providers::calcom_api::{
    ApiError, Detection, Drift, DriftKind, ErrorKind, Profile, detect,
};
use calbridge_store::{StoreError, connections};
use jiff::{SignedDuration, Timestamp};

use super::{AskError, Target, Wish, ask};
use crate::{
    app::App,
    incidents::{self, Kind, Seen},
};

/// Which versions a server speaks is found out again after a misread answer, but no sooner than this.
const LOOK_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Drifts that are told apart, at most; beyond that they are only counted.
const MOST_DRIFTS: usize = 1000;

/// What was noted already, so that it is written down once.
#[derive(Default)]
pub struct Noted(Mutex<State>);

#[derive(Default)]
struct State {
    drifts: HashSet<(ConnectionId, String)>,
    keys: HashMap<ConnectionId, KeyState>,
    profiles: HashMap<ConnectionId, Timestamp>,
}

/// What a provider said last of a connection's key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum KeyState {
    Works,
    Refused,
}

impl Noted {
    /// Whether the key of a connection was refused, and none worked since.
    pub(super) fn is_refused(&self, connection: ConnectionId) -> bool {
        self.lock().keys.get(&connection) == Some(&KeyState::Refused)
    }

    /// Whether that is news to this process.
    fn is_news(&self, connection: ConnectionId, state: KeyState) -> bool {
        self.lock().keys.insert(connection, state) != Some(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Find out which versions a server speaks, and keep it with the connection.
pub(super) async fn find_profile(app: &App, target: &Target) -> Result<Profile, AskError> {
    let mut asked = Profile::Hosted2026;
    loop {
        let error = match Box::pin(ask(
            app,
            target,
            &detect::probe(asked),
            Wish::of(Lane::Interactive),
        ))
        .await
        {
            Ok(_) => {
                keep_profile(app, target, Some(asked)).await?;
                return Ok(asked);
            }
            Err(AskError::Provider(error)) => error,
            Err(error) => return Err(error),
        };
        match Profile::detect::<()>(asked, &Err(error.clone())) {
            Detection::Probe(next) if next != asked => asked = next,
            _ => return Err(error.into()),
        }
    }
}

async fn keep_profile(
    app: &App,
    target: &Target,
    profile: Option<Profile>,
) -> Result<(), StoreError> {
    let now = app.clock.now();
    let scope = Scope::system(target.tenant_id);
    let mut tx = app.store.write().await?;
    let Some(mut connection) = connections::find(&mut tx, &scope, target.connection_id).await?
    else {
        return Ok(());
    };
    connection.api_profile = profile.map(|profile| profile.as_str().to_owned());
    connections::update(&mut tx, &scope, &connection, now).await?;
    tx.commit().await?;
    if profile.is_some() {
        app.upstream
            .noted
            .lock()
            .profiles
            .insert(target.connection_id, now);
    }
    app.registry.refresh(&app.store, now).await
}

/// A call was answered: what differs from what is known is reported once, and a key that works again is noted.
pub(super) async fn success(app: &App, target: &Target, drifts: &[Drift]) {
    let noted = &app.upstream.noted;
    // It may have been refused before this process began.
    if noted.is_news(target.connection_id, KeyState::Works) {
        let scope = Scope::system(target.tenant_id);
        let subject = target.connection_id.to_string();
        let kind = Kind::AuthenticationFailed;
        log_failure(incidents::settle(app, &scope, kind, &subject).await);
    }
    for drift in drifts {
        drifted(app, target, drift).await;
    }
}

async fn drifted(app: &App, target: &Target, drift: &Drift) {
    let provider = target.known.connection.provider.as_str();
    let operation = drift.operation.as_str();
    app.metrics.upstream.drifted(provider, operation);
    let subject = format!("{operation} {}", drift.path);
    let is_new = {
        let mut noted = app.upstream.noted.lock();
        noted.drifts.len() < MOST_DRIFTS
            && noted.drifts.insert((target.connection_id, subject.clone()))
    };
    if !is_new {
        return;
    }
    let told = told(drift);
    tracing::info!(
        provider,
        operation,
        connection.id = %target.connection_id,
        "{provider} answers {operation} otherwise than known: {told}"
    );
    raise(app, target, Kind::Drift, subject, told).await;
}

/// A drift as people read it.
fn told(drift: &Drift) -> String {
    let path = &drift.path;
    match &drift.what {
        DriftKind::UnknownField => format!("`{path}` is new"),
        DriftKind::MissingField => format!("`{path}` is gone"),
        DriftKind::UnknownWord(word) => format!("`{path}` says `{word}`, which is new"),
        DriftKind::Deprecated(notice) => format!("`{path}` says that this will end: {notice}"),
    }
}

/// A call was refused or failed.
pub(super) async fn failure(app: &App, target: &Target, error: &AskError) {
    match error {
        AskError::Provider(ApiError {
            kind: ErrorKind::Unauthorized,
            ..
        }) => {
            let noted = &app.upstream.noted;
            if noted.is_news(target.connection_id, KeyState::Refused) {
                let subject = target.connection_id.to_string();
                let name = &target.known.connection.name;
                let detail = format!(
                    "the API key of connection `{name}` is refused: renew it at the provider and set it with \
                     `calbridge connections set-key`"
                );
                raise(app, target, Kind::AuthenticationFailed, subject, detail).await;
            }
        }
        AskError::Provider(ApiError {
            kind: ErrorKind::Misread { .. },
            ..
        }) => forget_profile(app, target).await,
        _ => {}
    }
}

/// The server may have been replaced by one that speaks other versions.
async fn forget_profile(app: &App, target: &Target) {
    if target.known.connection.api_profile.is_none() {
        return;
    }
    let now = app.clock.now();
    let found = app
        .upstream
        .noted
        .lock()
        .profiles
        .get(&target.connection_id)
        .copied();
    let is_recent = found.is_some_and(|at| now.duration_since(at) < LOOK_AGAIN);
    if !is_recent {
        log_failure(keep_profile(app, target, None).await);
    }
}

/// Find out anew, with the next question, which versions a server speaks.
pub async fn forget(app: &App, target: &Target) -> Result<(), StoreError> {
    keep_profile(app, target, None).await
}

async fn raise(app: &App, target: &Target, kind: Kind, subject: String, detail: String) {
    let seen = Seen {
        kind,
        connection_id: Some(target.connection_id),
        subject,
        detail,
    };
    let scope = Scope::system(target.tenant_id);
    log_failure(incidents::raise(app, &scope, seen).await.map(drop));
}

/// The call is over; that something about it was not noted is no reason for it to fail.
fn log_failure(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(%error, "What a call told could not be written down");
    }
}
