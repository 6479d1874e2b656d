//! Table `provider_budgets`: what each key of a provider may still ask, shared by all nodes.

use calbridge_core::{budget::BudgetState, ids::TenantId, scope::Scope};
use jiff::Timestamp;
use serde_json::Value as JsonValue;

use crate::{
    sql::{Json, StoreError, Tx},
    types::row_type,
};

row_type! {
    /// The budget of one key.
    ProviderBudget {
        /// Tenant.
        tenant_id: TenantId,
        /// A fingerprint of provider, server and key.
        budget_key: String,
        /// What is left, as it was stored: see [`ProviderBudget::state`].
        state: JsonValue,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

impl ProviderBudget {
    /// What is left. One that cannot be read, of a newer release, counts as not used.
    pub fn state(&self) -> BudgetState {
        readable(self.state.clone())
    }
}

fn readable(state: JsonValue) -> BudgetState {
    serde_json::from_value(state).unwrap_or_else(|_| {
        tracing::warn!("The budget of a provider's key cannot be read and begins anew");
        BudgetState::default()
    })
}

/// What a key has left, until the end of the transaction nobody else's. One that is not there is made.
pub async fn load_for_update(
    tx: &mut Tx,
    scope: &Scope,
    budget_key: &str,
    now: Timestamp,
) -> Result<BudgetState, StoreError> {
    if let Some(state) = find_for_update(tx, scope, budget_key).await? {
        return Ok(state);
    }
    // There must be a row to lock, whoever makes it.
    let new = BudgetState::default();
    tx.query(
        "INSERT INTO provider_budgets (tenant_id, budget_key, state, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, budget_key) DO NOTHING",
    )
    .bind(scope.tenant_id())
    .bind(budget_key)
    .bind(Json(&new))
    .bind(now)
    .execute()
    .await?;
    let state = find_for_update(tx, scope, budget_key).await?;
    Ok(state.unwrap_or(new))
}

async fn find_for_update(
    tx: &mut Tx,
    scope: &Scope,
    budget_key: &str,
) -> Result<Option<BudgetState>, StoreError> {
    let for_update = tx.for_update();
    let found: Option<(JsonValue,)> = tx
        .query(format!(
            "SELECT state FROM provider_budgets WHERE tenant_id = $1 AND budget_key = $2 {for_update}"
        ))
        .bind(scope.tenant_id())
        .bind(budget_key)
        .optional()
        .await?;
    Ok(found.map(|(state,)| readable(state)))
}

/// Write what a key has left.
pub async fn save(
    tx: &mut Tx,
    scope: &Scope,
    budget_key: &str,
    state: &BudgetState,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO provider_budgets (tenant_id, budget_key, state, updated_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, budget_key) DO UPDATE SET state = excluded.state, updated_at = excluded.updated_at",
    )
    .bind(scope.tenant_id())
    .bind(budget_key)
    .bind(Json(state))
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// The budgets of a tenant.
pub async fn list(tx: &mut Tx, scope: &Scope) -> Result<Vec<ProviderBudget>, StoreError> {
    tx.query("SELECT * FROM provider_budgets WHERE tenant_id = $1 ORDER BY budget_key")
        .bind(scope.tenant_id())
        .all()
        .await
}

/// Drop the budgets of all tenants that were not used since an instant: keys that were replaced.
pub async fn prune_in_all(tx: &mut Tx, before: Timestamp) -> Result<u64, StoreError> {
    tx.query("DELETE FROM provider_budgets WHERE updated_at < $1")
        .bind(before)
        .execute()
        .await
}

#[cfg(test)]
mod tests {
    use calbridge_core::provider::Provider;
    use calbridge_core::{
        budget::{BudgetRule, Take},
        lane::Lane,
    };

    use super::*;
    use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

    fn second(seconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
    }

    const RULE: BudgetRule = BudgetRule {
        per_minute: 60,
        burst: 10,
    };

    async fn take(store: &Store, scope: &Scope, key: &str) -> Result<Take, StoreError> {
        let mut tx = store.write().await?;
        let mut state = load_for_update(&mut tx, scope, key, second(0)).await?;
        let take = state.take(RULE, Lane::Voice, second(0));
        save(&mut tx, scope, key, &state, second(0)).await?;
        tx.commit().await?;
        Ok(take)
    }

    each_engine! {
        async fn all_who_ask_at_once_share_a_budget(store: Store) -> Result<(), BoxError> {
            let (scope, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let (other, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            let mut asking = tokio::task::JoinSet::new();
            for _ in 0..20 {
                let (store, scope) = (store.clone(), scope.clone());
                asking.spawn(async move { take(&store, &scope, "key").await });
            }
            let takes: Result<Vec<Take>, StoreError> = asking.join_all().await.into_iter().collect();
            let granted = takes?.into_iter().filter(|take| *take == Take::Granted).count();
            assert_eq!(granted, 10);
            // Another key's is another, and so is another tenant's.
            assert_eq!(take(&store, &scope, "second").await?, Take::Granted);
            assert_eq!(take(&store, &other, "key").await?, Take::Granted);
            let mut tx = store.read().await?;
            let budgets = list(&mut tx, &scope).await?;
            let left: Vec<u32> = budgets.iter().map(|budget| budget.state().left(RULE, second(0))).collect();
            assert_eq!(left, [0, 9]);
            Ok(())
        }

        async fn a_budget_that_cannot_be_read_begins_anew(store: Store) -> Result<(), BoxError> {
            let (scope, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            take(&store, &scope, "key").await?;
            let mut tx = store.write().await?;
            tx.query("UPDATE provider_budgets SET state = $1").bind(Json("full")).execute().await?;
            tx.commit().await?;
            assert_eq!(take(&store, &scope, "key").await?, Take::Granted);
            Ok(())
        }

        async fn budgets_that_nobody_uses_go(store: Store) -> Result<(), BoxError> {
            let (scope, _) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
            take(&store, &scope, "key").await?;
            let mut tx = store.write().await?;
            assert_eq!(prune_in_all(&mut tx, second(0)).await?, 0);
            assert_eq!(prune_in_all(&mut tx, second(1)).await?, 1);
            assert!(list(&mut tx, &scope).await?.is_empty());
            Ok(())
        }
    }
}
