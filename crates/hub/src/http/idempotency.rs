//! `Idempotency-Key`: a write that is repeated with its key is answered as the first time, and done once.
//!
//! Every write under `/api/v1` takes the header; nothing has to be listed. So does the one function that changes something.
//! Who asked is part of what makes two requests equal, so an answer only goes to whoever may have it.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use calbridge_core::{fingerprint, scope::Scope};
use calbridge_store::{
    StoreError,
    idempotency_keys::{self, Begun, KeptAnswer, KeyedRequest, Terms, Turn},
};
use jiff::SignedDuration;

use super::{
    auth, body,
    extract::MOST_BYTES,
    problem::{Code, Problem},
};
use crate::{app::App, correlation};

/// The header with the caller's name of a request.
pub(super) const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The header of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// Characters of a key, at most.
pub(super) const LONGEST_KEY: usize = 255;

/// A request may take this long before somebody else may begin with it: its node has died.
const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// Keys are remembered for this long.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);

/// Functions that change something, without the slash they may end with.
const FUNCTIONS: [&str; 2] = ["/cal-bookings", "/functions/v1/cal-bookings"];

/// Whether a route takes the header.
pub(super) fn takes_key(method: &Method, path: &str) -> bool {
    let function = path.strip_suffix('/').unwrap_or(path);
    (path.starts_with("/api/v1/") || FUNCTIONS.contains(&function)) && !method.is_safe()
}

/// Answer a write with a key once.
pub async fn once(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>();
    let takes = route.is_some_and(|route| takes_key(request.method(), route.as_str()));
    if !takes || !request.headers().contains_key(KEY) {
        return next.run(request).await;
    }
    answer(app, request, next)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer(app: App, request: Request, next: Next) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let key = key(&parts.headers)?;
    let scope = auth::caller(&parts, &app).await?;
    let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
    let keyed = KeyedRequest {
        key,
        fingerprint: fingerprint_of(&scope, &parts, &bytes),
    };
    match begin(&app, &scope, &keyed).await? {
        Begun::First(turn) => {
            let request = Request::from_parts(parts, Body::from(bytes));
            Ok(first(app, scope, turn, request, next).await)
        }
        Begun::Kept(answer) => Ok(again(answer)),
        Begun::UnderWay => Err(Problem::new(
            Code::RequestInProgress,
            "the same request is being answered: ask again in a moment",
        )
        .at("Idempotency-Key")
        .after(std::time::Duration::from_secs(1))),
        Begun::Reused => Err(Problem::new(
            Code::IdempotencyKeyReused,
            "the key was sent before, with another method, path, body or credential",
        )
        .at("Idempotency-Key")),
    }
}

/// The caller's name of the request.
fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut all = headers.get_all(KEY).iter();
    let key = all.next().map_or(&[][..], HeaderValue::as_bytes);
    let fits = (1..=LONGEST_KEY).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    if fits && all.next().is_none() {
        return Ok(String::from_utf8_lossy(key).into_owned());
    }
    let detail =
        format!("send it once, with 1 to {LONGEST_KEY} visible ASCII characters and no spaces");
    Err(Problem::new(Code::InvalidHeader, detail).at("Idempotency-Key"))
}

fn fingerprint_of(scope: &Scope, parts: &Parts, body: &[u8]) -> String {
    let path = parts.uri.path_and_query();
    fingerprint::of_parts([
        scope.actor().label().as_bytes(),
        parts.method.as_str().as_bytes(),
        path.map_or("", |path| path.as_str()).as_bytes(),
        body,
    ])
}

async fn begin(app: &App, scope: &Scope, request: &KeyedRequest) -> Result<Begun, StoreError> {
    match try_begin(app, scope, request).await {
        Err(StoreError::Busy) => try_begin(app, scope, request).await,
        other => other,
    }
}

async fn try_begin(app: &App, scope: &Scope, request: &KeyedRequest) -> Result<Begun, StoreError> {
    let now = app.clock.now();
    let terms = Terms {
        leased_until: now + LEASE,
        expires_at: now + REMEMBERED,
    };
    let mut tx = app.store.write().await?;
    let begun = idempotency_keys::begin(&mut tx, scope, request, terms, now).await?;
    tx.commit().await?;
    Ok(begun)
}

