//! `calbridge cache`, also spelled `calbridge cache:VERB`

use calbridge_core::{ids::TenantId, provider::Provider, scope::Scope};
use calbridge_store::tenants;
use clap::Subcommand;
use serde_json::json;

use super::{context::Context, exit::CliError, parse};
use crate::{app::App, connections};

/// What is remembered of providers' answers
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge cache clear --tags calcom
  calbridge cache:clear --tags=calcom")]
pub(super) enum CacheCommand {
    /// Let every node forget what providers said, and ask again
    Clear {
        /// Only of these providers: calcom, calendly
        #[arg(long, value_delimiter = ',', value_name = "LIST", value_parser = parse::provider)]
        tags: Vec<Provider>,
        /// Only of this tenant
        #[arg(long, visible_alias = "company", value_name = "ID")]
        tenant: Option<TenantId>,
    },
}

impl CacheCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let Self::Clear { tags, tenant } = self;
        let count = context
            .with_app(async |app: &App| clear(app, &tags, tenant).await)
            .await?;
        if context.out.is_json() {
            return context.out.json(&json!({ "connections": count }));
        }
        context.out.line(format!(
            "what the providers of {count} connections said is forgotten, on every node"
        ))
    }
}

async fn clear(app: &App, tags: &[Provider], only: Option<TenantId>) -> anyhow::Result<usize> {
    let mut tx = app.store.read().await?;
    let mut all = tenants::list_all(&mut tx).await?;
    tx.rollback().await?;
    if let Some(id) = only {
        all.retain(|tenant| tenant.id == id);
        if all.is_empty() {
            return Err(CliError::no("tenant", id).into());
        }
    }
    let mut count = 0;
    for tenant in all {
        count += connections::forget_answers(app, &Scope::cli(tenant.id), tags).await?;
    }
    Ok(count)
}
