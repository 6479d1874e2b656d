//! `calbridge connections list`

use calbridge_store::connections::{self, Connection, SecretKind, SignaturePolicy};
use serde_json::{Value, json};

use super::{body, wanted_words};
use crate::cli::{
    context::{Context, TenantOption},
    output::at,
};

pub(super) async fn list(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let (all, secrets) = context
        .in_tenant(tenant, async |app, scope| {
            let mut tx = app.store.read().await?;
            let all = connections::list(&mut tx, scope).await?;
            let secrets = connections::list_secrets(&mut tx, &all, SecretKind::Webhook).await?;
            tx.rollback().await?;
            Ok((all, secrets))
        })
        .await?;
    let now = context.clock.now();
    let valid = |connection: &Connection| {
        let of_it = secrets
            .iter()
            .filter(|secret| secret.connection_id == connection.id);
        of_it.filter(|secret| secret.is_valid(now)).count()
    };
    if context.out.is_json() {
        let all: Vec<Value> = all
            .iter()
            .map(|connection| {
                let mut body = body(connection);
                body["webhook_secrets"] = json!(valid(connection));
                body
            })
            .collect();
        return context.out.json(&json!({ "data": all }));
    }
    let table = all
        .iter()
        .map(|connection| {
            vec![
                connection.id.to_string(),
                connection.provider.to_string(),
                connection.name.clone(),
                connection.webhook_path(),
                match (valid(connection), connection.signature_policy) {
                    (0, SignaturePolicy::Off) => "not needed".to_owned(),
                    (0, SignaturePolicy::Required) => "none".to_owned(),
                    (1, _) => "set".to_owned(),
                    (several, _) => format!("{several} count"),
                },
                wanted_words(connection),
                connection
                    .disabled_at
                    .map_or_else(|| "on".to_owned(), |off| format!("off since {}", at(off))),
            ]
        })
        .collect();
    let header = [
        "Id",
        "Provider",
        "Name",
        "Webhook path",
        "Secret",
        "Applies",
        "State",
    ];
    let if_empty = "there are no connections; add one with `calbridge connections add calcom --name NAME --webhook-secret SECRET`";
    context.out.table(&header, table, if_empty)
}
