//! Table `automatic_bookings`: how far the booking of a lead is that nobody asked for. A lead has one row, once it was begun
//! with.

#[cfg(test)]
mod tests;

use calbridge_core::{
    ids::{LeadId, TenantId},
    lead::{AutomaticState, LeadStatus},
    scope::Scope,
};
use jiff::Timestamp;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{StoreError, Tx},
    types::{row_type, stored_word},
};

stored_word!(AutomaticState: AutomaticState::from_word);

row_type! {
    /// How far the booking of a lead is.
    AutomaticBookingRow {
        /// Lead.
        lead_id: LeadId,
        /// Tenant.
        tenant_id: TenantId,
        /// Where it stands.
        state: AutomaticState,
        /// Tries that came to nothing.
        attempts: u32,
        /// Raised with each try: it names the intent.
        round: u32,
        /// Why it waits, or why it is not tried any more.
        reason: Option<String>,
        /// When something is to be done about it.
        next_attempt_at: Option<Timestamp>,
        /// When it was begun with.
        created_at: Timestamp,
        /// When the row was changed last.
        updated_at: Timestamp,
    }
}

/// Leads to begin with, the longest known first: they have the status, agreed to the processing of their data, have no
/// booking and never had one, and it is time to try.
pub async fn list_due(
    tx: &mut Tx,
    scope: &Scope,
    status: &LeadStatus,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let due: Vec<(LeadId,)> = tx
        .query(
            "SELECT l.id FROM leads l LEFT JOIN automatic_bookings a ON a.lead_id = l.id
             WHERE l.tenant_id = $1 AND l.status = $2 AND l.consent_gdpr AND l.current_booking_id IS NULL
                 AND (a.lead_id IS NULL OR (a.state = 'waiting' AND a.next_attempt_at <= $3))
             ORDER BY l.id LIMIT $4",
        )
        .bind(scope.tenant_id())
        .bind(status.as_str())
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    Ok(due.into_iter().map(|(id,)| id).collect())
}

/// Leads that were begun with and whose outcome should be known by now.
pub async fn list_overdue(
    tx: &mut Tx,
    scope: &Scope,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<LeadId>, StoreError> {
    let overdue: Vec<(LeadId,)> = tx
        .query(
            "SELECT lead_id FROM automatic_bookings
             WHERE tenant_id = $1 AND state = 'trying' AND next_attempt_at <= $2 ORDER BY next_attempt_at, lead_id LIMIT $3",
        )
        .bind(scope.tenant_id())
        .bind(now)
        .bind(limit)
        .all()
        .await?;
    Ok(overdue.into_iter().map(|(id,)| id).collect())
}

/// How far a lead is; `None` when it was never begun with.
pub async fn find(
    tx: &mut Tx,
    scope: &Scope,
    lead: LeadId,
) -> Result<Option<AutomaticBookingRow>, StoreError> {
    let columns = AutomaticBookingRow::column_list();
    tx.query(format!(
        "SELECT {columns} FROM automatic_bookings WHERE tenant_id = $1 AND lead_id = $2"
    ))
    .bind(scope.tenant_id())
    .bind(lead)
    .optional()
    .await
}

/// Begin a try for leads, with a date by which somebody looks after it.
pub async fn begin(
    tx: &mut Tx,
    scope: &Scope,
    leads: &[LeadId],
    look_at: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    let rows = leads
        .iter()
        .map(|lead| {
            vec![
                (*lead).into(),
                scope.tenant_id().into(),
                AutomaticState::Trying.into(),
                0_i64.into(),
                1_i64.into(),
                look_at.into(),
                now.into(),
                now.into(),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO automatic_bookings (lead_id, tenant_id, state, attempts, round, next_attempt_at, created_at, updated_at)
         VALUES",
        rows,
        "ON CONFLICT (lead_id) DO UPDATE SET state = excluded.state, round = automatic_bookings.round + 1, reason = NULL,
             next_attempt_at = excluded.next_attempt_at, updated_at = excluded.updated_at
         WHERE automatic_bookings.state = 'waiting'",
    )
    .await?;
    Ok(())
}

/// Write down how far a lead is, unless somebody else has meanwhile; whether it was written.
pub async fn write(
    tx: &mut Tx,
    scope: &Scope,
    before: &AutomaticBookingRow,
    after: &AutomaticBookingRow,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let written = tx
        .query(
            "UPDATE automatic_bookings SET state = $5, attempts = $6, reason = $7, next_attempt_at = $8, updated_at = $9
             WHERE tenant_id = $1 AND lead_id = $2 AND state = $3 AND round = $4",
        )
        .bind(scope.tenant_id())
        .bind(before.lead_id)
        .bind(before.state)
        .bind(before.round)
        .bind(after.state)
        .bind(after.attempts)
        .bind(after.reason.as_deref())
        .bind(after.next_attempt_at)
        .bind(now)
        .execute()
        .await?;
    Ok(written > 0)
}

/// How far leads are, the newest lead first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    state: Option<AutomaticState>,
    page: PageRequest,
) -> Result<Page<AutomaticBookingRow>, StoreError> {
    let columns = AutomaticBookingRow::column_list();
    let mut conditions = Conditions::from(4);
    conditions.add("state =", state, "");
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT {columns} FROM automatic_bookings WHERE tenant_id = $1 AND lead_id < $2{conditions}
             ORDER BY lead_id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |row: &AutomaticBookingRow| row.lead_id.0))
}
