//! `calbridge findings`

use calbridge_core::ids::{ConnectionId, FindingId};
use calbridge_store::findings::{Finding, FindingFilter, FindingState};
use clap::{Args, Subcommand, ValueEnum};

use super::{
    context::{Context, TenantOption},
    output::{at, or_empty},
    paging::{self, Paging},
};
use crate::{
    agreement::{self, Chosen},
    http::api::{findings::FindingBody, page::PageBody},
};

/// Bookings about which we and their provider differ, for a person to decide
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge findings list
  calbridge findings accept 4 --side theirs
  calbridge findings dismiss 5")]
pub(super) enum FindingsCommand {
    /// List those that a person should look at
    List {
        /// Also those that are settled
        #[arg(long)]
        all: bool,
        /// Only of this connection
        #[arg(long, value_name = "ID")]
        connection: Option<ConnectionId>,
        #[command(flatten)]
        paging: Paging,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Say which side is right
    Accept {
        #[command(flatten)]
        one: One,
        /// ours: it stays as it is here, and is not asked about again; theirs: it becomes as it is at the provider
        #[arg(long, value_enum)]
        side: Side,
    },
    /// Say that it does not matter; it is found again if it lasts
    Dismiss(One),
}

#[derive(Args, Debug)]
pub(super) struct One {
    /// Its id, as `list` shows it
    id: FindingId,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(super) enum Side {
    Ours,
    Theirs,
}

impl FindingsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let settled = match self {
            Self::List {
                all,
                connection,
                paging,
                tenant,
            } => {
                let filter = FindingFilter {
                    state: (!all).then_some(FindingState::Open),
                    connection_id: connection,
                };
                return list(context, tenant, &filter, paging).await;
            }
            Self::Accept { one, side } => {
                let chosen = match side {
                    Side::Ours => Chosen::Ours,
                    Side::Theirs => Chosen::Theirs,
                };
                context
                    .in_tenant(one.tenant, async |app, scope| {
                        Ok(agreement::accept(app, scope, one.id, chosen).await?)
                    })
                    .await?
            }
            Self::Dismiss(one) => {
                context
                    .in_tenant(one.tenant, async |app, scope| {
                        Ok(agreement::dismiss(app, scope, one.id).await?)
                    })
                    .await?
            }
        };
        if context.out.is_json() {
            return context.out.json(&FindingBody::from(settled));
        }
        context.out.line(format!(
            "finding {} is settled: {}",
            settled.id,
            settled.state.as_str()
        ))
    }
}

async fn list(
    context: &Context,
    tenant: TenantOption,
    filter: &FindingFilter,
    paging: Paging,
) -> anyhow::Result<()> {
    let page = paging.request();
    let found = context
        .in_tenant(tenant, async |app, scope| {
            Ok(agreement::list_findings(app, scope, filter, page).await?)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&PageBody::of(found, FindingBody::from));
    }
    let rows = found.data.iter().map(row).collect();
    let header = [
        "Id",
        "Booking",
        "At provider",
        "Differs in",
        "Here",
        "There",
        "Seen last",
        "State",
    ];
    context
        .out
        .table(&header, rows, "nothing is left to look at")?;
    paging::more(context.out, found.next_cursor)
}

fn row(one: &Finding) -> Vec<String> {
    let words: Vec<_> = one.differences.0.iter().map(|one| one.as_str()).collect();
    let stands = |side: &calbridge_core::agreement::Side| {
        let start = side.start_time.map(at).unwrap_or_default();
        format!("{} {start}", side.status)
    };
    vec![
        one.id.to_string(),
        or_empty(one.booking_id),
        one.external_id.clone(),
        words.join(", "),
        one.ours
            .as_ref()
            .map(|side| stands(&side.0))
            .unwrap_or_default(),
        one.theirs
            .as_ref()
            .map(|side| stands(&side.0))
            .unwrap_or_default(),
        at(one.last_seen_at),
        one.state.as_str().to_owned(),
    ]
}
