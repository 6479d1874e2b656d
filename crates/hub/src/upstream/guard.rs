//! What lets a call out: the breaker of its connection and the budget of its key.
//!
//! On PostgreSQL both are rows that all nodes share. On SQLite there is one process, and they are in its memory; a breaker
//! that changes is written down, for the command line and the next start.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use calbridge_core::{
    breaker::{Admission, Breaker, BreakerRule},
    budget::{BudgetState, Take},
    ids::{ConnectionId, TenantId},
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{Answer, ApiError, ErrorKind, Quota};
use calbridge_store::{StoreError, provider_breakers, provider_budgets, sql::Engine};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{AskError, Target};
use crate::{app::App, metrics::BudgetWait};

/// The budgets and breakers that this process knows of.
#[derive(Default)]
pub struct Guards(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    budgets: HashMap<(TenantId, String), BudgetState>,
    breakers: HashMap<ConnectionId, Breaker>,
}

/// What was let out; what becomes of it is to be reported.
#[derive(Clone, Copy, Debug)]
pub(super) struct Admitted(Admission);

enum Decision {
    Go(Admission),
    Wait(Timestamp),
    Open(Timestamp),
}

impl Guards {
    /// The breaker of a connection, as this process saw it last.
    pub fn breaker(&self, connection: ConnectionId) -> Breaker {
        let memory = self.lock();
        memory
            .breakers
            .get(&connection)
            .cloned()
            .unwrap_or_default()
    }

