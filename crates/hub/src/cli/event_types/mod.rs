//! `calbridge event-types`

mod edit;
mod sync;

use calbridge_core::ids::ConnectionId;
use calbridge_store::event_types::{EventType, EventTypeFilter, Inactive};
use clap::{Args, Subcommand};

pub(super) use self::sync::{Sync, Whose};
use super::{
    context::{Context, TenantOption},
    output::{at, or_empty},
    paging::{self, Paging},
};
use crate::{
    branches,
    event_types::{self, Hosted},
    http::api::{
        event_types::{EventTypeBody, body::full_slug},
        page::PageBody,
        price,
    },
};

/// What can be booked
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge event-types sync
  calbridge event-types list --active
  calbridge event-types show 2026361
  calbridge event-types edit zhengrowth/discovery --price 50.00 --currency EUR
  calbridge event-types edit 2026361 --reset price,title")]
pub(super) enum EventTypesCommand {
    /// List event types, newest first
    List(List),
    /// Show an event type
    Show {
        /// Its id: ours, the provider's, or the slug with its owner
        id: String,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Change an event type here; a sync leaves that alone
    Edit(Box<edit::EditEventType>),
    /// Read event types and hosts from the provider
    Sync(SyncArgs),
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Only those that can be booked
    #[arg(long, conflicts_with = "inactive")]
    active: bool,
    /// Only those that cannot
    #[arg(long)]
    inactive: bool,
    /// Only those that this branch offers
    #[arg(long, value_name = "ID")]
    branch: Option<String>,
    /// Only of this connection
    #[arg(long, value_name = "ID")]
    connection: Option<ConnectionId>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(super) struct SyncArgs {
    /// Only this connection
    #[arg(long, value_name = "ID", conflicts_with = "all_tenants")]
    connection: Option<ConnectionId>,
    /// Every tenant of the installation
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
    #[command(flatten)]
    tenant: TenantOption,
}

impl EventTypesCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<super::Exit> {
        match self {
            Self::List(list) => list.run(context).await?,
            Self::Show { id, tenant } => {
                let found = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(event_types::find(app, scope, &id).await?)
                    })
                    .await?;
                show(context, found)?;
            }
            Self::Edit(edit) => edit.run(context).await?,
            Self::Sync(args) => {
                let whose = if args.all_tenants {
                    Whose::Everybody
                } else {
                    Whose::One(args.tenant)
                };
                let connection = args.connection;
                return Sync { whose, connection }.run(context).await;
            }
        }
        Ok(super::Exit::Done)
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let page = self.paging.request();
        let active = match (self.active, self.inactive) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        };
        let found = context
            .in_tenant(self.tenant, async |app, scope| {
                let branch_id = match &self.branch {
                    Some(branch) => Some(branches::find(app, scope, branch).await?.id),
                    None => None,
                };
                let filter = EventTypeFilter {
                    active,
                    branch_id,
                    connection_id: self.connection,
                    ..EventTypeFilter::default()
                };
                Ok(event_types::list(app, scope, &filter, page).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&PageBody::of(found, EventTypeBody::from));
        }
        let rows = found.data.iter().map(|one| row(&one.event_type)).collect();
        let header = [
            "Id",
            "At provider",
            "Slug",
            "Title",
            "Minutes",
            "Price",
            "State",
        ];
        let if_empty =
            "there are no event types; `calbridge event-types sync` reads them from the provider";
        context.out.table(&header, rows, if_empty)?;
        paging::more(context.out, found.next_cursor)
    }
}

fn row(one: &EventType) -> Vec<String> {
    vec![
        one.id.to_string(),
        one.external_id.clone(),
        or_empty(full_slug(one)),
        one.title.clone(),
        minutes(one),
        price_of(one),
        state(one),
    ]
}

fn minutes(one: &EventType) -> String {
    let lengths = &one.lengths.0;
    match one.length {
        _ if lengths.len() > 1 => {
            let lengths: Vec<_> = lengths.iter().map(u32::to_string).collect();
            lengths.join(" or ")
        }
        Some(length) => length.to_string(),
        None => String::new(),
    }
}

fn price_of(one: &EventType) -> String {
    let currency = one.currency.as_deref();
    match price::shown(one.price, currency) {
        Some(_) if one.price == Some(0) => "free".to_owned(),
        Some(amount) => format!("{amount} {}", currency.unwrap_or_default())
            .trim_end()
            .to_owned(),
        None => String::new(),
    }
}

fn state(one: &EventType) -> String {
    let state = match one.deactivated_because {
        _ if one.active && one.is_hidden => "hidden",
        _ if one.active => "active",
        Some(Inactive::Removed) => "gone at the provider",
        Some(Inactive::Person) => "switched off",
        Some(Inactive::Managed) => "template",
        None => "inactive",
    };
    if one.edited.0.is_empty() {
        state.to_owned()
    } else {
        format!("{state}, edited")
    }
}

fn show(context: &Context, found: Hosted) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(&EventTypeBody::from(found));
    }
    let Hosted { event_type, hosts } = &found;
    let edited: Vec<_> = event_type
        .edited
        .0
        .iter()
        .map(|(field, provider)| format!("{} (the provider says {provider})", field.as_str()))
        .collect();
    let hosts: Vec<_> = hosts
        .iter()
        .map(|host| {
            let name = host.name.as_ref().or(host.username.as_ref());
            let name = name.unwrap_or(&host.provider_user_id);
            match host.user_id {
                Some(user) => format!("{name} (user {user})"),
                None => name.clone(),
            }
        })
        .collect();
    let fields: Vec<_> = event_type
        .custom_fields
        .0
        .iter()
        .map(|one| one.slug.as_str())
        .collect();
    context.out.facts(&[
        ("id", event_type.id.to_string()),
        ("public id", event_type.public_id.to_string()),
        ("at provider", event_type.external_id.clone()),
        ("connection", event_type.connection_id.to_string()),
        ("slug", or_empty(full_slug(event_type))),
        ("title", event_type.title.clone()),
        ("description", or_empty(event_type.description.as_ref())),
        ("state", state(event_type)),
        ("minutes", minutes(event_type)),
        ("price", price_of(event_type)),
        ("seats", or_empty(event_type.seats)),
        ("notice", or_empty(event_type.minimum_notice)),
        ("asks for", fields.join(", ")),
        ("hosts", hosts.join(", ")),
        ("edited", edited.join("; ")),
        ("last synced", or_empty(event_type.last_synced_at.map(at))),
    ])
}
