//! `calbridge incidents`

use calbridge_store::{PageRequest, incidents::Incident};
use clap::Subcommand;

use super::{
    context::{Context, TenantOption},
    output::at,
};
use crate::{
    http::api::{incidents::IncidentBody, page::PageBody},
    incidents::{self, Kind, Which},
};

/// What somebody should look at
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge incidents list
  calbridge incidents list --all --json
  calbridge incidents resolve 7")]
pub(super) enum IncidentsCommand {
    /// List what is the matter, and what to do about it
    List {
        /// Also what is over, newest first
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Say that an incident is over; what still lasts is raised again
    Resolve {
        /// Its id, as `list` shows it
        id: i64,
        #[command(flatten)]
        tenant: TenantOption,
    },
}

impl IncidentsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { all, tenant } => {
                let which = if all { Which::All } else { Which::Open };
                list(context, which, tenant).await
            }
            Self::Resolve { id, tenant } => {
                let incident = context
                    .in_tenant(tenant, async |app, scope| {
                        Ok(incidents::resolve(app, scope, id).await?)
                    })
                    .await?;
                if context.out.is_json() {
                    return context.out.json(&IncidentBody::from(incident));
                }
                context.out.line(format!("incident {id} is over"))
            }
        }
    }
}

async fn list(context: &Context, which: Which, tenant: TenantOption) -> anyhow::Result<()> {
    let found = context
        .in_tenant(tenant, async |app, scope| {
            let page = PageRequest::first(PageRequest::MOST);
            Ok(incidents::list(app, scope, which, page).await?)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&PageBody::of(found, IncidentBody::from));
    }
    let header = ["Id", "What", "Seen", "Since", "Until", "Try"];
    let rows = found.data.into_iter().map(row).collect();
    context.out.table(&header, rows, "nothing is the matter")
}

fn row(incident: Incident) -> Vec<String> {
    let remedy = Kind::from_word(&incident.kind).map(Kind::remedy);
    vec![
        incident.id.to_string(),
        incident.detail,
        format!("{} times", incident.occurrences),
        at(incident.first_seen_at),
        incident.resolved_at.map(at).unwrap_or_default(),
        remedy.unwrap_or_default().to_owned(),
    ]
}
