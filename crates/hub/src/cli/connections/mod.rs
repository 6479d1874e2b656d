//! `calbridge connections`

mod add;
mod api;
mod list;

use std::path::PathBuf;

use calbridge_core::{change::Canonical, ids::ConnectionId};
use calbridge_store::{connections::Connection, sql::Json};
use clap::{Args, Subcommand};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    context::{Context, TenantOption},
    exit::CliError,
    input, parse,
};
use crate::connections;

/// Links to provider accounts, and the webhook URL of each
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge connections add calcom --name main --webhook-secret SECRET
  calbridge connections add calendly --name clinic --webhook-secret-file key.txt
  calbridge connections rotate-secret 1 --webhook-secret NEW --overlap 24h
  calbridge connections set-key 1 --api-key-file key.txt
  calbridge connections change 1 --api-url https://api.cal.eu/v2 --requests-per-minute 60
  calbridge connections wanted 1 created,rescheduled,cancelled")]
pub(super) enum ConnectionsCommand {
    /// Add a connection; prints the path for the provider's webhook
    Add(Box<add::Add>),
    /// List the connections
    List {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Set a new webhook secret, while the old one goes on counting for a while
    RotateSecret(RotateSecret),
    /// Set a new API key
    SetKey(api::SetKey),
    /// Show a connection
    Show(One),
    /// Change how the provider's API is reached
    Change(Box<api::Change>),
    /// Take no more deliveries
    Disable(One),
    /// Take deliveries again
    Enable(One),
    /// Choose the events that are applied; the others are stored and ignored
    Wanted {
        #[command(flatten)]
        one: One,
        /// `all`, or names separated by commas, such as created,rescheduled,cancelled
        #[arg(value_name = "EVENTS")]
        events: String,
    },
}

#[derive(Args, Clone, Copy, Debug)]
pub(super) struct One {
    /// Its id, as `list` shows it
    id: ConnectionId,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
#[group(id = "new secret", multiple = false)]
pub(super) struct WebhookSecret {
    /// What the provider signs with; - reads it from standard input
    #[arg(long, value_name = "SECRET", value_parser = parse::secret, allow_hyphen_values = true)]
    webhook_secret: Option<SecretString>,
    /// A file that holds it
    #[arg(long, value_name = "FILE")]
    webhook_secret_file: Option<PathBuf>,
}

impl WebhookSecret {
    fn read(self) -> anyhow::Result<Option<SecretString>> {
        input::secret(self.webhook_secret, self.webhook_secret_file.as_deref())
    }
}

#[derive(Args, Debug)]
pub(super) struct RotateSecret {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    secret: WebhookSecret,
    /// How long the old secret goes on counting
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = parse::distance)]
    overlap: SignedDuration,
}

impl ConnectionsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run(context).await,
            Self::List { tenant } => list::list(context, tenant).await,
            Self::RotateSecret(rotate) => rotate.run(context).await,
            Self::SetKey(set) => set.run(context).await,
            Self::Show(one) => api::show(context, one).await,
            Self::Change(change) => change.run(context).await,
            Self::Disable(One { id, tenant }) => {
                let changed = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(connections::disable(app, scope, id).await?)
                    })
                    .await?;
                changed_to(context, &changed, "takes no more deliveries")
            }
            Self::Enable(One { id, tenant }) => {
                let changed = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(connections::enable(app, scope, id).await?)
                    })
                    .await?;
                changed_to(context, &changed, "takes deliveries")
            }
            Self::Wanted {
                one: One { id, tenant },
                events,
            } => {
                let wanted = wanted(&events)?;
                let changed = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(connections::set_wanted_events(app, scope, id, wanted).await?)
                    })
                    .await?;
                let now = format!("applies {}", wanted_words(&changed));
                changed_to(context, &changed, &now)
            }
        }
    }
}

impl RotateSecret {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let missing = || {
            CliError::Usage(
                "give the new secret: --webhook-secret or --webhook-secret-file".to_owned(),
            )
        };
        let secret = self.secret.read()?.ok_or_else(missing)?;
        let One { id, tenant } = self.one;
        let connection = context
            .in_tenant(tenant, async |app, scope| {
                Ok(connections::rotate_secret(app, scope, id, &secret, self.overlap).await?)
            })
            .await?;
        changed_to(
            context,
            &connection,
            "verifies with the new secret; set it at the provider too",
        )
    }
}

fn wanted(events: &str) -> Result<Option<Vec<Canonical>>, CliError> {
    if events == "all" {
        return Ok(None);
    }
    let names: Result<_, _> = events.split(',').map(parse::canonical).collect();
    names.map(Some).map_err(CliError::Usage)
}

fn changed_to(context: &Context, connection: &Connection, now: &str) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(&body(connection));
    }
    context
        .out
        .line(format!("connection {} now {now}", connection.id))
}

fn wanted_words(connection: &Connection) -> String {
    match &connection.wanted_events {
        None => "all events".to_owned(),
        Some(Json(wanted)) => {
            let words: Vec<_> = wanted.iter().map(|event| event.as_str()).collect();
            words.join(", ")
        }
    }
}

fn body(connection: &Connection) -> Value {
    json!({
        "id": connection.id,
        "public_id": connection.public_id,
        "tenant_id": connection.tenant_id,
        "provider": connection.provider,
        "name": connection.name,
        "webhook_path": connection.webhook_path(),
        "signature_policy": connection.signature_policy.as_str(),
        "wanted_events": connection.wanted_events.as_ref().map(|Json(wanted)| wanted),
        "creates_leads": connection.creates_leads,
        "calendly_user_uri": connection.calendly_user_uri,
        "created_at": connection.created_at,
        "updated_at": connection.updated_at,
        "disabled_at": connection.disabled_at,
    })
}
