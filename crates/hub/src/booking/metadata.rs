//! What goes along with a booking: the caller's own, and what tells us later whose it is (FL-44).

use calbridge_core::{
    ids::{LeadId, TenantId},
    intent::{IntentKey, METADATA_NAME},
};
use calbridge_providers::calcom_api::bookings::{BookingMetadata, MetadataError};
use serde_json::{Map, Value};

/// Names that are ours, whatever a caller sends.
const OURS: [&str; 3] = ["lead_id", "tenant_id", METADATA_NAME];

/// The caller's metadata as texts, with ours, within what the provider takes.
pub(super) fn metadata(
    own: &Map<String, Value>,
    tenant: TenantId,
    lead: LeadId,
    key: &IntentKey,
) -> Result<Map<String, Value>, MetadataError> {
    let mut all: Map<String, Value> = own
        .iter()
        .filter(|(name, value)| !OURS.contains(&name.as_str()) && !value.is_null())
        .map(|(name, value)| (name.clone(), as_text(value).into()))
        .collect();
    let [lead_name, tenant_name, key_name] = OURS;
    all.insert(lead_name.to_owned(), lead.to_string().into());
    all.insert(tenant_name.to_owned(), tenant.to_string().into());
    all.insert(key_name.to_owned(), key.as_str().into());
    BookingMetadata::new(&all)?;
    Ok(all)
}

/// The provider takes texts only.
fn as_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    fn of(own: &Value) -> Result<Map<String, Value>, MetadataError> {
        let key = IntentKey::new(Uuid::nil());
        metadata(own.as_object().unwrap(), TenantId(1), LeadId(7), &key)
    }

    #[test]
    fn what_the_caller_sends_goes_along_as_texts_and_cannot_pass_for_ours() {
        let sent = of(&json!({
            "source": "widget", "visits": 3, "known": true, "none": null, "lead_id": 99,
            "more": {"a": 1},
        }));
        assert_eq!(
            Value::Object(sent.unwrap()),
            json!({
                "source": "widget", "visits": "3", "known": "true", "more": "{\"a\":1}",
                "lead_id": "7", "tenant_id": "1", "calbridge_key": "cb_00000000000000000000000000000000",
            })
        );
    }

    #[test]
    fn ours_count_towards_what_the_provider_takes() {
        let entries = |count: usize| {
            let own: Map<_, _> = (0..count).map(|at| (at.to_string(), json!("x"))).collect();
            of(&Value::Object(own))
        };
        assert!(entries(47).is_ok());
        assert_eq!(entries(48), Err(MetadataError::TooMany { count: 51 }));
    }
}
