//! Section `calcom`: connection `default` of tenant 1, as the documented environment variables give it.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// Connection `default` of tenant 1. What is set here seeds it once; later, the connection counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CalCom {
    /// The API key.
    #[serde(serialize_with = "super::shown_as_set")]
    pub api_key: Option<SecretString>,
    /// The base URL of the API.
    pub api_url: String,
    /// What Cal.com signs deliveries with.
    #[serde(serialize_with = "super::shown_as_set")]
    pub webhook_secret: Option<SecretString>,
    /// The event type for bookings that name none.
    pub event_type_id: Option<i64>,
    /// The team.
    pub team_slug: Option<String>,
    /// The organization.
    pub organization_id: Option<String>,
    /// Keep below the provider's limit.
    pub rate_limit_enabled: bool,
    /// Stop asking while the provider is down.
    pub circuit_breaker_enabled: bool,
    /// Remember answers for a while.
    pub cache_enabled: bool,
}

impl Default for CalCom {
    fn default() -> Self {
        Self {
            api_key: None,
            api_url: "https://api.cal.com/v2".to_owned(),
            webhook_secret: None,
            event_type_id: None,
            team_slug: None,
            organization_id: None,
            rate_limit_enabled: true,
            circuit_breaker_enabled: true,
            cache_enabled: true,
        }
    }
}

impl CalCom {
    pub(super) fn notes(&self) -> Vec<String> {
        use secrecy::ExposeSecret;
        let mut notes = Vec::new();
        if self.api_url.trim_end_matches('/').ends_with("/v1") {
            notes.push(
                "Cal.com's API v1 was switched off in April 2026: calls go to v2; change the API URL to end in /v2"
                    .to_owned(),
            );
        }
        if let Some(key) = &self.api_key
            && !key.expose_secret().starts_with("cal_")
        {
            notes.push("the Cal.com API key does not begin with cal_live_ or cal_test_: is it the right one?".to_owned());
        }
        notes
    }
}
