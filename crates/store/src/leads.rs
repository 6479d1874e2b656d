//! Table `leads`: the people a tenant follows.

use std::collections::BTreeMap;

use calbridge_core::{
    ids::{BookingId, LeadId, TenantId, UserId},
    lead,
    scope::Scope,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    conditions::Conditions,
    page::{Page, PageRequest},
    sql::{Json, StoreError, Tx, Value, in_list},
    types::row_type,
};

row_type! {
    /// A person a tenant follows.
    Lead {
        /// Id.
        id: LeadId,
        /// Id for interfaces that promise a UUID.
        public_id: Uuid,
        /// Tenant.
        tenant_id: TenantId,
        /// Name as one text.
        name: String,
        /// First name.
        first_name: String,
        /// Everything else.
        last_name: String,
        /// E-mail address as given.
        email: Option<String>,
        /// E-mail address normalized; identifies the person.
        email_key: Option<String>,
        /// Phone number as given.
        phone: Option<String>,
        /// Phone number in E.164 form; identifies a person without an e-mail address.
        phone_key: Option<String>,
        /// Status.
        status: String,
        /// When what led to the status happened.
        status_at: Timestamp,
        /// Through which channel the lead came.
        channel: Option<String>,
        /// The booking type of the first booking.
        reference: Option<String>,
        /// Where the person came from.
        source_detail: Option<String>,
        /// Notes of the last booking.
        activity_notes: Option<String>,
        /// The provider's number of the current booking.
        booking_id: Option<String>,
        /// Link to the current booking.
        booking_url: Option<String>,
        /// Start of the current booking.
        booked_at: Option<Timestamp>,
        /// The current booking.
        current_booking_id: Option<BookingId>,
        /// Orders the lead's bookings; the current one has the greatest.
        current_booking_rank: Option<String>,
        /// IANA zone.
        time_zone: Option<String>,
        /// Language tag.
        language: Option<String>,
        /// Agreed to the processing of personal data.
        consent_gdpr: Option<bool>,
        /// Agreed to be sent advertising.
        consent_marketing: Option<bool>,
        /// When consent was recorded.
        consent_at: Option<Timestamp>,
        /// Where the person came from first.
        first_utm: Option<Json<BTreeMap<String, String>>>,
        /// When.
        first_utm_at: Option<Timestamp>,
        /// Where the person came from last.
        last_utm: Option<Json<BTreeMap<String, String>>>,
        /// When.
        last_utm_at: Option<Timestamp>,
        /// When each field was told last.
        told_at: Json<BTreeMap<String, Timestamp>>,
        /// The user responsible for the lead.
        assigned_user_id: Option<UserId>,
        /// When the row was made.
        created_at: Timestamp,
        /// When it was changed last.
        updated_at: Timestamp,
    }
}

impl Lead {
    /// Nobody in particular, of whom nothing is known yet.
    pub fn new(tenant_id: TenantId, id: LeadId, now: Timestamp) -> Self {
        Self {
            id,
            public_id: Uuid::now_v7(),
            tenant_id,
            name: String::new(),
            first_name: String::new(),
            last_name: String::new(),
            email: None,
            email_key: None,
            phone: None,
            phone_key: None,
            status: lead::NEW.to_owned(),
            status_at: now,
            channel: None,
            reference: None,
            source_detail: None,
            activity_notes: None,
            booking_id: None,
            booking_url: None,
            booked_at: None,
            current_booking_id: None,
            current_booking_rank: None,
            time_zone: None,
            language: None,
            consent_gdpr: None,
            consent_marketing: None,
            consent_at: None,
            first_utm: None,
            first_utm_at: None,
            last_utm: None,
            last_utm_at: None,
            told_at: Json(BTreeMap::new()),
            assigned_user_id: None,
            created_at: now,
            updated_at: now,
        }
    }
}

/// Insert leads with ids from [`crate::ids::reserve`].
pub async fn insert(tx: &mut Tx, leads: &[Lead]) -> Result<(), StoreError> {
    let columns = Lead::column_list();
    let rows = leads.iter().map(Lead::values).collect();
    tx.insert_rows(&format!("INSERT INTO leads ({columns}) VALUES"), rows, "")
        .await?;
    Ok(())
}

/// Columns of indexes.
const INDEXED: &[&str] = &[
    "email_key",
    "phone_key",
    "status",
    "reference",
    "current_booking_id",
];

/// Write everything about leads that can change; each is given as it was and as it is.
pub async fn update(tx: &mut Tx, leads: &[(Lead, Lead)]) -> Result<(), StoreError> {
    // The first three columns (id, public_id, tenant_id) are fixed.
    let values = |lead: &Lead| {
        let mut values = lead.values();
        values.drain(1..3);
        values
    };
    let rows = leads
        .iter()
        .map(|(before, after)| (values(before), values(after)))
        .collect();
    tx.rewrite_rows("leads", "id", &Lead::COLUMNS[3..], INDEXED, rows)
        .await?;
    Ok(())
}

/// Delete those of the leads that nothing hangs on; answers which.
pub async fn delete_unused(
    tx: &mut Tx,
    scope: &Scope,
    ids: &[LeadId],
) -> Result<Vec<LeadId>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (list, bound) = in_list(2, ids.iter().copied());
    let gone: Vec<(LeadId,)> = tx
        .query(format!(
            "DELETE FROM leads WHERE tenant_id = $1 AND id IN {list}
             AND NOT EXISTS (SELECT 1 FROM attendees a WHERE a.lead_id = leads.id)
             AND NOT EXISTS (SELECT 1 FROM bookings b WHERE b.lead_id = leads.id)
             AND NOT EXISTS (SELECT 1 FROM activities a WHERE a.tenant_id = $1 AND a.lead_id = leads.id)
             RETURNING id"
        ))
        .bind(scope.tenant_id())
        .bind_all::<Value>(bound)
        .all()
        .await?;
    Ok(gone.into_iter().map(|(id,)| id).collect())
}

