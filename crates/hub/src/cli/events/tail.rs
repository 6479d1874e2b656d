//! `calbridge events tail`

use std::time::Duration;

use calbridge_core::ids::WebhookEventId;
use calbridge_store::webhook_events::{self, EventFilter, EventStatus, WebhookEvent};
use clap::Args;
use tokio_util::sync::CancellationToken;

use super::why;
use crate::{
    cli::{
        context::{Context, TenantOption},
        output::{at, or_empty, printable},
    },
    http::api::webhook_events::body::EventBody,
    serve,
};

/// How often we look.
const EVERY: Duration = Duration::from_millis(500);

/// Rows in one look.
const AT_ONCE: i64 = 200;

/// An event that is received is shown once it has been dealt with, or after so many looks.
const PATIENCE: u32 = 6;

#[derive(Args, Debug)]
pub(in crate::cli) struct Tail {
    /// Only through URLs whose name contains this, such as cal-webhook or hooks
    #[arg(long, value_name = "TEXT")]
    door: Option<String>,
    /// Begin with so many of the newest events that are there already
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    last: u32,
    #[command(flatten)]
    tenant: TenantOption,
}

impl Tail {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        context
            .in_tenant(self.tenant, async |app, scope| {
                let mut tx = app.store.read().await?;
                let newest = webhook_events::newest(&mut tx, scope).await?;
                tx.rollback().await?;
                let mut shown = WebhookEventId(newest.0.saturating_sub(i64::from(self.last)));
                let mut looks = 0;
                loop {
                    let mut tx = app.store.read().await?;
                    let found = webhook_events::list_after(
                        &mut tx,
                        scope,
                        &EventFilter::default(),
                        shown,
                        AT_ONCE,
                    )
                    .await?;
                    tx.rollback().await?;
                    for event in found {
                        if event.status == EventStatus::Received && looks < PATIENCE {
                            looks += 1;
                            break;
                        }
                        looks = 0;
                        shown = event.id;
                        if self.wants(&event) {
                            print(context, event)?;
                        }
                    }
                    tokio::select! {
                        () = stop.cancelled() => return Ok(()),
                        () = tokio::time::sleep(EVERY) => {}
                    }
                }
            })
            .await
    }

    fn wants(&self, event: &WebhookEvent) -> bool {
        self.door
            .as_ref()
            .is_none_or(|door| event.door.contains(door.as_str()))
    }
}

fn print(context: &Context, event: WebhookEvent) -> anyhow::Result<()> {
    if context.out.is_json() {
        return context.out.json_line(&EventBody::from(event));
    }
    let line = format!(
        "{}  {:>6}  {:8}  {:28}  {:9}  {}  {}",
        at(event.created_at),
        event.id,
        event.provider.as_str(),
        event.event_type,
        event.status.as_str(),
        or_empty(event.external_id.as_ref()),
        why(&event),
    );
    context.out.line(printable(line.trim_end()))
}
