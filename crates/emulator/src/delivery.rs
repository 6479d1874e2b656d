//! One webhook request as a provider would send it: the body bytes and how they are signed.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

use crate::json::Json;
use crate::spelling;

/// Which provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// Cal.com, API v2.
    CalCom,
    /// Calendly, API v2.
    Calendly,
}

impl Provider {
    /// The name as stored and shown: `cal.com` or `calendly`.
    pub fn name(self) -> &'static str {
        match self {
            Self::CalCom => "cal.com",
            Self::Calendly => "calendly",
        }
    }
}

/// One webhook body, ready to be signed and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Who sends it.
    pub provider: Provider,
    /// Trigger or event name, also when the body does not carry it.
    pub event: String,
    /// The `Content-Type` header.
    pub content_type: String,
    /// The exact bytes.
    pub body: Vec<u8>,
    /// When the provider made the message.
    pub created_at: Timestamp,
}

impl Delivery {
    /// The headers the provider sends with this body. Cal.com ignores `signed_at`: its scheme has no time.
    pub fn signed_headers(
        &self,
        secret: Option<&str>,
        signed_at: Timestamp,
    ) -> Vec<(String, String)> {
        let mut headers = vec![("Content-Type".to_owned(), self.content_type.clone())];
        match self.provider {
            Provider::CalCom => {
                headers.push((
                    "X-Cal-Signature-256".to_owned(),
                    self.calcom_signature(secret),
                ));
                headers.push(("X-Cal-Webhook-Version".to_owned(), "2021-10-20".to_owned()));
                headers.push(("User-Agent".to_owned(), "node".to_owned()));
            }
            Provider::Calendly => {
                if let Some(key) = secret {
                    headers.push((
                        "Calendly-Webhook-Signature".to_owned(),
                        self.calendly_signature(key, signed_at),
                    ));
                }
            }
        }
        headers
    }

    fn calcom_signature(&self, secret: Option<&str>) -> String {
        match secret {
            // An empty secret counts as none: signature_vectors.json.
            None | Some("") => "no-secret-provided".to_owned(),
            Some(secret) => hmac_hex(secret, &[&self.body]),
        }
    }

    fn calendly_signature(&self, key: &str, signed_at: Timestamp) -> String {
        let t = signed_at.as_second().to_string();
        let v1 = hmac_hex(key, &[t.as_bytes(), b".", &self.body]);
        format!("t={t},v1={v1}")
    }

    /// A Cal.com message in its usual envelope.
    pub(crate) fn calcom(trigger: &str, payload: Json, now: Timestamp) -> Self {
        let body = crate::json::object! {
            "triggerEvent": trigger,
            "createdAt": spelling::millis(now),
            "payload": payload,
        };
        Self::calcom_bare(trigger, &body, now)
    }

    /// A Cal.com message without the envelope.
    pub(crate) fn calcom_bare(trigger: &str, body: &Json, now: Timestamp) -> Self {
        Self {
            provider: Provider::CalCom,
            event: trigger.to_owned(),
            content_type: "application/json".to_owned(),
            body: body.to_bytes(),
            created_at: now,
        }
    }
}

/// Lower-case hexadecimal HMAC-SHA256 over the parts, one after another.
fn hmac_hex(key: &str, parts: &[&[u8]]) -> String {
    // HMAC takes keys of any length; there is no error to report.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    for part in parts {
        mac.update(part);
    }
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests;
