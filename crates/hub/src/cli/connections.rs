//! `calbridge connections`

use std::path::PathBuf;

use calbridge_core::{change::Canonical, ids::ConnectionId, provider::Provider};
use calbridge_store::{
    connections::{self as rows, Connection, SecretKind, SignaturePolicy},
    sql::Json,
};
use clap::{Args, Subcommand, ValueEnum};
use jiff::SignedDuration;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::{
    context::{Context, TenantOption},
    exit::CliError,
    input,
    output::at,
    parse,
};
use crate::connections::{self, NewConnectionRequest};

/// Links to provider accounts, and the webhook URL of each
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge connections add calcom --name main --webhook-secret SECRET
  calbridge connections add calendly --name clinic --webhook-secret-file key.txt
  calbridge connections rotate-secret 1 --webhook-secret NEW --overlap 24h
  calbridge connections wanted 1 created,rescheduled,cancelled")]
pub(super) enum ConnectionsCommand {
    /// Add a connection; prints the path for the provider's webhook
    Add(Box<Add>),
    /// List the connections
    List {
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Set a new webhook secret, while the old one goes on counting for a while
    RotateSecret(RotateSecret),
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

#[derive(Args, Debug)]
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
pub(super) struct Add {
    /// calcom or calendly
    #[arg(value_parser = parse::provider)]
    provider: Provider,
    /// Its name, unique among the tenant's connections of the provider
    #[arg(long)]
    name: String,
    #[command(flatten)]
    secret: WebhookSecret,
    /// What opens the provider's API; - reads it from standard input
    #[arg(long, value_name = "KEY", value_parser = parse::secret, allow_hyphen_values = true)]
    api_key: Option<SecretString>,
    /// Whether a delivery must be signed. `off` also takes unsigned deliveries at the shared URLs: for trying out only
    #[arg(long, value_enum, default_value_t = Policy::Required)]
    signature_policy: Policy,
    /// Events that are applied, such as created,rescheduled,cancelled [default: all]
    #[arg(long, value_delimiter = ',', value_name = "EVENTS", value_parser = parse::canonical)]
    wanted: Option<Vec<Canonical>>,
    /// A booking of somebody unknown makes no lead
    #[arg(long)]
    no_create_leads: bool,
    /// Calendly's URI of the account's user
    #[arg(long, value_name = "URI")]
    user_uri: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Policy {
    Required,
    Off,
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
            Self::List { tenant } => list(context, tenant).await,
            Self::RotateSecret(rotate) => rotate.run(context).await,
            Self::Disable(One { id, tenant }) => {
                let changed = context
                    .in_tenant(tenant, async |app, scope| Ok(connections::disable(app, scope, id).await?))
                    .await?;
                changed_to(context, &changed, "takes no more deliveries")
            }
            Self::Enable(One { id, tenant }) => {
                let changed = context
                    .in_tenant(tenant, async |app, scope| Ok(connections::enable(app, scope, id).await?))
                    .await?;
                changed_to(context, &changed, "takes deliveries")
            }
            Self::Wanted { one: One { id, tenant }, events } => {
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

impl Add {
    async fn run(self: Box<Self>, context: &Context) -> anyhow::Result<()> {
        let webhook_secret = self.secret.read()?;
        if webhook_secret.is_none() && self.signature_policy == Policy::Required {
            super::output::aside(
                "note: without --webhook-secret, whoever knows the webhook URL can send to it; \
                 add one with `calbridge connections rotate-secret`",
            );
        }
        let request = NewConnectionRequest {
            webhook_secret,
            api_key: input::secret(self.api_key, None)?,
            signature_policy: match self.signature_policy {
                Policy::Required => SignaturePolicy::Required,
                Policy::Off => SignaturePolicy::Off,
            },
            wanted_events: self.wanted,
            creates_leads: !self.no_create_leads,
            calendly_user_uri: self.user_uri,
            ..NewConnectionRequest::new(self.provider, &self.name)
        };
        let connection = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(connections::add(app, scope, request).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&body(&connection));
        }
        context.out.line(format!(
            "added connection {}; the provider's webhook goes to\n\n  https://YOUR-ADDRESS{}\n",
            connection.id,
            connection.webhook_path()
        ))
    }
}

impl RotateSecret {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let missing = || CliError::Usage("give the new secret: --webhook-secret or --webhook-secret-file".to_owned());
        let secret = self.secret.read()?.ok_or_else(missing)?;
        let One { id, tenant } = self.one;
        let connection = context
            .in_tenant(tenant, async |app, scope| {
                Ok(connections::rotate_secret(app, scope, id, &secret, self.overlap).await?)
            })
            .await?;
        changed_to(context, &connection, "verifies with the new secret; set it at the provider too")
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
    context.out.line(format!("connection {} now {now}", connection.id))
}

async fn list(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let (all, secrets) = context
        .in_tenant(tenant, async |app, scope| {
            let mut tx = app.store.read().await?;
            let all = rows::list(&mut tx, scope).await?;
            let secrets = rows::list_secrets(&mut tx, &all, SecretKind::Webhook).await?;
            tx.rollback().await?;
            Ok((all, secrets))
        })
        .await?;
    let now = context.clock.now();
    let valid = |connection: &Connection| {
        let of_it = secrets.iter().filter(|secret| secret.connection_id == connection.id);
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
    let header = ["Id", "Provider", "Name", "Webhook path", "Secret", "Applies", "State"];
    let if_empty = "there are no connections; add one with `calbridge connections add calcom --name NAME --webhook-secret SECRET`";
    context.out.table(&header, table, if_empty)
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