/// How to find leads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadKeys {
    /// By id.
    pub ids: Vec<LeadId>,
    /// By the id for interfaces.
    pub public_ids: Vec<Uuid>,
    /// By normalized e-mail address.
    pub emails: Vec<String>,
    /// By E.164 number, among leads without an e-mail address.
    pub phones: Vec<String>,
}

/// The leads of a tenant that have any of the keys, locked until the end of the transaction.
pub async fn find_many_for_update(
    tx: &mut Tx,
    scope: &Scope,
    keys: &LeadKeys,
) -> Result<Vec<Lead>, StoreError> {
    let mut ids: Vec<LeadId> = keys.ids.clone();
    if !keys.emails.is_empty() {
        let (list, values) = in_list(2, &keys.emails);
        let found: Vec<(LeadId,)> = tx
            .query(format!(
                "SELECT id FROM leads WHERE tenant_id = $1 AND email_key IS NOT NULL AND email_key IN {list}"
            ))
            .bind(scope.tenant_id())
            .bind_all::<Value>(values)
            .all()
            .await?;
        ids.extend(found.into_iter().map(|(id,)| id));
    }
    if !keys.public_ids.is_empty() {
        let (list, values) = in_list(2, keys.public_ids.iter().copied());
        let found: Vec<(LeadId,)> = tx
            .query(format!(
                "SELECT id FROM leads WHERE tenant_id = $1 AND public_id IN {list}"
            ))
            .bind(scope.tenant_id())
            .bind_all::<Value>(values)
            .all()
            .await?;
        ids.extend(found.into_iter().map(|(id,)| id));
    }
    if !keys.phones.is_empty() {
        let (list, values) = in_list(2, &keys.phones);
        let found: Vec<(LeadId,)> = tx
            .query(format!(
                "SELECT id FROM leads WHERE tenant_id = $1 AND email_key IS NULL AND phone_key IN {list}"
            ))
            .bind(scope.tenant_id())
            .bind_all::<Value>(values)
            .all()
            .await?;
        ids.extend(found.into_iter().map(|(id,)| id));
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let for_update = tx.for_update();
    let (list, values) = in_list(2, ids);
    tx.query(format!(
        "SELECT * FROM leads WHERE tenant_id = $1 AND id IN {list} ORDER BY id {for_update}"
    ))
    .bind(scope.tenant_id())
    .bind_all::<Value>(values)
    .all()
    .await
}

/// The lead, if the tenant has it.
pub async fn find(tx: &mut Tx, scope: &Scope, id: LeadId) -> Result<Option<Lead>, StoreError> {
    tx.query("SELECT * FROM leads WHERE tenant_id = $1 AND id = $2")
        .bind(scope.tenant_id())
        .bind(id)
        .optional()
        .await
}

/// The lead with this public id, if the tenant has it.
pub async fn find_by_public_id(
    tx: &mut Tx,
    scope: &Scope,
    public_id: Uuid,
) -> Result<Option<Lead>, StoreError> {
    tx.query("SELECT * FROM leads WHERE tenant_id = $1 AND public_id = $2")
        .bind(scope.tenant_id())
        .bind(public_id)
        .optional()
        .await
}

/// Which leads to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadFilter {
    /// Only with this status.
    pub status: Option<String>,
    /// Only with this normalized e-mail address.
    pub email: Option<String>,
    /// Only with this E.164 number.
    pub phone: Option<String>,
    /// Only with this text in the name, whatever the case.
    pub name: Option<String>,
}

/// Leads of a tenant, newest first.
pub async fn list(
    tx: &mut Tx,
    scope: &Scope,
    filter: &LeadFilter,
    page: PageRequest,
) -> Result<Page<Lead>, StoreError> {
    let mut conditions = Conditions::from(4);
    conditions.add("status =", filter.status.as_ref(), "");
    conditions.add("email_key =", filter.email.as_ref(), "");
    conditions.add("phone_key =", filter.phone.as_ref(), "");
    let pattern = filter.name.as_ref().map(|name| contains_pattern(name));
    conditions.add("lower(name) LIKE", pattern, " ESCAPE '!'");
    let (conditions, values) = conditions.finish();
    let rows = tx
        .query(format!(
            "SELECT * FROM leads WHERE tenant_id = $1 AND id < $2{conditions} ORDER BY id DESC LIMIT $3"
        ))
        .bind(scope.tenant_id())
        .bind(page.below_or_max())
        .bind(page.limit + 1)
        .bind_all(values)
        .all()
        .await?;
    Ok(page.page(rows, |lead: &Lead| lead.id.0))
}

fn contains_pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in text.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// A booking is gone: it is nobody's current one any more.
pub async fn forget_booking(
    tx: &mut Tx,
    scope: &Scope,
    booking_id: BookingId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.query(
        "UPDATE leads SET current_booking_id = NULL, current_booking_rank = NULL, booking_id = NULL,
             booking_url = NULL, booked_at = NULL, updated_at = $3
         WHERE tenant_id = $1 AND current_booking_id = $2",
    )
    .bind(scope.tenant_id())
    .bind(booking_id)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}
