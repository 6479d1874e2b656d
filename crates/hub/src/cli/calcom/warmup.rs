//! `calbridge calcom cache-warmup`

use anyhow::bail;
use calbridge_core::ids::TenantId;

use crate::{
    cli::{Exit, context::Context, progress::Progress},
    control::{Client, WarmUp},
};

/// Only the process that serves remembers anything: without one there is nothing to warm.
pub(super) async fn warm_up(context: &Context, tenant: Option<TenantId>) -> anyhow::Result<Exit> {
    let Some(client) = Client::find(&context.load(&[])?.config).await else {
        bail!(
            "no process serves from this data directory, and nobody else would remember the answers: start `calbridge serve`"
        );
    };
    let progress = Progress::count(context.out, "asking for the coming week");
    let warmed = client.ask(&WarmUp { tenant }).await;
    progress.end();
    let warmed = warmed?;
    if context.out.is_json() {
        context.out.json(&warmed)?;
    } else {
        context.out.line(format!(
            "{} of {} event types are remembered, with {} free slots",
            warmed.remembered, warmed.event_types, warmed.free_slots
        ))?;
        for failure in &warmed.failures {
            context.out.line(format!("  failed: {failure}"))?;
        }
    }
    Ok(if warmed.failures.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}
