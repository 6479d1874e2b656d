//! `calbridge bookings hold` and `release`

use calbridge_core::lane::Lane;
use calbridge_store::holds::Hold;
use clap::Args;
use jiff::Timestamp;

use crate::{
    booking::{self, HoldRequest},
    cli::{
        context::{Context, TenantOption},
        output::at,
    },
    http::api::bookings::HoldBody,
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Keep {
    /// When, such as 2026-12-01T10:00:00Z
    #[arg(long, value_name = "TIME")]
    at: Timestamp,
    /// Any id of the event type [default: the default one]
    #[arg(long, value_name = "ID")]
    event_type: Option<String>,
    /// Minutes, where the event type has several lengths
    #[arg(long, value_name = "MINUTES")]
    duration: Option<u32>,
    /// For how many seconds, 10 to 3600 [default: 300]
    #[arg(long, value_name = "N")]
    seconds: Option<u32>,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Release {
    /// The hold's id
    id: String,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Keep {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = HoldRequest {
            event_type: self.event_type,
            start: self.at,
            duration: self.duration,
            seconds: self.seconds,
            lane: Lane::Interactive,
        };
        let hold = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::hold(app, scope, request).await?)
            })
            .await?;
        tell(context, hold)
    }
}

impl Release {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let hold = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::release(app, scope, &self.id).await?)
            })
            .await?;
        tell(context, hold)
    }
}

fn tell(context: &Context, hold: Hold) -> anyhow::Result<()> {
    let (starts_at, expires_at) = (hold.starts_at, hold.expires_at);
    let body = HoldBody::of(hold, context.clock.now());
    if context.out.is_json() {
        return context.out.json(&body);
    }
    context.out.facts(&[
        ("hold", body.id.to_string()),
        ("status", body.status.to_owned()),
        ("starts", at(starts_at)),
        ("until", at(expires_at)),
        ("reservation", body.reservation.to_owned()),
    ])
}
