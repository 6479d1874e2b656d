//! `calbridge connections set-key`, `show` and `change`: how the provider's API is reached.

use std::path::PathBuf;

use calbridge_core::ids::ConnectionId;
use calbridge_store::connections::Connection;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use super::{One, wanted_words};
use crate::{
    cli::{
        context::Context,
        exit::CliError,
        input,
        output::{aside, at, or_empty},
        parse,
    },
    connections::{self, ApiEdit, ShownConnection},
    edit::Edit,
    http::api::connections::ConnectionBody,
};

/// Stands for what the settings say.
const AS_SET: &str = "default";

#[derive(Args, Debug)]
pub(in crate::cli) struct SetKey {
    #[command(flatten)]
    one: One,
    /// What opens the provider's API; - reads it from standard input
    #[arg(long, value_name = "KEY", value_parser = parse::secret, allow_hyphen_values = true, conflicts_with = "api_key_file")]
    api_key: Option<SecretString>,
    /// A file that holds it
    #[arg(long, value_name = "FILE")]
    api_key_file: Option<PathBuf>,
}

impl SetKey {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let missing =
            || CliError::Usage("give the new key: --api-key or --api-key-file".to_owned());
        let key = input::secret(self.api_key, self.api_key_file.as_deref())?.ok_or_else(missing)?;
        let One { id, tenant } = self.one;
        let connection = context
            .in_tenant(tenant, async |app, scope| {
                Ok(connections::set_api_key(app, scope, id, &key).await?)
            })
            .await?;
        let known = key.expose_secret().starts_with("cal_");
        if connection.provider == calbridge_core::provider::Provider::CalCom && !known {
            aside("note: keys of Cal.com begin with cal_live_ or cal_: is it the right one?");
        }
        show(context, self.one).await
    }
}

/// Print a connection. No secret comes out.
pub(super) async fn show(context: &Context, One { id, tenant }: One) -> anyhow::Result<()> {
    let shown = context
        .in_tenant(tenant, async |app, scope| {
            let found = connections::find(app, scope, id).await?;
            Ok(found.ok_or_else(|| CliError::no("connection", id))?)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&ConnectionBody::from(shown));
    }
    let ShownConnection {
        connection: it,
        webhook_secrets,
        has_api_key,
    } = shown;
    let set = if has_api_key { "set" } else { "none" };
    context.out.facts(&[
        ("Id", it.id.to_string()),
        ("Provider", it.provider.to_string()),
        ("Name", it.name.clone()),
        ("Webhook path", it.webhook_path()),
        ("Webhook secrets", webhook_secrets.to_string()),
        ("Applies", wanted_words(&it)),
        ("API key", set.to_owned()),
        ("Account", account(&it)),
        ("API URL", it.api_url.unwrap_or_else(as_set)),
        ("API versions", or_empty(it.api_profile)),
        ("Organization", or_empty(it.organization_id)),
        ("Team", or_empty(it.team_id)),
        ("Team slug", or_empty(it.team_slug)),
        ("Default event type", or_empty(it.default_event_type_id)),
        ("Requests a minute", number(it.requests_per_minute)),
        ("Requests at once", number(it.requests_at_once)),
        ("Made", at(it.created_at)),
        ("Off since", it.disabled_at.map(at).unwrap_or_default()),
    ])
}

fn account(connection: &Connection) -> String {
    let name = connection.account_name.clone();
    name.or_else(|| connection.account_id.clone())
        .unwrap_or_default()
}

fn as_set() -> String {
    "as the settings say".to_owned()
}

fn number(number: Option<i32>) -> String {
    number.map_or_else(as_set, |number| number.to_string())
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Change {
    #[command(flatten)]
    one: One,
    /// Base URL of the API, https:// [all of these: `default` goes back to the settings]
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// The provider's organization
    #[arg(long, value_name = "ID", value_parser = edit::<i64>)]
    organization_id: Option<Edit<i64>>,
    /// The provider's team
    #[arg(long, value_name = "ID", value_parser = edit::<i64>)]
    team_id: Option<Edit<i64>>,
    /// That team's slug
    #[arg(long, value_name = "SLUG")]
    team_slug: Option<String>,
    /// The provider's id of the event type for bookings that name none
    #[arg(long, value_name = "ID")]
    default_event_type: Option<String>,
    /// Requests to the provider in a minute
    #[arg(long, value_name = "N", value_parser = edit::<i32>)]
    requests_per_minute: Option<Edit<i32>>,
    /// Requests to the provider at once
    #[arg(long, value_name = "N", value_parser = edit::<i32>)]
    requests_at_once: Option<Edit<i32>>,
}

impl Change {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let change = ApiEdit {
            api_url: text(self.api_url),
            default_event_type_id: text(self.default_event_type),
            organization_id: self.organization_id.unwrap_or_default(),
            team_id: self.team_id.unwrap_or_default(),
            team_slug: text(self.team_slug),
            requests_per_minute: self.requests_per_minute.unwrap_or_default(),
            requests_at_once: self.requests_at_once.unwrap_or_default(),
        };
        if change == ApiEdit::default() {
            let nothing = "say what to change, such as --requests-per-minute 60".to_owned();
            return Err(CliError::Usage(nothing).into());
        }
        let id: ConnectionId = self.one.id;
        context
            .in_tenant(self.one.tenant, async |app, scope| {
                Ok(connections::change_api(app, scope, id, change).await?)
            })
            .await?;
        show(context, self.one).await
    }
}

fn text(text: Option<String>) -> Edit<String> {
    match text {
        None => Edit::Keep,
        Some(text) if text == AS_SET => Edit::Clear,
        Some(text) => Edit::Set(text),
    }
}

fn edit<T: std::str::FromStr>(text: &str) -> Result<Edit<T>, String> {
    if text == AS_SET {
        return Ok(Edit::Clear);
    }
    text.parse()
        .map(Edit::Set)
        .map_err(|_| format!("`{text}` is neither a whole number nor `{AS_SET}`"))
}
