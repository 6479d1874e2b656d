//! Change the secret that webhooks are signed with, without a moment in which a delivery does not verify.

use calbridge_core::{ids::ConnectionId, lane::Lane, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connection_secrets,
    connections::SecretKind,
};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde_json::json;

use super::{
    Mode, Outcome, Step, Told, WebhooksError,
    judge::ours,
    look::{Looked, look},
    plan::Part,
    tell::{Ideal, tell},
};
use crate::{app::App, secret};

/// How long the old secret goes on counting: deliveries that were signed with it may still be on their way.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// What came of a rotation.
#[derive(Clone, PartialEq, Debug)]
pub struct Rotated {
    /// What became of each webhook.
    pub steps: Vec<Told>,
    /// When the old secret stops counting; `None`: it goes on, because not every webhook surely has the new one.
    pub old_secret_until: Option<Timestamp>,
}

/// Set a new random secret. It counts here before the provider hears of it, and the old one counts until every webhook
/// has the new one, and then for `overlap`. Interrupted anywhere, both count; a repair goes on from there.
pub async fn rotate(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    overlap: SignedDuration,
    mode: Mode,
) -> Result<Rotated, WebhooksError> {
    let looked = look(app, scope, id, Lane::Interactive).await?;
    if looked.secrets.is_empty() {
        return Err(WebhooksError::NoSecret(id));
    }
    let steps = steps(&looked);
    if steps.is_empty() {
        return Err(WebhooksError::NoWebhook(id));
    }
    if mode == Mode::DryRun {
        let planned = steps.into_iter().map(|step| Told {
            step,
            outcome: Outcome::Planned,
        });
        let now = app.clock.now();
        return Ok(Rotated {
            steps: planned.collect(),
            old_secret_until: Some(now.checked_add(overlap).unwrap_or(now)),
        });
    }
    let new = SecretString::from(secret::token());
    let new_id = store(app, scope, &looked, &new).await?;
    let ideal = Ideal {
        url: None,
        secret: &new,
        triggers: &[],
        lane: looked.lane,
    };
    let mut told = Vec::with_capacity(steps.len());
    for step in steps {
        let outcome = tell(app, &looked.target, &step, &ideal).await;
        told.push(Told { step, outcome });
    }
    let old_secret_until = retire(app, scope, &looked, new_id, &told, overlap).await?;
    Ok(Rotated {
        steps: told,
        old_secret_until,
    })
}

/// All that lead here, duplicates too: whatever still signed with the old secret would be refused in the end.
fn steps(looked: &Looked) -> Vec<Step> {
    let all = ours(looked).into_iter();
    all.map(|one| Step::Change {
        level: one.level,
        id: one.id,
        what: vec![Part::Secret],
    })
    .collect()
}

async fn store(
    app: &App,
    scope: &Scope,
    looked: &Looked,
    new: &SecretString,
) -> Result<i64, StoreError> {
    let now = app.clock.now();
    let connection = &looked.target.known.connection;
    let keys = app.store.keys();
    let kind = SecretKind::Webhook;
    let mut tx = app.store.write().await?;
    let id = connection_secrets::add(&mut tx, keys, connection, kind, new, now).await?;
    let deed = Deed::of(scope, "connection.add_secret", "connection", connection.id);
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(id)
}

/// The old secret goes when everybody has the new one, the new one when surely nobody has it. Otherwise both stay.
async fn retire(
    app: &App,
    scope: &Scope,
    looked: &Looked,
    new_id: i64,
    told: &[Told],
    overlap: SignedDuration,
) -> Result<Option<Timestamp>, StoreError> {
    let now = app.clock.now();
    let connection = &looked.target.known.connection;
    let all_have_it = told
        .iter()
        .all(|one| matches!(one.outcome, Outcome::Done(_)));
    let nobody_has_it = told
        .iter()
        .all(|one| matches!(one.outcome, Outcome::Refused(_) | Outcome::Failed(_)));
    let mut until = None;
    let mut tx = app.store.write().await?;
    if all_have_it {
        let at = now.checked_add(overlap).unwrap_or(now);
        let kind = SecretKind::Webhook;
        connection_secrets::retire_older(&mut tx, connection, kind, new_id, at).await?;
        until = Some(at);
    } else if nobody_has_it {
        connection_secrets::delete(&mut tx, connection, new_id).await?;
    }
    let outcomes: Vec<_> = told.iter().map(|one| one.outcome.as_str()).collect();
    let deed = Deed::of(
        scope,
        "provider_webhook.rotate",
        "connection",
        connection.id,
    )
    .after(json!({ "old_secret_until": until, "outcomes": outcomes }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(until)
}
