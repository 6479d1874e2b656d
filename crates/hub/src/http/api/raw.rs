//! Raw deliveries, as administrators see them.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use utoipa::ToSchema;

/// A header, as received.
#[derive(Serialize, ToSchema)]
#[schema(as = Header)]
pub struct HeaderBody {
    /// Name.
    name: String,
    /// Value.
    value: String,
}

/// Headers and body, as received.
#[derive(Serialize, ToSchema)]
#[schema(as = RawDelivery)]
pub struct RawBody {
    /// The headers.
    pub(super) headers: Vec<HeaderBody>,
    /// The body, if it is text.
    pub(super) body: Option<String>,
    /// The body, byte for byte.
    pub(super) body_base64: String,
}

impl RawBody {
    /// Of these headers and this body.
    pub fn new(headers: Vec<(String, String)>, body: Vec<u8>) -> Self {
        Self {
            headers: headers
                .into_iter()
                .map(|(name, value)| HeaderBody { name, value })
                .collect(),
            body_base64: STANDARD.encode(&body),
            body: String::from_utf8(body).ok(),
        }
    }
}
