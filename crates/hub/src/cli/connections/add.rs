//! `calbridge connections add`

use calbridge_core::{change::Canonical, provider::Provider};
use calbridge_store::connections::SignaturePolicy;
use clap::{Args, ValueEnum};
use secrecy::SecretString;

use super::{WebhookSecret, body};
use crate::{
    cli::{
        context::{Context, TenantOption},
        input, output, parse,
    },
    connections::{self, NewConnectionRequest},
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Add {
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

impl Add {
    pub(super) async fn run(self: Box<Self>, context: &Context) -> anyhow::Result<()> {
        let webhook_secret = self.secret.read()?;
        if webhook_secret.is_none() && self.signature_policy == Policy::Required {
            output::aside(
                "note: without --webhook-secret, whoever knows the webhook URL can send to it; \
                 add one with `calbridge connections rotate-secret`",
            );
        }
        let api_key = input::secret(self.api_key, None)?;
        if api_key.is_some() {
            output::aside(
                "note: `calbridge serve` reads the account's bookings; `calbridge bookings sync` does it now and shows how far \
                 it is",
            );
        }
        let request = NewConnectionRequest {
            webhook_secret,
            api_key,
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
