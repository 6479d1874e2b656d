//! Table `tenants`, and the statuses of leads each tenant starts with.

use calbridge_core::{
    booking_type::BookingTypeRules,
    ids::TenantId,
    lead::{AutomaticBooking, LeadRules, SEEDED_STATUSES},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    registry,
    sql::{Json, StoreError, Tx, Value},
    types::row_type,
};

row_type! {
    /// A customer account.
    Tenant {
        /// Id.
        id: TenantId,
        /// Name.
        name: String,
        /// Rules and switches.
        settings: Json<TenantSettings>,
        /// When it was created.
        created_at: Timestamp,
    }
}

/// Rules and switches of a tenant. Absent keys mean the defaults.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantSettings {
    /// Which booking type a meeting has.
    pub booking_types: BookingTypeRules,
    /// Which status a lead gets.
    pub lead_statuses: LeadRules,
    /// IANA zone of the tenant, for people who read dates without saying where they are.
    pub time_zone: Option<String>,
    /// `leads.source_detail` of people who come by a booking page.
    pub source_detail: Option<String>,
    /// Booking leads without being asked.
    pub automatic_booking: AutomaticBooking,
    /// In which domain people without an e-mail address get one, for providers only; without it they cannot be booked.
    pub synthetic_email_domain: Option<String>,
    /// Why bookings are called off by whoever does not say.
    pub cancellation_reason: Option<String>,
}

/// Create a tenant with the seeded statuses.
pub async fn create(tx: &mut Tx, name: &str, now: Timestamp) -> Result<Tenant, StoreError> {
    let tenant: Tenant = tx
        .query("INSERT INTO tenants (name, settings, created_at) VALUES ($1, $2, $3) RETURNING *")
        .bind(name)
        .bind(Json(TenantSettings::default()))
        .bind(now)
        .one()
        .await?;
    let statuses = SEEDED_STATUSES
        .iter()
        .zip(0_i32..)
        .map(|((word, label), position)| {
            vec![
                tenant.id.into(),
                Value::from(*word),
                Value::from(*label),
                position.into(),
            ]
        })
        .collect();
    tx.insert_rows(
        "INSERT INTO lead_statuses (tenant_id, word, label, position) VALUES",
        statuses,
        "",
    )
    .await?;
    registry::raise_version(tx).await?;
    Ok(tenant)
}

/// The tenant, if there is one.
pub async fn find(tx: &mut Tx, id: TenantId) -> Result<Option<Tenant>, StoreError> {
    tx.query("SELECT * FROM tenants WHERE id = $1")
        .bind(id)
        .optional()
        .await
}

/// Every tenant of the installation, oldest first.
pub async fn list_all(tx: &mut Tx) -> Result<Vec<Tenant>, StoreError> {
    tx.query("SELECT * FROM tenants ORDER BY id").all().await
}

/// Replace a tenant's rules and switches.
pub async fn set_settings(
    tx: &mut Tx,
    id: TenantId,
    settings: &TenantSettings,
) -> Result<bool, StoreError> {
    let changed = tx
        .query("UPDATE tenants SET settings = $2 WHERE id = $1")
        .bind(id)
        .bind(Json(settings))
        .execute()
        .await?;
    registry::raise_version(tx).await?;
    Ok(changed > 0)
}

/// Whether a tenant has this status for its leads.
pub async fn has_status(tx: &mut Tx, id: TenantId, word: &str) -> Result<bool, StoreError> {
    let found: Option<(String,)> = tx
        .query("SELECT word FROM lead_statuses WHERE tenant_id = $1 AND word = $2")
        .bind(id)
        .bind(word)
        .optional()
        .await?;
    Ok(found.is_some())
}

/// The statuses of a tenant's leads, in their order: word and label.
pub async fn list_statuses(tx: &mut Tx, id: TenantId) -> Result<Vec<(String, String)>, StoreError> {
    tx.query("SELECT word, label FROM lead_statuses WHERE tenant_id = $1 ORDER BY position, word")
        .bind(id)
        .all()
        .await
}

/// Make sure that a tenant has these statuses.
pub async fn add_status(
    tx: &mut Tx,
    id: TenantId,
    word: &str,
    label: &str,
) -> Result<(), StoreError> {
    tx.query(
        "INSERT INTO lead_statuses (tenant_id, word, label, position)
         SELECT $1, $2, $3, COALESCE(MAX(position), 0) + 1 FROM lead_statuses WHERE tenant_id = $1
         ON CONFLICT (tenant_id, word) DO NOTHING",
    )
    .bind(id)
    .bind(word)
    .bind(label)
    .execute()
    .await?;
    Ok(())
}