    /// Take over what other processes wrote down.
    pub fn learn(&self, rows: impl IntoIterator<Item = (ConnectionId, Breaker)>) {
        self.lock().breakers.extend(rows);
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wait for permission, until `patience` ends at most.
pub(super) async fn admit(
    app: &App,
    target: &Target,
    lane: Lane,
    patience: Instant,
) -> Result<Admitted, AskError> {
    let mut waited = false;
    loop {
        let now = app.clock.now();
        match change(app, target, |budget, breaker| {
            decide(app, target, lane, budget, breaker, now)
        })
        .await?
        {
            Decision::Go(admission) => {
                if waited {
                    let upstream = &app.metrics.upstream;
                    upstream.waited(lane.as_str(), BudgetWait::Granted);
                }
                return Ok(Admitted(admission));
            }
            Decision::Open(until) => return Err(AskError::CircuitOpen { until }),
            Decision::Wait(until) => {
                let wait = until.duration_since(now).unsigned_abs();
                if Instant::now() + wait > patience {
                    let upstream = &app.metrics.upstream;
                    upstream.waited(lane.as_str(), BudgetWait::Exhausted);
                    return Err(AskError::BudgetExhausted { until });
                }
                waited = true;
                tokio::time::sleep(wait).await;
            }
        }
    }
}

fn decide(
    app: &App,
    target: &Target,
    lane: Lane,
    budget: &mut BudgetState,
    breaker: &mut Breaker,
    now: Timestamp,
) -> Decision {
    let settings = &app.config.calcom;
    let admission = if settings.circuit_breaker_enabled {
        breaker.admit(BreakerRule::default(), now)
    } else {
        Admission::Pass
    };
    if let Admission::Refused { until } = admission {
        return Decision::Open(until);
    }
    if settings.rate_limit_enabled
        && let Take::Wait { until } = budget.take(target.rule, lane, now)
    {
        breaker.withdrawn(admission);
        return Decision::Wait(until);
    }
    Decision::Go(admission)
}

/// Report what became of a call that was let out. The call is over; what goes wrong here is only logged.
pub(super) async fn settle<T>(
    app: &App,
    target: &Target,
    Admitted(admission): Admitted,
    outcome: &Result<Answer<T>, AskError>,
) {
    let rule = BreakerRule::default();
    let quota = match outcome {
        Ok(answer) => answer.quota,
        Err(AskError::Provider(error)) => error.quota,
        Err(_) => None,
    };
    let refused = match outcome {
        Err(AskError::Provider(ApiError {
            kind: ErrorKind::RateLimited { retry_after },
            ..
        })) => Some(*retry_after),
        _ => None,
    };
    let fault = outcome.as_ref().is_err_and(AskError::is_providers_fault);
    let nothing_new = !fault
        && refused.is_none()
        && admission == Admission::Pass
        && app.upstream.guards.breaker(target.connection_id) == Breaker::default()
        && quota.is_none_or(|quota| is_plenty(quota, target));
    if nothing_new {
        return;
    }
    let now = app.clock.now();
    let changed = change(app, target, |budget, breaker| {
        if let Some(quota) = quota {
            budget.told(quota.limit, quota.remaining, quota.resets_in, now);
        }
        if let Some(retry_after) = refused {
            budget.refused(retry_after, now);
        }
        if fault {
            breaker.failed(rule, admission, now);
        } else {
            breaker.succeeded(rule, admission, now);
        }
    })
    .await;
    if let Err(error) = changed {
        tracing::warn!(connection.id = %target.connection_id, %error, "What became of a call was not written down");
    }
}

/// Our own rule stops sooner than the provider would.
fn is_plenty(quota: Quota, target: &Target) -> bool {
    quota.remaining > target.rule.burst
}

/// Somebody decided that the provider is well.
pub async fn reset(app: &App, scope: &Scope, connection: ConnectionId) -> Result<(), StoreError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let mut breaker = provider_breakers::load_for_update(&mut tx, scope, connection, now).await?;
    breaker.reset(now);
    provider_breakers::save(&mut tx, scope, connection, &breaker, now).await?;
    tx.commit().await?;
    let word = breaker.state().as_str();
    app.upstream.guards.learn([(connection, breaker)]);
    app.metrics.upstream.breaker_changed(word);
    Ok(())
}

/// How many requests the first lane could make now.
pub async fn left(app: &App, target: &Target) -> Result<u32, StoreError> {
    let now = app.clock.now();
    change(app, target, |budget, _| budget.left(target.rule, now)).await
}

/// Look at the state of a target's budget and breaker and change it, for all nodes at once.
async fn change<T>(
    app: &App,
    target: &Target,
    work: impl FnOnce(&mut BudgetState, &mut Breaker) -> T,
) -> Result<T, StoreError> {
    let (result, before, after) = match app.store.db().engine() {
        Engine::Postgres => change_rows(app, target, work).await?,
        Engine::Sqlite => change_memory(app, target, work),
    };
    if before.state().as_str() != after.state().as_str() {
        announce(app, target, &after).await?;
    }
    Ok(result)
}

fn change_memory<T>(
    app: &App,
    target: &Target,
    work: impl FnOnce(&mut BudgetState, &mut Breaker) -> T,
) -> (T, Breaker, Breaker) {
    let mut memory = app.upstream.guards.lock();
    let Memory { budgets, breakers } = &mut *memory;
    let budget = budgets
        .entry((target.tenant_id, target.budget_key.clone()))
        .or_default();
    let breaker = breakers.entry(target.connection_id).or_default();
    let before = breaker.clone();
    let result = work(budget, breaker);
    (result, before, breaker.clone())
}

async fn change_rows<T>(
    app: &App,
    target: &Target,
    work: impl FnOnce(&mut BudgetState, &mut Breaker) -> T,
) -> Result<(T, Breaker, Breaker), StoreError> {
    let now = app.clock.now();
    let scope = Scope::system(target.tenant_id);
    // A crash of the database server forgets the last requests at worst.
    let mut tx = app.store.db().write_unflushed().await?;
    let mut budget =
        provider_budgets::load_for_update(&mut tx, &scope, &target.budget_key, now).await?;
    let mut breaker =
        provider_breakers::load_for_update(&mut tx, &scope, target.connection_id, now).await?;
    let (old_budget, before) = (budget.clone(), breaker.clone());
    let result = work(&mut budget, &mut breaker);
    if budget != old_budget {
        provider_budgets::save(&mut tx, &scope, &target.budget_key, &budget, now).await?;
    }
    if breaker != before {
        provider_breakers::save(&mut tx, &scope, target.connection_id, &breaker, now).await?;
    }
    tx.commit().await?;
    app.upstream
        .guards
        .learn([(target.connection_id, breaker.clone())]);
    Ok((result, before, breaker))
}

/// Say and write down that a breaker changed.
async fn announce(app: &App, target: &Target, breaker: &Breaker) -> Result<(), StoreError> {
    let word = breaker.state().as_str();
    app.metrics.upstream.breaker_changed(word);
    tracing::warn!(
        provider = target.known.connection.provider.as_str(),
        tenant.id = %target.tenant_id,
        connection.id = %target.connection_id,
        breaker = word,
        "The circuit breaker of connection {} is {word} now",
        target.connection_id
    );
    if app.store.db().engine() == Engine::Postgres {
        return Ok(());
    }
    let now = app.clock.now();
    let scope = Scope::system(target.tenant_id);
    let mut tx = app.store.write().await?;
    provider_breakers::save(&mut tx, &scope, target.connection_id, breaker, now).await?;
    tx.commit().await
}
