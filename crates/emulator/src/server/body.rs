//! Bodies in and out.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use crate::json::Json;

/// An answer of that status with a JSON body.
pub(super) fn answer(status: u16, body: &Json) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let content_type = (header::CONTENT_TYPE, "application/json; charset=utf-8");
    (status, [content_type], body.to_bytes()).into_response()
}

/// Read a request body; an empty one counts as `{}`. The error is what to tell the caller.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| error.to_string())
}
