//! In whose zone days begin: the caller's, the lead's, the branch's, the tenant's, UTC.

use calbridge_core::{
    ids::{BranchId, LeadId},
    scope::Scope,
};
use calbridge_store::{StoreError, branches, leads, sql::Tx, tenants::TenantSettings};
use jiff::tz::TimeZone;

/// Whoever may have a zone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Zones {
    /// The zone that the caller names.
    pub named: Option<TimeZone>,
    /// The lead it is for.
    pub lead: Option<LeadId>,
    /// The branch where it is.
    pub branch: Option<BranchId>,
}

/// The first zone there is.
pub async fn zone(
    tx: &mut Tx,
    scope: &Scope,
    zones: &Zones,
    tenant: &TenantSettings,
) -> Result<TimeZone, StoreError> {
    if let Some(zone) = &zones.named {
        return Ok(zone.clone());
    }
    let mut names = Vec::new();
    if let Some(lead) = zones.lead {
        let lead = leads::find(tx, scope, lead).await?;
        names.push(lead.and_then(|lead| lead.time_zone));
    }
    if let Some(branch) = zones.branch {
        let branch = branches::find(tx, scope, &branch.to_string()).await?;
        names.push(branch.and_then(|branch| branch.time_zone));
    }
    names.push(tenant.time_zone.clone());
    let known = names
        .into_iter()
        .flatten()
        .find_map(|name| TimeZone::get(&name).ok());
    Ok(known.unwrap_or(TimeZone::UTC))
}
