//! Make the webhooks of a connection as they should be.

use calbridge_core::{ids::ConnectionId, lane::Lane, scope::Scope};
use calbridge_providers::calcom_api::webhooks::wanted;
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    connection_secrets,
    connections::SecretKind,
};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::json;

use super::{
    Mode, OVERLAP, Ours, Outcome, Report, SecretState, Step, Told, WebhooksError,
    judge::{judge, level_name, ours},
    look::{Looked, look},
    plan::{Part, plan},
    tell::{Ideal, tell},
    watch,
};
use crate::{app::App, connections, secret};

/// What was done, and how it is now.
#[derive(Clone, PartialEq, Debug)]
pub struct Repaired {
    /// What was done, or would be.
    pub steps: Vec<Told>,
    /// How it is now; after a dry run, as before.
    pub report: Report,
}

/// Where the secret comes from that the webhooks get.
enum Source {
    /// The connection's newest.
    Ours(SecretString),
    /// The connection has none; a webhook has.
    Theirs(SecretString),
    /// Nobody has one.
    New(SecretString),
}

/// Register what is missing and mend what is wrong. What one webhook refuses does not hold up the others.
pub async fn repair(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    mode: Mode,
) -> Result<Repaired, WebhooksError> {
    let looked = look(app, scope, id, Lane::Interactive).await?;
    let ours = ours(&looked);
    let steps = plan(&looked, &ours);
    if steps.iter().any(needs_address) && looked.address.url().is_none() {
        return Err(WebhooksError::NoAddress);
    }
    if mode == Mode::DryRun {
        let planned = steps.into_iter().map(|step| Told {
            step,
            outcome: Outcome::Planned,
        });
        return Ok(Repaired {
            steps: planned.collect(),
            report: judge(&looked),
        });
    }
    let steps = carry_out(app, scope, &looked, &ours, steps).await?;
    let looked = look(app, scope, id, Lane::Interactive).await?;
    let report = judge(&looked);
    finish_rotation(app, scope, &looked, &report).await?;
    watch::note(app, scope, &report).await?;
    Ok(Repaired { steps, report })
}

fn needs_address(step: &Step) -> bool {
    match step {
        Step::Create { .. } => true,
        Step::Change { what, .. } => what.contains(&Part::Url),
    }
}

async fn carry_out(
    app: &App,
    scope: &Scope,
    looked: &Looked,
    ours: &[Ours],
    steps: Vec<Step>,
) -> Result<Vec<Told>, WebhooksError> {
    let id = looked.target.connection_id;
    let source = source(looked, ours);
    let at_once = SignedDuration::ZERO;
    if let Source::Theirs(secret) = &source {
        // The provider signs with it already.
        connections::rotate_secret(app, scope, id, secret, at_once).await?;
    }
    let (Source::Ours(secret) | Source::Theirs(secret) | Source::New(secret)) = &source;
    let url = looked.address.url();
    let triggers = wanted(looked.target.profile);
    let ideal = Ideal {
        url: url.as_deref(),
        secret,
        triggers: &triggers,
        lane: looked.lane,
    };
    let mut told = Vec::with_capacity(steps.len());
    for step in steps {
        let outcome = tell(app, &looked.target, &step, &ideal).await;
        told.push(Told { step, outcome });
    }
    let all_done = told
        .iter()
        .all(|one| matches!(one.outcome, Outcome::Done(_)));
    // As long as there is no secret here, what is signed is taken too. If the new one reached only some of them, the
    // next repair finds it there.
    if let Source::New(secret) = &source
        && all_done
        && !told.is_empty()
    {
        connections::rotate_secret(app, scope, id, secret, at_once).await?;
    }
    log(app, scope, id, &told).await?;
    Ok(told)
}

fn source(looked: &Looked, ours: &[Ours]) -> Source {
    if let Some(newest) = looked.secrets.first() {
        return Source::Ours(newest.text.clone());
    }
    let signs = ours.iter().find(|one| one.secret == SecretState::OnlyThere);
    let webhooks = looked
        .levels
        .iter()
        .flat_map(|read| read.webhooks.iter().flatten());
    let theirs = signs.and_then(|signs| {
        let mut webhooks = webhooks;
        let webhook = webhooks.find(|webhook| webhook.id == signs.id)?;
        webhook.secret.clone()
    });
    match theirs {
        Some(secret) => Source::Theirs(secret),
        None => Source::New(secret::token().into()),
    }
}

async fn log(app: &App, scope: &Scope, id: ConnectionId, told: &[Told]) -> Result<(), StoreError> {
    let deeds: Vec<Deed> = told
        .iter()
        .map(|one| {
            let action = match one.step {
                Step::Create { .. } => "provider_webhook.create",
                Step::Change { .. } => "provider_webhook.change",
            };
            let webhook = match (&one.outcome, &one.step) {
                (Outcome::Done(id), _) | (_, Step::Change { id, .. }) => Some(id),
                _ => None,
            };
            Deed::of(scope, action, "connection", id).after(json!({
                "level": level_name(one.step.level()),
                "webhook_id": webhook,
                "changes": one.step.parts(),
                "outcome": one.outcome.as_str(),
            }))
        })
        .collect();
    if deeds.is_empty() {
        return Ok(());
    }
    let mut tx = app.store.write().await?;
    audit::append(&mut tx, deeds, app.clock.now()).await?;
    tx.commit().await
}

/// A rotation that was interrupted left both secrets counting. Once every webhook signs with the newest, the older ones
/// go.
async fn finish_rotation(
    app: &App,
    scope: &Scope,
    looked: &Looked,
    report: &Report,
) -> Result<(), StoreError> {
    let Some((newest, older)) = looked.secrets.split_first() else {
        return Ok(());
    };
    let all_same = report
        .webhooks
        .iter()
        .all(|one| one.secret == SecretState::Same);
    if !all_same || report.webhooks.is_empty() || !older.iter().any(|secret| secret.stays) {
        return Ok(());
    }
    let now = app.clock.now();
    let until = now.checked_add(OVERLAP).unwrap_or(now);
    let connection = &looked.target.known.connection;
    let mut tx = app.store.write().await?;
    let kind = SecretKind::Webhook;
    connection_secrets::retire_older(&mut tx, connection, kind, newest.id, until).await?;
    let deed = Deed::of(
        scope,
        "connection.rotate_secret",
        "connection",
        connection.id,
    )
    .after(json!({ "old_secret_until": until }));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await
}