/// Do it, to the end also when the caller goes away: they will come back for the answer.
async fn first(app: App, scope: Scope, turn: Turn, request: Request, next: Next) -> Response {
    let answering = async move {
        let response = next.run(request).await;
        remember(&app, &scope, &turn, response).await
    };
    match correlation::spawn(answering).await {
        Ok(response) => response,
        Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
        Err(_) => Problem::try_again().into_response(),
    }
}

/// Keep an answer that is for good. Whatever goes wrong here, the caller gets it.
async fn remember(app: &App, scope: &Scope, turn: &Turn, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let body = match to_bytes(body, usize::MAX).await {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(%error, "An answer broke off");
            return Problem::internal().into_response();
        }
    };
    let answer = is_for_good(parts.status).then(|| KeptAnswer {
        status: parts.status.as_u16(),
        headers: texts(&parts.headers),
        body: body.to_vec(),
    });
    if let Err(error) = finish(app, scope, turn, answer).await {
        tracing::warn!(%error, "An answer could not be kept for its idempotency key");
    }
    Response::from_parts(parts, Body::from(body))
}

async fn finish(
    app: &App,
    scope: &Scope,
    turn: &Turn,
    answer: Option<KeptAnswer>,
) -> Result<(), StoreError> {
    let mut tx = app.store.write().await?;
    match answer {
        Some(answer) => idempotency_keys::keep(&mut tx, scope, turn, &answer)
            .await
            .map(drop)?,
        None => idempotency_keys::forget(&mut tx, scope, turn).await?,
    }
    tx.commit().await
}

/// Whether asking again would be answered the same. Not so when something was wrong with us, with the credential, or with
/// the moment.
fn is_for_good(status: StatusCode) -> bool {
    let about_the_moment = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    (status.is_success() || status.is_client_error()) && !about_the_moment.contains(&status)
}

/// The headers that can be kept. The length follows from the body.
fn texts(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| *name != header::CONTENT_LENGTH)
        .filter_map(|(name, value)| {
            let value = value.to_str().ok()?;
            Some((name.as_str().to_owned(), value.to_owned()))
        })
        .collect()
}

/// The answer as it was given before.
fn again(answer: KeptAnswer) -> Response {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            headers.insert(name, value);
        }
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(200, true)]
    #[case(201, true)]
    #[case(202, true)]
    #[case(404, true)]
    #[case(409, true)]
    #[case(422, true)]
    #[case(401, false)]
    #[case(403, false)]
    #[case(408, false)]
    #[case(429, false)]
    #[case(500, false)]
    #[case(503, false)]
    fn only_what_is_for_good_is_kept(#[case] status: u16, #[case] kept: bool) {
        assert_eq!(is_for_good(StatusCode::from_u16(status).unwrap()), kept);
    }

    #[rstest]
    #[case("8e03978e-40d5-43dd-bc93-6894a57f9324", true)]
    #[case("!", true)]
    #[case("", false)]
    #[case("two words", false)]
    #[case("schlüssel", false)]
    fn a_key_is_visible_ascii(#[case] text: &str, #[case] fits: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(KEY, HeaderValue::from_bytes(text.as_bytes()).unwrap());
        assert_eq!(key(&headers).is_ok(), fits);
        headers.append(KEY, HeaderValue::from_static("another"));
        assert!(key(&headers).is_err());
    }

    #[rstest]
    #[case(255, true)]
    #[case(256, false)]
    fn a_key_is_not_too_long(#[case] length: usize, #[case] fits: bool) {
        let mut headers = HeaderMap::new();
        let long = "k".repeat(length);
        headers.insert(KEY, HeaderValue::from_str(&long).unwrap());
        assert_eq!(key(&headers).is_ok(), fits);
    }

    #[rstest]
    #[case(Method::POST, "/api/v1/leads", true)]
    #[case(Method::PATCH, "/api/v1/leads/{id}", true)]
    #[case(Method::DELETE, "/api/v1/bookings/{id}", true)]
    #[case(Method::POST, "/cal-bookings", true)]
    #[case(Method::POST, "/functions/v1/cal-bookings/", true)]
    #[case(Method::GET, "/cal-bookings", false)]
    #[case(Method::POST, "/cal-availability", false)]
    #[case(Method::GET, "/api/v1/leads", false)]
    #[case(Method::POST, "/hooks/{token}", false)]
    fn writes_take_a_key(#[case] method: Method, #[case] path: &str, #[case] takes: bool) {
        assert_eq!(takes_key(&method, path), takes);
    }
}
