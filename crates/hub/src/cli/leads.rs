//! `calbridge leads`

mod automatic;

use calbridge_core::lead::LeadStatus;
use calbridge_store::{
    PageRequest,
    activities::{Activity, TimelineOf},
    leads::{Lead, LeadFilter},
};
use clap::{Args, Subcommand};
use serde_json::json;

use self::automatic::Automatic;
use super::{
    context::{Context, TenantOption},
    output::{at, or_empty, printable},
    paging::{self, Paging},
};
use crate::{
    http::api::{leads::body::LeadBody, page::PageBody, timeline::ActivityBody},
    leads,
};

/// The people a tenant follows
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge leads list --status booked
  calbridge leads list --name kim
  calbridge leads show 123 --timeline
  calbridge leads automatic --state stopped
  calbridge leads automatic --restart 123")]
pub(super) enum LeadsCommand {
    /// List leads, newest first
    List(List),
    /// Show a lead, and on wish what happened to it
    Show {
        /// Its id, the number or the UUID
        id: String,
        /// With what happened, newest first
        #[arg(long)]
        timeline: bool,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// List leads that are booked without being asked, and how far each is; or begin anew with one
    Automatic(Automatic),
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Only with this status
    #[arg(long, value_parser = status)]
    status: Option<LeadStatus>,
    /// Only with this text in the name
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    tenant: TenantOption,
}

fn status(word: &str) -> Result<LeadStatus, String> {
    LeadStatus::parse(word).map_err(|error| error.to_string())
}

impl LeadsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Show {
                id,
                timeline,
                tenant,
            } => show(context, tenant, &id, timeline).await,
            Self::Automatic(automatic) => automatic.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = LeadFilter {
            status: self.status.map(|status| status.as_str().to_owned()),
            name: self.name,
            ..LeadFilter::default()
        };
        let page = self.paging.request();
        let found = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(leads::list(app, scope, &filter, page).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&PageBody::of(found, LeadBody::from));
        }
        let rows = found
            .data
            .iter()
            .map(|lead| {
                vec![
                    lead.id.to_string(),
                    lead.name.clone(),
                    or_empty(lead.email.as_ref()),
                    or_empty(lead.phone.as_ref()),
                    lead.status.clone(),
                    lead.booked_at.map(at).unwrap_or_default(),
                ]
            })
            .collect();
        let header = ["Id", "Name", "E-mail", "Phone", "Status", "Booked for"];
        context
            .out
            .table(&header, rows, "there are no such leads")?;
        paging::more(context.out, found.next_cursor)
    }
}

async fn show(
    context: &Context,
    tenant: TenantOption,
    id: &str,
    with_timeline: bool,
) -> anyhow::Result<()> {
    let (lead, timeline) = context
        .in_tenant(tenant, async |app, scope| {
            let lead = leads::find(app, scope, id).await?;
            let timeline = if with_timeline {
                let page = PageRequest::first(PageRequest::MOST);
                Some(leads::timeline(app, scope, TimelineOf::Lead(lead.id), page).await?)
            } else {
                None
            };
            Ok((lead, timeline))
        })
        .await?;
    if context.out.is_json() {
        let mut body = serde_json::to_value(LeadBody::from(lead))?;
        if let Some(timeline) = timeline {
            body["timeline"] = json!(PageBody::of(timeline, ActivityBody::from).data);
        }
        return context.out.json(&body);
    }
    print(context, &lead)?;
    timeline.map_or(Ok(()), |timeline| print_timeline(context, &timeline.data))
}

fn print(context: &Context, lead: &Lead) -> anyhow::Result<()> {
    let booking = match (&lead.booking_id, lead.current_booking_id) {
        (Some(theirs), Some(ours)) => format!("{ours} (at the provider {theirs})"),
        (theirs, ours) => or_empty(theirs.as_ref()) + &or_empty(ours),
    };
    context.out.facts(&[
        ("lead", format!("{} ({})", lead.id, lead.public_id)),
        ("name", lead.name.clone()),
        ("e-mail", or_empty(lead.email.as_ref())),
        ("phone", or_empty(lead.phone.as_ref())),
        (
            "status",
            format!("{} since {}", lead.status, at(lead.status_at)),
        ),
        ("came by", or_empty(lead.channel.as_ref())),
        ("reference", or_empty(lead.reference.as_ref())),
        ("booking", booking),
        ("booked for", lead.booked_at.map(at).unwrap_or_default()),
        ("link", or_empty(lead.booking_url.as_ref())),
        ("zone", or_empty(lead.time_zone.as_ref())),
        ("notes", or_empty(lead.activity_notes.as_ref())),
        ("created", at(lead.created_at)),
    ])
}

/// What happened, a line or a few each.
pub(super) fn print_timeline(context: &Context, timeline: &[Activity]) -> anyhow::Result<()> {
    context.out.line("")?;
    if timeline.is_empty() {
        return context.out.line("nothing happened yet");
    }
    for activity in timeline {
        context.out.line(format!(
            "{}  {}  ({})",
            at(activity.occurred_at),
            printable(&activity.subject),
            printable(&activity.actor)
        ))?;
        for line in activity.body.lines() {
            context.out.line(format!("    {}", printable(line)))?;
        }
    }
    Ok(())
}
