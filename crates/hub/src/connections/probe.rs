//! Try whether Cal.com answers a connection, and what it says.

use calbridge_core::{ids::ConnectionId, lane::Lane, provider::Provider, scope::Scope};
use calbridge_providers::calcom_api::{
    ErrorKind,
    event_types::{self, Whose},
    me,
};
use calbridge_store::{StoreError, connections};
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    upstream::{AskError, Target, TargetError, Wish, ask, left, target},
};

/// What a connection's provider said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Probed {
    /// The connection.
    pub connection_id: ConnectionId,
    /// Its name.
    pub name: String,
    /// What was found, where everything works.
    pub found: Option<ProbedAccount>,
    /// What does not work.
    pub trouble: Option<String>,
    /// What to do about it.
    pub remedy: Option<String>,
}

/// An account that answers.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ProbedAccount {
    /// The server.
    pub server: String,
    /// Which versions it speaks.
    pub versions: String,
    /// Cal.com's id of the user whose key it is.
    pub user_id: i64,
    /// The name in links.
    pub username: Option<String>,
    /// The user's zone.
    pub time_zone: String,
    /// How many event types the key's owner has.
    pub event_types: usize,
    /// How many requests may be made at once now.
    pub requests_left: u32,
    /// By how many seconds its clock is ahead of ours.
    pub clock_ahead_seconds: Option<i64>,
}

/// Try every Cal.com connection of a tenant.
pub async fn probe(app: &App, scope: &Scope) -> Result<Vec<Probed>, StoreError> {
    let mut tx = app.store.read().await?;
    let all = connections::list(&mut tx, scope).await?;
    tx.rollback().await?;
    let mut probed = Vec::new();
    for connection in all {
        if connection.provider != Provider::CalCom {
            continue;
        }
        let (found, trouble, remedy) = match account(app, scope, connection.id).await {
            Ok(found) => (Some(found), None, None),
            Err(error) => (None, Some(error.to_string()), Some(remedy(&error))),
        };
        probed.push(Probed {
            connection_id: connection.id,
            name: connection.name,
            found,
            trouble,
            remedy: remedy.map(str::to_owned),
        });
    }
    Ok(probed)
}

async fn account(
    app: &App,
    scope: &Scope,
    connection: ConnectionId,
) -> Result<ProbedAccount, TargetError> {
    let target: Target = target(app, scope, connection).await?;
    let wish = Wish::of(Lane::Interactive);
    let account = ask(app, &target, &me(), wish).await?;
    let ahead = account.told_at.map(|theirs| {
        let ours = app.clock.now();
        theirs.duration_since(ours).as_secs()
    });
    let own = event_types::list(target.profile, &Whose::Own);
    let event_types = ask(app, &target, &own, wish).await?.value.len();
    let account = account.value;
    Ok(ProbedAccount {
        server: target.base.as_str().to_owned(),
        versions: target.profile.as_str().to_owned(),
        user_id: account.id,
        username: account.username,
        time_zone: account.time_zone,
        event_types,
        requests_left: left(app, &target).await.map_err(AskError::from)?,
        clock_ahead_seconds: ahead,
    })
}

/// What somebody can do about a connection that does not work.
fn remedy(error: &TargetError) -> &'static str {
    match error {
        TargetError::Ask(error) => remedy_of_asking(error),
        TargetError::NoConnection => "`calbridge connections enable` switches it on",
        TargetError::NoKey(_) => {
            "make a key at https://app.cal.com/settings/developer/api-keys and set it with `calbridge connections set-key`"
        }
        TargetError::BaseUrl { .. } => "set another with `calbridge connections change --api-url`",
        TargetError::OtherProvider(_) => "name a connection to Cal.com",
    }
}

/// What somebody can do about a provider that refuses or fails (FL-45, FL-46).
pub fn remedy_of_asking(error: &AskError) -> &'static str {
    match error {
        AskError::Provider(error) => match error.kind {
            ErrorKind::Unauthorized => {
                "Cal.com refuses the API key: renew it at https://app.cal.com/settings/developer/api-keys and set it with \
                 `calbridge connections set-key`"
            }
            ErrorKind::Forbidden => "the key may not do this: use one of an owner or admin",
            ErrorKind::NotFound => {
                "Cal.com has no such event type: its id is wrong, or it is inactive there; \
                 `calbridge calcom sync-event-types` reads those there are"
            }
            ErrorKind::RateLimited { .. } => "wait a minute",
            ErrorKind::Gone => {
                "the server speaks API v1 only, which has ended: let the base URL end in /v2"
            }
            ErrorKind::Misread { .. } => "is the base URL that of an API v2?",
            ErrorKind::SlotTaken | ErrorKind::Refused { .. } => "Cal.com says why it refuses",
            ErrorKind::Down => "see https://status.cal.com, and try again later",
        },
        AskError::BudgetExhausted { .. } => "wait a minute",
        AskError::CircuitOpen { .. } => {
            "`calbridge calcom circuit-reset` has it asked at once; `circuit-status` says since when it fails"
        }
        AskError::NotSent(_) | AskError::NoAnswer(_) => {
            "can this machine reach the server? See https://status.cal.com as well"
        }
        AskError::Store(_) => "see whether the database runs",
    }
}
