//! `calbridge calcom migrate-to-v2`

use calbridge_core::{provider::Provider, scope::Scope};
use calbridge_store::{
    connections::{self, Connection},
    tenants,
};
use serde_json::{Value, json};

use crate::{
    app::App,
    cli::context::Context,
    connections::{ApiEdit, change_api},
    edit::Edit,
};

/// Variables that name the base URL.
const VARIABLES: [&str; 2] = ["CALCOM_V2_API_URL", "CALCOM_API_URL"];

pub(super) async fn migrate(context: &Context, dry_run: bool) -> anyhow::Result<()> {
    let moved = context
        .with_app(async |app: &App| {
            let old = on_version_one(app).await?;
            if !dry_run {
                for connection in &old {
                    let scope = Scope::cli(connection.tenant_id);
                    let edit = ApiEdit {
                        api_url: connection.api_url.clone().map_or(Edit::Keep, Edit::Set),
                        ..ApiEdit::default()
                    };
                    change_api(app, &scope, connection.id, edit).await?;
                }
            }
            Ok(old)
        })
        .await?;
    let left = left_to_do(context);
    if context.out.is_json() {
        let connections: Vec<Value> = moved.iter().map(body).collect();
        return context.out.json(&json!({
            "dry_run": dry_run,
            "connections": connections,
            "left_to_do": left,
        }));
    }
    let done = if dry_run { "would move" } else { "moved" };
    for connection in &moved {
        let (id, url) = (connection.id, connection.api_url.as_deref());
        let url = url.unwrap_or_default();
        let line = format!("{done} connection {id} from {url} to version 2");
        context.out.line(line)?;
    }
    if moved.is_empty() {
        context.out.line("no connection names API v1")?;
    }
    for line in left {
        context.out.line(format!("to do: {line}"))?;
    }
    Ok(())
}

async fn on_version_one(app: &App) -> anyhow::Result<Vec<Connection>> {
    let mut tx = app.store.read().await?;
    let mut old = Vec::new();
    for tenant in tenants::list_all(&mut tx).await? {
        let all = connections::list(&mut tx, &Scope::cli(tenant.id)).await?;
        old.extend(all.into_iter().filter(|connection| {
            let url = connection.api_url.as_deref().unwrap_or_default();
            connection.provider == Provider::CalCom && names_version_one(url)
        }));
    }
    tx.rollback().await?;
    Ok(old)
}

/// What only the operator can change.
fn left_to_do(context: &Context) -> Vec<String> {
    let mut left: Vec<String> = VARIABLES
        .into_iter()
        .filter(|name| context.environment.get(name).is_some_and(names_version_one))
        .map(|name| format!("let {name} end in /v2"))
        .collect();
    let in_settings = context
        .load(&[])
        .is_ok_and(|loaded| names_version_one(&loaded.config.calcom.api_url));
    if left.is_empty() && in_settings {
        left.push("let calcom.api_url in the configuration file end in /v2".to_owned());
    }
    left
}

fn names_version_one(url: &str) -> bool {
    url.trim_end_matches('/').ends_with("/v1")
}

fn body(connection: &Connection) -> Value {
    json!({
        "connection_id": connection.id,
        "tenant_id": connection.tenant_id,
        "name": connection.name,
        "api_url": connection.api_url,
    })
}
