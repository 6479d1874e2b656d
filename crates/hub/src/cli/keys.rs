//! `calbridge keys`

use calbridge_core::{ids::ApiKeyId, scope::Permission};
use calbridge_store::api_keys::ApiKey;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{
    context::{Context, TenantOption},
    output::at,
    parse::{self, Moment},
};
use crate::keys;

/// API keys
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge keys create --name \"reporting\" --permissions read --expires 90d
  KEY=$(calbridge keys create --name script --json | jq -r .key)
  calbridge keys revoke 3")]
pub(super) enum KeysCommand {
    /// Make a key; it is shown this once
    Create(Create),
    /// List the keys, without the keys themselves
    List {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Make a key worthless, at once and for good
    Revoke {
        /// Its id, as `list` shows it
        id: ApiKeyId,
        #[command(flatten)]
        tenant: TenantOption,
    },
}

#[derive(Args, Debug)]
pub(super) struct Create {
    /// What it is for, or who has it
    #[arg(long)]
    name: String,
    /// What it may do: read, write, admin
    #[arg(
        long,
        value_delimiter = ',',
        value_name = "LIST",
        default_value = "read,write,admin"
    )]
    permissions: Vec<Permission>,
    /// When it stops working: a time, or a distance such as 30d [default: never]
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    expires: Option<Moment>,
    #[command(flatten)]
    tenant: TenantOption,
}

impl KeysCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Create(create) => create.run(context).await,
            Self::List { tenant } => list(context, tenant).await,
            Self::Revoke { id, tenant } => {
                let key = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(keys::revoke(app, scope, id).await?)
                    })
                    .await?;
                if context.out.is_json() {
                    return context.out.json(&body(&key));
                }
                context
                    .out
                    .line(format!("revoked key {id}; it opens nothing any more"))
            }
        }
    }
}

impl Create {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let expires_at = self
            .expires
            .map(|expires| expires.ahead_of(context.clock.now()));
        let permissions = self.permissions.into_iter().collect();
        let (key, secret) = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(keys::create(app, scope, &self.name, permissions, expires_at).await?)
            })
            .await?;
        if context.out.is_json() {
            let mut body = body(&key);
            body["key"] = json!(secret.expose_secret());
            return context.out.json(&body);
        }
        context.out.line(secret.expose_secret())?;
        context.out.line(format!(
            "\nThis is key {} of tenant {}. It is not shown again; send it as `Authorization: Bearer KEY`.",
            key.id, key.tenant_id
        ))
    }
}

async fn list(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let all = context
        .in_tenant(tenant, async |app, scope| Ok(keys::list(app, scope).await?))
        .await?;
    if context.out.is_json() {
        let all: Vec<Value> = all.iter().map(body).collect();
        return context.out.json(&json!({ "data": all }));
    }
    let now = context.clock.now();
    let rows = all
        .iter()
        .map(|key| {
            let state = match (key.revoked_at, key.expires_at) {
                (Some(revoked_at), _) => format!("revoked {}", at(revoked_at)),
                (None, Some(expires_at)) if expires_at <= now => {
                    format!("expired {}", at(expires_at))
                }
                (None, Some(expires_at)) => format!("until {}", at(expires_at)),
                (None, None) => "works".to_owned(),
            };
            vec![
                key.id.to_string(),
                key.name.clone(),
                format!("{}...", key.hint),
                words(key).join(", "),
                state,
                key.last_used_at.map_or_else(|| "never".to_owned(), at),
            ]
        })
        .collect();
    let header = ["Id", "Name", "Key", "May", "State", "Last used"];
    let if_empty = "there are no keys; make one with `calbridge keys create --name NAME`";
    context.out.table(&header, rows, if_empty)
}

fn words(key: &ApiKey) -> Vec<&'static str> {
    key.permissions
        .0
        .iter()
        .map(|permission| permission.as_str())
        .collect()
}

fn body(key: &ApiKey) -> Value {
    json!({
        "id": key.id,
        "tenant_id": key.tenant_id,
        "name": key.name,
        "hint": key.hint,
        "permissions": words(key),
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    })
}
