//! The rules and switches of a tenant.

use calbridge_core::{
    lead::{LeadRules, LeadStatus},
    scope::Scope,
    synthetic_address::{NotADomain, SyntheticDomain},
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    tenants::{self, TenantSettings},
};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::app::App;

/// Why settings could not be used.
#[derive(Debug, thiserror::Error)]
pub enum SetSettingsError {
    /// They cannot be read.
    #[error("the settings cannot be read: {0}")]
    Unreadable(String),
    /// The zone is not in the IANA database.
    #[error("`{0}` is no IANA time zone, such as Europe/Berlin")]
    UnknownZone(String),
    /// The domain of addresses for people without one.
    #[error(transparent)]
    BadDomain(#[from] NotADomain),
    /// The scope's tenant is gone.
    #[error("there is no such tenant")]
    NotFound,
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The rules and switches of the tenant.
pub async fn settings(app: &App, scope: &Scope) -> Result<TenantSettings, SetSettingsError> {
    let mut tx = app.store.read().await?;
    let tenant = tenants::find(&mut tx, scope.tenant_id()).await?;
    tx.rollback().await?;
    tenant
        .map(|tenant| tenant.settings.0)
        .ok_or(SetSettingsError::NotFound)
}

/// Read settings as JSON; keys that are not there mean the defaults, keys that nobody knows are refused.
pub fn parse_settings(text: &str) -> Result<TenantSettings, SetSettingsError> {
    let unreadable = |why: String| SetSettingsError::Unreadable(why);
    let given: Value = serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
    if !given.is_object() {
        return Err(unreadable("they must be a JSON object".to_owned()));
    }
    let known = serde_json::to_value(TenantSettings::default())
        .map_err(|error| unreadable(error.to_string()))?;
    for key in given.as_object().into_iter().flat_map(|given| given.keys()) {
        if known.get(key).is_none() {
            let known: Vec<_> = known
                .as_object()
                .into_iter()
                .flat_map(|known| known.keys())
                .cloned()
                .collect();
            return Err(unreadable(format!(
                "there is no setting `{key}`, only {}",
                known.join(", ")
            )));
        }
    }
    serde_json::from_value(given).map_err(|error| unreadable(error.to_string()))
}

/// Replace the rules and switches of the tenant. Lead statuses that the rules name are added to the tenant's.
pub async fn set_settings(
    app: &App,
    scope: &Scope,
    settings: TenantSettings,
) -> Result<TenantSettings, SetSettingsError> {
    if let Some(zone) = &settings.time_zone
        && TimeZone::get(zone).is_err()
    {
        return Err(SetSettingsError::UnknownZone(zone.clone()));
    }
    if let Some(domain) = &settings.synthetic_email_domain {
        SyntheticDomain::parse(domain)?;
    }
    let now = app.clock.now();
    let tenant = scope.tenant_id();
    let mut tx = app.store.write().await?;
    let before = tenants::find(&mut tx, tenant)
        .await?
        .ok_or(SetSettingsError::NotFound)?;
    tenants::set_settings(&mut tx, tenant, &settings).await?;
    for word in statuses(&settings.lead_statuses) {
        tenants::add_status(&mut tx, tenant, word, &label(word)).await?;
    }
    let deed = Deed::of(scope, "tenant.set_settings", "tenant", tenant)
        .before(json!(before.settings.0))
        .after(json!(settings));
    audit::append(&mut tx, vec![deed], now).await?;
    tx.commit().await?;
    app.registry.refresh(&app.store, now).await?;
    Ok(settings)
}

fn statuses(rules: &LeadRules) -> impl Iterator<Item = &str> {
    [
        &rules.booked,
        &rules.cancelled,
        &rules.completed,
        &rules.no_show,
    ]
    .into_iter()
    .flatten()
    .map(LeadStatus::as_str)
}

/// `hot_lead` is shown as `Hot lead` until somebody says otherwise.
fn label(word: &str) -> String {
    let mut characters = word.chars();
    let first = characters.next().into_iter().flat_map(char::to_uppercase);
    first
        .chain(characters)
        .collect::<String>()
        .replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_that_nobody_knows_is_refused() {
        let error = parse_settings(r#"{"timezone": "Europe/Berlin"}"#).unwrap_err();
        assert!(error.to_string().contains("time_zone"), "{error}");
        assert!(parse_settings("[]").is_err());
        let read = parse_settings(r#"{"time_zone": "Europe/Berlin"}"#).unwrap();
        assert_eq!(read.time_zone.as_deref(), Some("Europe/Berlin"));
        assert_eq!(read.lead_statuses, LeadRules::default());
    }

    #[test]
    fn a_new_status_has_a_readable_label() {
        assert_eq!(label("hot_lead"), "Hot lead");
        assert_eq!(label(""), "");
    }
}
