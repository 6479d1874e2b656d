//! The URLs through which deliveries come.

use calbridge_core::provider::Provider;

/// A URL for deliveries, by the word that logs and `webhook_events.door` use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// `/hooks/{connection}`
    Hook,
    /// `/webhooks/calcom`
    Webhooks,
    /// `/api/webhooks/calcom`
    ApiCalcom,
    /// `/api/webhooks/calendly`
    ApiCalendly,
    /// `/functions/v1/cal-webhook`
    CalWebhook,
    /// `/cal-webhook`
    PlainCalWebhook,
}

impl Door {
    /// Every door.
    pub const ALL: [Self; 6] = [
        Self::Hook,
        Self::Webhooks,
        Self::ApiCalcom,
        Self::ApiCalendly,
        Self::CalWebhook,
        Self::PlainCalWebhook,
    ];

    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hooks",
            Self::Webhooks => "webhooks/calcom",
            Self::ApiCalcom => "api/webhooks/calcom",
            Self::ApiCalendly => "api/webhooks/calendly",
            Self::CalWebhook => "functions/v1/cal-webhook",
            Self::PlainCalWebhook => "cal-webhook",
        }
    }

    /// The provider a shared URL is for; `None` for a connection's own.
    pub fn provider(self) -> Option<Provider> {
        match self {
            Self::Hook => None,
            Self::Webhooks | Self::ApiCalcom | Self::CalWebhook | Self::PlainCalWebhook => {
                Some(Provider::CalCom)
            }
            Self::ApiCalendly => Some(Provider::Calendly),
        }
    }
}
