//! `calbridge leads automatic`

use calbridge_core::{ids::LeadId, lead::AutomaticState};
use calbridge_store::automatic_bookings::AutomaticBookingRow;
use clap::{Args, ValueEnum};

use crate::{
    booking::automatic,
    cli::{
        context::{Context, TenantOption},
        output::{at, or_empty},
        paging::{self, Paging},
    },
    http::api::{automatic_bookings::AutomaticBookingBody, page::PageBody},
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Automatic {
    /// Only in this state
    #[arg(long, value_enum)]
    state: Option<State>,
    /// Begin anew with a lead that is not tried any more
    #[arg(long, value_name = "ID", conflicts_with = "state")]
    restart: Option<LeadId>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    Waiting,
    Trying,
    Booked,
    Stopped,
}

impl From<State> for AutomaticState {
    fn from(state: State) -> Self {
        match state {
            State::Waiting => Self::Waiting,
            State::Trying => Self::Trying,
            State::Booked => Self::Booked,
            State::Stopped => Self::Stopped,
        }
    }
}

impl Automatic {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        if let Some(lead) = self.restart {
            let row = context
                .in_tenant(self.tenant, async |app, scope| {
                    Ok(automatic::restart(app, scope, lead).await?)
                })
                .await?;
            if context.out.is_json() {
                return context.out.json(&AutomaticBookingBody::from(row));
            }
            return context.out.line(format!("lead {lead} is tried again"));
        }
        let state = self.state.map(AutomaticState::from);
        let page = self.paging.request();
        let found = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(automatic::list(app, scope, state, page).await?)
            })
            .await?;
        if context.out.is_json() {
            let page = PageBody::of(found, AutomaticBookingBody::from);
            return context.out.json(&page);
        }
        let rows = found.data.iter().map(row).collect();
        let header = ["Lead", "State", "Tries", "Next", "Why"];
        context
            .out
            .table(&header, rows, "there are no such leads")?;
        paging::more(context.out, found.next_cursor)
    }
}

fn row(row: &AutomaticBookingRow) -> Vec<String> {
    vec![
        row.lead_id.to_string(),
        row.state.as_str().to_owned(),
        row.attempts.to_string(),
        row.next_attempt_at.map(at).unwrap_or_default(),
        or_empty(row.reason.as_ref()),
    ]
}
