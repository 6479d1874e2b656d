//! What happens around every request: an id, a span, and an answer also when the handler panics.

use std::{any::Any, time::Instant};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tracing::{Instrument, field::Empty};
use uuid::Uuid;

use super::problem::Problem;
use crate::{app::App, correlation, logging::traces};

/// The header with the id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Give the request an id and a span, and the answer the id.
pub async fn follow(State(app): State<App>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request_id(&request);
    // The pattern, not the path: that one may hold a secret or somebody's address.
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let route = matched.as_ref().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        method = %request.method(),
        route,
        request_id = %id,
        status = Empty,
        duration_ms = Empty,
    );
    traces::follow(&span, request.headers());
    let answering = next.run(request).instrument(span.clone());
    let mut response = correlation::under(id.as_str(), answering).await;
    finish(&mut response, &id);
    app.metrics
        .http
        .answered(route, response.status(), began.elapsed());
    let _entered = span.entered();
    note(&response, began);
    response
}

/// The id that the caller gave, if it is fit to stand in a log, or a new one.
fn request_id(request: &Request) -> String {
    request
        .headers()
        .get(REQUEST_ID)
        .and_then(|id| id.to_str().ok())
        .filter(|id| (1..=100).contains(&id.len()))
        .filter(|id| {
            id.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
        })
        .map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}

fn finish(response: &mut Response, id: &str) {
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        *response.body_mut() = problem.body(Some(id));
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
}

fn note(response: &Response, began: Instant) {
    let status = response.status();
    let duration_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let span = tracing::Span::current();
    span.record("status", status.as_u16());
    span.record("duration_ms", duration_ms);
    if status.is_server_error() {
        tracing::warn!("Answered with a failure");
    } else if status.is_client_error() {
        tracing::info!("Refused");
    } else {
        tracing::debug!("Answered");
    }
}

/// The answer when a handler panicked. The panic itself is printed by the runtime's hook.
pub fn panicked(_panic: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("A request panicked");
    Problem::internal().into_response()
}
