//! `calbridge bookings book`, `push`, `move` and `cancel`

use calbridge_core::{ids::LeadId, lane::Lane};
use calbridge_store::intents::Intent;
use clap::Args;
use jiff::Timestamp;
use serde_json::Map;

use super::print;
use crate::{
    booking::{
        self, AttendeeRequest, BookRequest, CancelRequest, Ended, FoundBooking, FoundIntent,
        Outcome, RescheduleRequest,
    },
    cli::context::{Context, TenantOption},
    http::api::bookings::{BookingBody, IntentBody},
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Book {
    /// For which lead
    #[arg(long, value_name = "ID")]
    lead: LeadId,
    /// Any id of the event type [default: the default one]
    #[arg(long, value_name = "ID")]
    event_type: Option<String>,
    /// When, such as 2026-12-01T10:00:00Z [default: the next free time]
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Minutes, where the event type has several lengths
    #[arg(long, value_name = "MINUTES")]
    duration: Option<u32>,
    /// The hold that keeps the slot
    #[arg(long, value_name = "ID")]
    hold: Option<String>,
    /// What the host should know
    #[arg(long, value_name = "TEXT")]
    notes: Option<String>,
    /// Only store it here; `bookings push` makes it at the provider. Needs a time
    #[arg(long, requires = "at")]
    later: bool,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Push {
    /// Its id
    id: String,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Move {
    /// Any id the booking ever had
    id: String,
    /// The new start, such as 2026-12-01T10:00:00Z
    #[arg(long, value_name = "TIME")]
    to: Timestamp,
    /// Why, for those who come
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Args, Debug)]
pub(in crate::cli) struct Cancel {
    /// Any id the booking ever had
    id: String,
    /// Why, for those who come
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Book {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = BookRequest {
            name: None,
            lead: Some(self.lead),
            event_type: self.event_type,
            start: self.at,
            duration: self.duration,
            attendee: AttendeeRequest::default(),
            notes: self.notes,
            responses: Map::new(),
            metadata: Map::new(),
            lane: Lane::Interactive,
        };
        if self.later {
            let stored = context
                .in_tenant(self.tenant, async |app, scope| {
                    Ok(booking::store(app, scope, request).await?)
                })
                .await?;
            return done(context, stored);
        }
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(match &self.hold {
                    Some(hold) => booking::book_held(app, scope, hold, request).await?,
                    None => booking::book(app, scope, request).await?,
                })
            })
            .await?;
        tell(context, outcome)
    }
}

impl Push {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::push(app, scope, &self.id, Lane::Interactive).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

impl Move {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = RescheduleRequest {
            booking: self.id,
            start: self.to,
            reason: self.reason,
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::reschedule(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

impl Cancel {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let request = CancelRequest {
            booking: self.id,
            reason: self.reason,
            lane: Lane::Interactive,
        };
        let outcome = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::cancel(app, scope, request).await?)
            })
            .await?;
        tell(context, outcome)
    }
}

pub(super) fn tell(context: &Context, outcome: Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Done(found) => done(context, *found),
        Outcome::Settling(intent) => settling(context, *intent),
    }
}

fn done(context: &Context, found: FoundBooking) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json(&BookingBody::from(found));
    }
    print::booking(context, &found)
}

fn settling(context: &Context, intent: Intent) -> anyhow::Result<()> {
    let id = intent.public_id;
    if context.out.is_json() {
        let ended = Ended::Settling;
        return context
            .out
            .json(&IntentBody::from(FoundIntent { intent, ended }));
    }
    context.out.line(format!(
        "not known yet what became of it; a running `calbridge serve` finds out (intent {id})"
    ))
}
