//! Around every request: it is written down and counted, gets its id, and may meet a fault.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{StreamExt, stream};
use serde::de::IgnoredAny;
use tokio::sync::watch;

use super::refusal::{self, Refusal};
use super::version::template;
use super::{limiter, stranger};
use crate::api_faults::ApiFailure;
use crate::server::calls::{ApiCall, without_secrets};
use crate::server::edition::RateLimit;
use crate::server::world::Shared;
use crate::spelling::millis;

/// The largest body taken.
const LARGEST: usize = 1024 * 1024;

/// The number of the last booking there was when the request came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival(pub(super) i64);

impl FromRequestParts<Shared> for Arrival {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        // Always there behind `observe`.
        Ok(parts.extensions.get().copied().unwrap_or(Self(i64::MAX)))
    }
}

/// A request and what is needed to answer it.
struct Asked {
    request: Request,
    operation: String,
    full_path: String,
    body: Bytes,
}

pub(super) async fn observe(
    State(shared): State<Shared>,
    OriginalUri(uri): OriginalUri,
    request: Request,
    next: Next,
) -> Response {
    let template = template(&request);
    let (mut parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, LARGEST).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    // Before the plan is asked: a change in between must not go unseen.
    let plans = shared.plans.subscribe();
    let (request_id, failure, operation) = {
        let mut world = shared.world();
        parts
            .extensions
            .insert(Arrival(world.story.calcom.last_booking_id()));
        let path = parts.uri.path().to_owned();
        // Unknown paths are one operation, so that they cannot fill the memory.
        let shown = Some(template.as_str()).filter(|known| !known.is_empty());
        let shown = shown.unwrap_or("*");
        let operation = format!("{} {shown}", parts.method);
        let request_id = world.ids.uuid();
        world.calls.begin(ApiCall {
            at: shared.clock.now(),
            operation: operation.clone(),
            method: parts.method.to_string(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: without_secrets(&parts.headers),
            body: String::from_utf8_lossy(&body).into_owned(),
            status: None,
            request_id: request_id.clone(),
            path: path.clone(),
        });
        let failure = world.next_failure(parts.method.as_str(), &path);
        (request_id, failure, operation)
    };
    shared.traffic.send_modify(|count| *count += 1);
    let mut under_way = UnderWay {
        shared: &shared,
        operation: operation.clone(),
        request_id: request_id.clone(),
        status: None,
    };
    let full_path = uri
        .path_and_query()
        .map_or(uri.path(), |path| path.as_str())
        .to_owned();
    let asked = Asked {
        request: Request::from_parts(parts, Body::from(body.clone())),
        operation,
        full_path,
        body,
    };
    let mut response = answer(&shared, asked, failure, plans, next).await;
    under_way.status = Some(response.status().as_u16());
    if let Ok(id) = HeaderValue::from_str(&request_id) {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}

/// Writes down that a request is over, also when its caller left.
struct UnderWay<'a> {
    shared: &'a Shared,
    operation: String,
    request_id: String,
    status: Option<u16>,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.shared
            .world()
            .calls
            .end(&self.operation, &self.request_id, self.status);
        self.shared.traffic.send_modify(|count| *count += 1);
    }
}

async fn answer(
    shared: &Shared,
    asked: Asked,
    failure: Option<ApiFailure>,
    mut plans: watch::Receiver<u64>,
    next: Next,
) -> Response {
    let Asked {
        request,
        operation,
        full_path,
        body,
    } = asked;
    let render = |refusal: &Refusal| refusal.render(millis(shared.clock.now()), &full_path);
    let is_json = is_json(request.headers());
    if is_json && !body.is_empty() && serde_json::from_slice::<IgnoredAny>(&body).is_err() {
        // Captured: malformed JSON is refused before the limiter sees it.
        return render(&Refusal::bad_request("Unexpected token in JSON"));
    }
    let done = |request| async { refusal::dressed(next.run(request).await, render) };
    match failure {
        None => done(request).await,
        Some(ApiFailure::Status(status)) => failed(status, &operation, render),
        Some(ApiFailure::TooMany { reset_seconds }) => {
            let mut response = render(&Refusal::throttled());
            let limit = RateLimit::per_minute("Default", 120);
            limiter::exhausted(&limit, reset_seconds.into(), response.headers_mut());
            response
        }
        Some(ApiFailure::Slow { millis }) => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            done(request).await
        }
        Some(ApiFailure::Held) => {
            tokio::select! {
                _ = plans.changed() => {}
                () = shared.stopped() => {}
            }
            done(request).await
        }
        Some(ApiFailure::CutMidway) => cut(done(request).await).await,
        Some(ApiFailure::NoAnswer) => {
            done(request).await;
            shared.stopped().await;
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
        Some(ApiFailure::DoneButRefused(status)) => {
            done(request).await;
            failed(status, &operation, render)
        }
        Some(ApiFailure::StrangersBooking) => match stranger::answer(shared, &body) {
            Some(response) => response,
            None => done(request).await,
        },
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.starts_with("application/json"))
}

/// A failure in the form the provider has for it: 1.3.
fn failed(status: u16, operation: &str, render: impl Fn(&Refusal) -> Response) -> Response {
    let text = "emulator: told to fail";
    let refusal = match status {
        400 => Refusal::bad_request(text),
        401 => super::gate::unknown_key(),
        403 => Refusal::forbidden(text),
        404 => Refusal::not_found(text),
        409 if operation == "POST /bookings" => Refusal::bare(409, "booking_conflict_error"),
        409 => Refusal::conflict(text),
        422 => Refusal::unprocessable(text),
        429 => Refusal::throttled(),
        502..=504 => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
            let page = format!(
                "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
            );
            return (status, [(header::CONTENT_TYPE, "text/html")], page).into_response();
        }
        500 => Refusal::bare(500, "Internal server error"),
        other => Refusal::bare(other, text),
    };
    render(&refusal)
}

/// The same answer, but it ends after half of what it promised.
async fn cut(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, LARGEST * 16)
        .await
        .unwrap_or_default();
    parts
        .headers
        .insert(header::CONTENT_LENGTH, whole.len().into());
    let half = whole.slice(..whole.len() / 2);
    let end = async {
        // The first half must have left before the connection breaks, or nothing arrives at all.
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    let broken = stream::iter([Ok(half)]).chain(stream::once(end));
    Response::from_parts(parts, Body::from_stream(broken))
}

/// For handlers of unknown paths.
pub(super) async fn nowhere(request: Request) -> Refusal {
    super::version::cannot(request.method(), request.uri().path())
}
