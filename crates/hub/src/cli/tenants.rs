//! `calbridge tenants`

use std::path::PathBuf;

use calbridge_core::scope::Actor;
use calbridge_store::tenants::{Tenant, TenantSettings};
use clap::Subcommand;
use serde_json::{Value, json};

use super::{
    context::{Context, TenantOption},
    input,
    output::{at, or_empty},
};
use crate::tenants;

/// The customer accounts of this installation
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge tenants create \"Second branch\"
  calbridge tenants settings show --tenant 2 --json > settings.json
  calbridge tenants settings set --tenant 2 --file settings.json")]
pub(super) enum TenantsCommand {
    /// List the tenants
    List,
    /// Create a tenant
    Create {
        /// Its name
        name: String,
    },
    /// Show or replace the rules of a tenant: booking types, lead statuses, time zone
    #[command(subcommand)]
    Settings(SettingsCommand),
}

#[derive(Subcommand, Debug)]
pub(super) enum SettingsCommand {
    /// Print them as JSON
    Show {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Replace them; what is left out gets its default
    Set {
        #[command(flatten)]
        tenant: TenantOption,
        /// The JSON, as `show` prints it; - reads it from standard input
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
    },
}

impl TenantsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List => list(context).await,
            Self::Create { name } => create(context, &name).await,
            Self::Settings(SettingsCommand::Show { tenant }) => {
                let settings = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(tenants::settings(app, scope).await?)
                    })
                    .await?;
                context.out.json(&settings)
            }
            Self::Settings(SettingsCommand::Set { tenant, file }) => {
                let settings = tenants::parse_settings(&input::text(&file)?)?;
                let settings: TenantSettings = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(tenants::set_settings(app, scope, settings).await?)
                    })
                    .await?;
                context.out.json(&settings)
            }
        }
    }
}

async fn list(context: &Context) -> anyhow::Result<()> {
    let all = context
        .with_app(async |app| Ok(tenants::list_all(app).await?))
        .await?;
    if context.out.is_json() {
        let all: Vec<Value> = all.iter().map(body).collect();
        return context.out.json(&json!({ "data": all }));
    }
    let rows = all
        .iter()
        .map(|tenant| {
            vec![
                tenant.id.to_string(),
                tenant.name.clone(),
                or_empty(tenant.settings.0.time_zone.as_ref()),
                at(tenant.created_at),
            ]
        })
        .collect();
    context.out.table(
        &["Id", "Name", "Zone", "Created"],
        rows,
        "there are no tenants",
    )
}

async fn create(context: &Context, name: &str) -> anyhow::Result<()> {
    let tenant = context
        .with_app(async |app| Ok(tenants::create(app, Actor::Cli, name).await?))
        .await?;
    if context.out.is_json() {
        return context.out.json(&body(&tenant));
    }
    context.out.line(format!(
        "created tenant {}; a key for it: calbridge keys create --tenant {} --name NAME",
        tenant.id, tenant.id
    ))
}

fn body(tenant: &Tenant) -> Value {
    json!({
        "id": tenant.id,
        "name": tenant.name,
        "settings": tenant.settings.0,
        "created_at": tenant.created_at,
    })
}
