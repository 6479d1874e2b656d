//! `calbridge calcom sync-status`

use crate::{
    cli::{
        context::{Context, TenantOption},
        output::at,
    },
    event_types::sync,
    http::api::calcom::SyncStatusBody,
};

pub(super) async fn sync_status(context: &Context, tenant: TenantOption) -> anyhow::Result<()> {
    let status = context
        .in_tenant(tenant, async |app, scope| {
            Ok(sync::status(app, Some(scope.tenant_id())).await)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&SyncStatusBody::of(&status));
    }
    let or_never = |time: Option<_>| time.map_or_else(|| "never".to_owned(), at);
    let today = status.today;
    context.out.facts(&[
        ("last sync", or_never(status.last_sync)),
        ("bookings compared", or_never(status.last_comparison)),
        ("event types", status.event_types.to_string()),
        ("webhooks waiting", status.pending.to_string()),
        (
            "today",
            format!(
                "{} received, {} found, {} repaired, {} conflicting",
                today.received, today.found, today.repaired, today.conflicting
            ),
        ),
        ("findings open", status.open_findings.to_string()),
        ("errors", status.errors.join("; ")),
    ])
}
