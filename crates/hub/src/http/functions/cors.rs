//! What browsers of other sites are told.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What a page may send along.
const HEADERS: &str = "authorization, x-client-info, apikey, content-type, x-api-key, x-tenant-id, x-request-id, \
                       idempotency-key";

/// The answer to a browser that asks whether a page of another site may call. A credential is a header that the page must
/// know, not a cookie: so any may.
pub async fn preflight() -> Response {
    let allowed: [(HeaderName, &str); 3] = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

/// Let pages of other sites read the answer.
pub async fn answer_to_all(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}
