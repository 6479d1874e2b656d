//! `calbridge hosts`

use calbridge_core::ids::{HostMatchId, UserId};
use calbridge_store::host_matches::{HostMatch, MatchFilter, MatchState};
use clap::{Args, Subcommand};

use super::{
    context::{Context, TenantOption},
    output::or_empty,
    paging::{self, Paging},
};
use crate::{
    hosts,
    http::api::{host_matches::HostMatchBody, page::PageBody},
};

/// Which of a provider's hosts are users of ours
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge hosts list
  calbridge hosts confirm 4
  calbridge hosts confirm 5 --user 3
  calbridge hosts reject 6")]
pub(super) enum HostsCommand {
    /// List those that a person should look at
    List {
        /// All of them
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// It is the user who is suggested, or another one
    Confirm {
        #[command(flatten)]
        one: One,
        /// The user it is
        #[arg(long, value_name = "ID")]
        user: Option<UserId>,
    },
    /// It is not the user who is suggested
    Reject(One),
}

#[derive(Args, Debug)]
pub(super) struct One {
    /// Its id, as `list` shows it
    id: HostMatchId,
    #[command(flatten)]
    tenant: TenantOption,
}

impl HostsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let changed = match self {
            Self::List {
                all,
                paging,
                tenant,
            } => return list(context, tenant, all, paging).await,
            Self::Confirm { one, user } => {
                context
                    .in_tenant(one.tenant, async |app, scope| {
                        Ok(hosts::confirm(app, scope, one.id, user).await?)
                    })
                    .await?
            }
            Self::Reject(one) => {
                context
                    .in_tenant(one.tenant, async |app, scope| {
                        Ok(hosts::reject(app, scope, one.id).await?)
                    })
                    .await?
            }
        };
        if context.out.is_json() {
            return context.out.json(&HostMatchBody::from(changed));
        }
        context.out.line(format!(
            "host {} is {} as user {}",
            changed.provider_user_id,
            changed.state.as_str(),
            or_empty(changed.user_id)
        ))
    }
}

async fn list(
    context: &Context,
    tenant: TenantOption,
    all: bool,
    paging: Paging,
) -> anyhow::Result<()> {
    let filter = MatchFilter {
        state: (!all).then_some(MatchState::Suggested),
        connection_id: None,
    };
    let page = paging.request();
    let found = context
        .in_tenant(tenant, async |app, scope| {
            Ok(hosts::list(app, scope, &filter, page).await?)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&PageBody::of(found, HostMatchBody::from));
    }
    let rows = found.data.iter().map(row).collect();
    let header = [
        "Id",
        "At provider",
        "Name",
        "E-mail",
        "User",
        "Sure",
        "Because",
        "State",
    ];
    context
        .out
        .table(&header, rows, "nobody is left to look at")?;
    paging::more(context.out, found.next_cursor)
}

fn row(one: &HostMatch) -> Vec<String> {
    vec![
        one.id.to_string(),
        one.provider_user_id.clone(),
        or_empty(one.name.as_ref().or(one.username.as_ref())),
        or_empty(one.email.as_ref()),
        or_empty(one.user_id),
        format!("{} %", one.confidence),
        one.why.as_str().replace('_', " "),
        one.state.as_str().to_owned(),
    ]
}
