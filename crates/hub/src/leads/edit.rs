//! What somebody tells about a lead, and what follows from it.

use calbridge_core::{
    ids::UserId,
    lead::LeadStatus,
    person::{PersonName, PhoneNumber},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    activities::{self, Activity},
    audit::{self, Deed},
    leads::Lead,
    sql::Tx,
    tenants,
};
use jiff::Timestamp;
use serde_json::{Map, Value as JsonValue, json};

use crate::edit::Edit;

/// What is told about a lead. `None` leaves a field alone.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadEdit {
    /// Name, as one text.
    pub name: Option<String>,
    /// Phone number.
    pub phone: Edit<PhoneNumber>,
    /// Through which channel the lead came.
    pub channel: Option<String>,
    /// What the person agreed to.
    pub consent: Consent,
    /// IANA zone.
    pub time_zone: Option<String>,
    /// Language tag.
    pub language: Option<String>,
    /// What should be remembered.
    pub notes: Option<String>,
    /// Status.
    pub status: Option<LeadStatus>,
    /// The user responsible.
    pub assigned_user_id: Edit<UserId>,
}

/// What a person agreed to. `None` leaves it as it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Consent {
    /// To the processing of personal data.
    pub gdpr: Option<bool>,
    /// To be sent advertising.
    pub marketing: Option<bool>,
}

/// The tenant's leads have no such status.
#[derive(Debug, thiserror::Error)]
#[error("there is no status `{word}`; there are {}", known.join(", "))]
pub struct UnknownStatus {
    /// The word.
    pub word: LeadStatus,
    /// Those that there are, in their order.
    pub known: Vec<String>,
}

/// Words and labels of the tenant's statuses.
pub(super) struct Statuses(Vec<(String, String)>);

impl Statuses {
    pub async fn load(tx: &mut Tx, scope: &Scope) -> Result<Self, StoreError> {
        Ok(Self(tenants::list_statuses(tx, scope.tenant_id()).await?))
    }

    pub fn check(&self, word: Option<&LeadStatus>) -> Result<(), UnknownStatus> {
        match word {
            Some(word) if !self.0.iter().any(|(known, _)| known == word.as_str()) => {
                Err(UnknownStatus {
                    word: word.clone(),
                    known: self.0.iter().map(|(known, _)| known.clone()).collect(),
                })
            }
            _ => Ok(()),
        }
    }

    fn label<'a>(&'a self, word: &'a str) -> &'a str {
        self.0
            .iter()
            .find(|(known, _)| known == word)
            .map_or(word, |(_, label)| label)
    }
}

impl LeadEdit {
    /// Bring a lead up to date. What is told now is newer than what bookings told before.
    pub(super) fn apply(self, lead: &mut Lead, now: Timestamp) {
        let told_at = &mut lead.told_at.0;
        if let Some(name) = self.name {
            let PersonName { full, first, last } = PersonName::split(&name);
            (lead.name, lead.first_name, lead.last_name) = (full, first, last);
            told_at.insert("name".to_owned(), now);
        }
        if self.phone != Edit::Keep {
            let phone = self.phone.value().map(|phone| phone.as_str().to_owned());
            (lead.phone, lead.phone_key) = (phone.clone(), phone);
            told_at.insert("phone".to_owned(), now);
        }
        for (field, slot, told) in [
            ("time_zone", &mut lead.time_zone, self.time_zone),
            ("language", &mut lead.language, self.language),
            ("activity_notes", &mut lead.activity_notes, self.notes),
            ("channel", &mut lead.channel, self.channel),
        ] {
            if told.is_some() {
                *slot = told;
                told_at.insert(field.to_owned(), now);
            }
        }
        let gdpr = self.consent.gdpr.or(lead.consent_gdpr);
        let marketing = self.consent.marketing.or(lead.consent_marketing);
        if (gdpr, marketing) != (lead.consent_gdpr, lead.consent_marketing) {
            (lead.consent_gdpr, lead.consent_marketing) = (gdpr, marketing);
            lead.consent_at = Some(now);
        }
        if let Some(status) = self.status
            && lead.status != status.as_str()
        {
            status.as_str().clone_into(&mut lead.status);
            lead.status_at = now;
        }
        self.assigned_user_id.apply(&mut lead.assigned_user_id);
    }
}

/// Write on the timeline and in the audit log what became of a lead; `before` is `None` for a new one.
pub(super) async fn note(
    tx: &mut Tx,
    scope: &Scope,
    statuses: &Statuses,
    before: Option<&Lead>,
    after: &Lead,
    now: Timestamp,
) -> Result<(), StoreError> {
    let activity = |activity_type: &str, subject: &str, body: String| Activity {
        id: 0,
        tenant_id: scope.tenant_id(),
        lead_id: Some(after.id),
        booking_id: None,
        activity_key: None,
        activity_type: activity_type.to_owned(),
        subject: subject.to_owned(),
        body,
        actor: scope.actor().label(),
        occurred_at: now,
        created_at: now,
    };
    let mut activities = Vec::new();
    if let Some(before) = before.filter(|before| before.status != after.status) {
        let (old, new) = (
            statuses.label(&before.status),
            statuses.label(&after.status),
        );
        let body = format!("From {old} to {new}");
        activities.push(activity("lead_status", "Status Changed", body));
    }
    let notes_before = before.and_then(|before| before.activity_notes.as_ref());
    if let Some(notes) = after.activity_notes.as_ref()
        && notes_before != Some(notes)
    {
        activities.push(activity("note", "Note Added", notes.clone()));
    }
    activities::put(tx, &activities).await?;

    let deed = match before {
        None => {
            Deed::of(scope, "lead.create", "lead", after.id).after(JsonValue::Object(face(after)))
        }
        Some(before) => {
            let (mut old, mut new) = (face(before), face(after));
            let same: Vec<String> = old
                .iter()
                .filter(|(field, value)| new.get(*field) == Some(*value))
                .map(|(field, _)| field.clone())
                .collect();
            for field in same {
                old.remove(&field);
                new.remove(&field);
            }
            if new.is_empty() {
                return Ok(());
            }
            Deed::of(scope, "lead.change", "lead", after.id)
                .before(JsonValue::Object(old))
                .after(JsonValue::Object(new))
        }
    };
    audit::append(tx, vec![deed], now).await
}

/// What the audit log shows of a lead.
fn face(lead: &Lead) -> Map<String, JsonValue> {
    let face = json!({
        "name": lead.name,
        "email": lead.email,
        "phone": lead.phone,
        "status": lead.status,
        "channel": lead.channel,
        "activity_notes": lead.activity_notes,
        "time_zone": lead.time_zone,
        "language": lead.language,
        "consent_gdpr": lead.consent_gdpr,
        "consent_marketing": lead.consent_marketing,
        "consent_at": lead.consent_at,
        "assigned_user_id": lead.assigned_user_id,
    });
    match face {
        JsonValue::Object(face) => face,
        _ => Map::new(),
    }
}
