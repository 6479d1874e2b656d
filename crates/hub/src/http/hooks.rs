//! The URLs that providers deliver to. All lead to the same intake.

use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body,
    extract::AnyId,
    problem::{Code, Problem},
};
use crate::{
    app::App,
    inbox::{self, Door, Incoming, Receipt, ReceiveError},
};

/// The answer to a delivery that was stored.
#[derive(Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptBody {
    /// What became of it: `processed`, `duplicate`, `ignored`, or `accepted` when it is applied later.
    #[schema(example = "processed")]
    status: &'static str,
    /// Always true.
    success: bool,
    /// Always true.
    received: bool,
    /// The event's name, as sent.
    #[schema(example = "BOOKING_CREATED")]
    event_type: String,
    /// Under which id it is stored.
    event_id: i64,
    /// Why it was ignored, or not applied yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl From<Receipt> for ReceiptBody {
    fn from(receipt: Receipt) -> Self {
        Self {
            status: receipt.outcome.as_str(),
            success: true,
            received: true,
            event_type: receipt.event_type,
            event_id: receipt.event_id.0,
            reason: receipt.reason,
        }
    }
}

impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Self {
        let detail = error.to_string();
        match error {
            ReceiveError::UnknownHook => Self::new(Code::UnknownHook, detail),
            ReceiveError::NotVerified(_) => Self::new(Code::SignatureInvalid, detail),
            ReceiveError::Full | ReceiveError::NotStored => Self::new(Code::TryAgain, detail),
        }
    }
}

/// A connection's own URL
///
/// The recommended one: the last part of the path names the connection.
#[utoipa::path(
    post, path = "/hooks/{token}", tag = "webhooks", operation_id = "receive_at_hook",
    params(("token" = String, Path, description = "The connection's token")),
    request_body(content = String, description = "As the provider sends it", content_type = "application/json"),
    responses((status = 200, description = "Stored", body = ReceiptBody)),
    security(()),
)]
pub async fn hook(
    State(app): State<App>,
    AnyId(token): AnyId,
    request: Request,
) -> Result<Json<ReceiptBody>, Problem> {
    take(&app, Door::Hook, Some(token), request).await
}

macro_rules! shared_doors {
    ($($name:ident $path:literal $door:ident $summary:literal;)+) => {$(
        #[doc = $summary]
        ///
        /// The connection is the one whose secret verifies the signature.
        #[utoipa::path(
            post, path = $path, tag = "webhooks",
            request_body(content = String, description = "As the provider sends it", content_type = "application/json"),
            responses((status = 200, description = "Stored", body = ReceiptBody)),
            security(()),
        )]
        pub async fn $name(State(app): State<App>, request: Request) -> Result<Json<ReceiptBody>, Problem> {
            take(&app, Door::$door, None, request).await
        }
    )+};
}

shared_doors! {
    webhooks_calcom "/webhooks/calcom" Webhooks "Cal.com's deliveries";
    api_webhooks_calcom "/api/webhooks/calcom" ApiCalcom "Cal.com's deliveries, another path";
    api_webhooks_calendly "/api/webhooks/calendly" ApiCalendly "Calendly's deliveries";
    functions_cal_webhook "/functions/v1/cal-webhook" CalWebhook "Cal.com's deliveries, as a function";
    cal_webhook "/cal-webhook" PlainCalWebhook "Cal.com's deliveries, as a function at the root";
}

/// Whoever looks at such a URL in a browser is told what it is.
pub async fn only_post(method: Method) -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        format!(
            "this is a webhook URL: the provider sends its events here with POST, not {method}"
        ),
    )
}

async fn take(
    app: &App,
    door: Door,
    token: Option<String>,
    request: Request<Body>,
) -> Result<Json<ReceiptBody>, Problem> {
    let (parts, body) = request.into_parts();
    let body = body::read(&parts.headers, body, app.config.webhooks.max_body_bytes).await?;
    let incoming = Incoming {
        door,
        token,
        headers: as_received(&parts.headers),
        body,
    };
    Ok(Json(inbox::receive(app, incoming).await?.into()))
}

fn as_received(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect()
}
