//! `calbridge branches`

use calbridge_core::money::Currency;
use calbridge_store::branches::Branch;
use clap::{Args, Subcommand};

use super::{
    context::{Context, TenantOption},
    output::or_empty,
    parse,
};
use crate::{
    branches::{self, BranchEdit, NewBranch, OfferEdit},
    edit::Edit,
    event_types::Amount,
    http::api::{
        branches::{BranchBody, OfferBody},
        page::PageBody,
        price,
    },
};

/// Places where meetings are held, and what each one offers
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge branches add --name Center --time-zone Europe/Berlin
  calbridge branches map 1 2026361 --title \"30 Min Consultation\" --price 50.00 --currency EUR
  calbridge branches list --offers 1
  calbridge branches unmap 1 2026361")]
pub(super) enum BranchesCommand {
    /// List the branches, or what one of them offers
    List {
        /// What this branch offers
        #[arg(long, value_name = "ID")]
        offers: Option<String>,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Add a branch
    Add(Add),
    /// Delete a branch, with what it offers; the event types stay
    Delete {
        /// Its id, the number or the UUID
        id: String,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Let a branch offer an event type
    Map(Map),
    /// Let a branch offer an event type no more
    Unmap {
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        tenant: TenantOption,
    },
}

#[derive(Args, Debug)]
pub(super) struct Add {
    /// Its name, unique in the tenant
    #[arg(long)]
    name: String,
    /// IANA zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", value_parser = parse::time_zone)]
    time_zone: Option<String>,
    /// Address
    #[arg(long)]
    address: Option<String>,
    /// Phone number
    #[arg(long)]
    phone: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(super) struct Which {
    /// The branch, by number or UUID
    branch: String,
    /// The event type, by our id, the provider's, or the slug with its owner
    event_type: String,
}

#[derive(Args, Debug)]
pub(super) struct Map {
    #[command(flatten)]
    which: Which,
    /// Title there [default: as the event type has it, like everything else]
    #[arg(long)]
    title: Option<String>,
    /// Slug there
    #[arg(long)]
    slug: Option<String>,
    /// Minutes there
    #[arg(long, value_name = "MINUTES")]
    length: Option<u32>,
    /// Price there, as a decimal of the currency
    #[arg(long)]
    price: Option<String>,
    /// Currency there, such as EUR
    #[arg(long, value_name = "CODE", value_parser = parse::currency)]
    currency: Option<Currency>,
    #[command(flatten)]
    tenant: TenantOption,
}

impl BranchesCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List {
                offers: None,
                tenant,
            } => list(context, tenant).await,
            Self::List {
                offers: Some(branch),
                tenant,
            } => list_offers(context, tenant, &branch).await,
            Self::Add(add) => add.run(context).await,
            Self::Delete { id, tenant } => {
                context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(branches::delete(app, scope, &id).await?)
                    })
                    .await?;
                done(context, &format!("deleted branch {id}"))
            }
            Self::Map(map) => map.run(context).await,
            Self::Unmap { which, tenant } => {
                let Which { branch, event_type } = which;
                context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(branches::unmap(app, scope, &branch, &event_type).await?)
                    })
                    .await?;
                done(
                    context,
                    &format!("branch {branch} does not offer {event_type} any more"),
                )
            }
        }
    }
}

fn done(context: &Context, what: &str) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(&serde_json::json!({ "done": what }));
    }
    context.out.line(what)
}

impl Add {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let set = |value: Option<String>| value.map_or(Edit::Keep, Edit::Set);
        let new = NewBranch {
            name: self.name,
            told: BranchEdit {
                time_zone: set(self.time_zone),
                address: set(self.address),
                phone: set(self.phone),
                ..BranchEdit::default()
            },
        };
        let branch = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(branches::create(app, scope, new).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&BranchBody::from(branch));
        }
        context.out.line(format!(
            "added branch {}; what it offers: calbridge branches map {} EVENT_TYPE",
            branch.id, branch.id
        ))
    }
}

impl Map {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let set = |value: Option<String>| value.map_or(Edit::Keep, Edit::Set);
        let told = OfferEdit {
            title: set(self.title),
            slug: set(self.slug),
            length: self.length.map_or(Edit::Keep, Edit::Set),
            price: self
                .price
                .map_or(Edit::Keep, |price| Edit::Set(Amount::Decimal(price))),
            currency: self.currency.map_or(Edit::Keep, Edit::Set),
            is_active: None,
        };
        let Which { branch, event_type } = self.which;
        let offered = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(branches::map(app, scope, &branch, &event_type, told).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&OfferBody::from(offered));
        }
        context.out.line(format!(
            "branch {branch} offers event type {}",
            offered.event_type.external_id
        ))
    }
}

async fn list(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let all = context
        .in_tenant(tenant, async |app, scope| {
            Ok(branches::list(app, scope).await?)
        })
        .await?;
    if context.out.is_json() {
        let data = all.into_iter().map(BranchBody::from).collect();
        return context.out.json(&PageBody::whole(data));
    }
    let rows = all.iter().map(row).collect();
    let header = ["Id", "Name", "Zone", "Address", "State"];
    let if_empty = "there are no branches; add one with `calbridge branches add --name NAME`";
    context.out.table(&header, rows, if_empty)
}

fn row(branch: &Branch) -> Vec<String> {
    let state = if branch.is_active {
        "active"
    } else {
        "inactive"
    };
    vec![
        branch.id.to_string(),
        branch.name.clone(),
        or_empty(branch.time_zone.as_ref()),
        or_empty(branch.address.as_ref()),
        state.to_owned(),
    ]
}

async fn list_offers(context: &Context, tenant: TenantOption, branch: &str) -> anyhow::Result<()> {
    let all = context
        .in_tenant(tenant, async |app, scope| {
            Ok(branches::list_offers(app, scope, branch).await?)
        })
        .await?;
    if context.out.is_json() {
        let data = all.into_iter().map(OfferBody::from).collect();
        return context.out.json(&PageBody::whole(data));
    }
    let rows = all
        .into_iter()
        .map(|one| {
            let currency = one.offer.currency.or(one.event_type.currency);
            let minor = one.offer.price.or(one.event_type.price);
            let price = price::shown(minor, currency.as_deref());
            vec![
                one.event_type.external_id,
                one.offer.title.unwrap_or(one.event_type.title),
                or_empty(one.offer.length.or(one.event_type.length)),
                or_empty(price),
                or_empty(currency),
                if one.offer.is_active && one.event_type.active {
                    "active".to_owned()
                } else {
                    "inactive".to_owned()
                },
            ]
        })
        .collect();
    let header = [
        "Event type",
        "Title",
        "Minutes",
        "Price",
        "Currency",
        "State",
    ];
    let if_empty = "it offers nothing yet; `calbridge branches map BRANCH EVENT_TYPE`";
    context.out.table(&header, rows, if_empty)
}
