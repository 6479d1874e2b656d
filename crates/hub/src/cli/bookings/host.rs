//! `calbridge bookings confirm`, `decline`, `no-show` and `assign`

use calbridge_core::lane::Lane;
use clap::Args;

use super::write::tell;
use crate::{
    booking::{
        self, AssignRequest, ConfirmRequest, DeclineRequest, NewHost, NoShowRequest, Presence,
    },
    cli::context::{Context, TenantOption},
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Confirm {
    /// Any id the booking ever had
    id: String,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Decline {
    /// Any id the booking ever had
    id: String,
    /// Why, for those who asked
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct NoShow {
    /// Any id the booking ever had
    id: String,
    /// Who: an e-mail address or an attendee's id [default: everybody who was to come]
    #[arg(long = "attendee", value_name = "WHO")]
    attendees: Vec<String>,
    /// The host did not come
    #[arg(long)]
    host: bool,
    /// Take it back: they came
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Assign {
    /// Any id the booking ever had
    id: String,
    /// A user who is a host, by any id [default: the provider picks the next who is free]
    #[arg(long, value_name = "ID", conflicts_with = "host")]
    user: Option<String>,
    /// A host, by the provider's number
    #[arg(long, value_name = "NUMBER")]
    host: Option<i64>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Confirm {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = ConfirmRequest {
            booking: self.id,
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::confirm(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

impl Decline {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = DeclineRequest {
            booking: self.id,
            reason: self.reason,
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::decline(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

impl NoShow {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = NoShowRequest {
            booking: self.id,
            attendees: self.attendees,
            host: self.host,
            presence: if self.undo {
                Presence::Present
            } else {
                Presence::Absent
            },
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::mark_no_show(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

impl Assign {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let host = match (self.user, self.host) {
            (Some(user), _) => NewHost::User(user),
            (None, Some(number)) => NewHost::Number(number),
            (None, None) => NewHost::Next,
        };
        let request = AssignRequest {
            booking: self.id,
            host,
            reason: self.reason,
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::assign(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}
