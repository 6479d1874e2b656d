//! Free slots, in the shapes that callers know.

mod availability;
mod of_event_type;

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    http::{HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use calbridge_core::scope::Scope;
use calbridge_providers::calcom_api::ErrorKind;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

pub use self::{availability::*, of_event_type::*};
use crate::{
    app::App,
    http::problem::{Code, Problem},
    slots::{self, Age, Availability, Page, PageKey, SlotsError, SlotsRequest, SubjectError},
    upstream::{AskError, TargetError},
};

/// Why nothing is free, as a word.
const REASON: HeaderName = HeaderName::from_static("calbridge-reason");

/// Answer with slots: from memory where the same question was just answered.
async fn answer<B: Serialize>(
    app: &App,
    scope: &Scope,
    key: PageKey,
    request: impl FnOnce() -> Result<SlotsRequest, Problem>,
    body: impl FnOnce(&Availability) -> B,
) -> Result<Response, Problem> {
    let remembers = app.config.calcom.cache_enabled;
    if remembers && let Some(page) = app.pages.find(app, &key) {
        return Ok(rendered(page.body.clone(), page.reason));
    }
    let request = request()?;
    let remembers = remembers && request.age == Age::Remembered;
    let found = slots::find(app, scope, &request)
        .await
        .map_err(|error| problem(app.clock.now(), &error))?;
    let json = serde_json::to_vec(&body(&found)).map_err(|_| Problem::internal())?;
    let json = Bytes::from(json);
    let reason = found.reason.map(slots::NoneFree::as_str);
    if remembers && let Some(page) = Page::of(&found, json.clone()) {
        app.pages.keep(key, Arc::new(page));
    }
    Ok(rendered(json, reason))
}

fn rendered(json: Bytes, reason: Option<&'static str>) -> Response {
    let mut response = Body::from(json).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    if let Some(reason) = reason {
        headers.insert(REASON, HeaderValue::from_static(reason));
    }
    response
}

/// What a door says when it cannot be said what is free.
pub(crate) fn problem(now: Timestamp, error: &SlotsError) -> Problem {
    let detail = error.to_string();
    match error {
        SlotsError::Subject(error) => match error {
            SubjectError::NotFound(_) => Problem::not_found(detail),
            SubjectError::Ambiguous(_) => Problem::new(Code::AmbiguousId, detail),
            SubjectError::Inactive(_) | SubjectError::NoConnection(_) => {
                Problem::new(Code::NotBookable, detail)
            }
            SubjectError::NoDefault => Problem::new(Code::MissingField, detail).at("event_type"),
            SubjectError::Store(_) => Problem::try_again(),
        },
        SlotsError::Inverted | SlotsError::TooLong => Problem::invalid("to", detail),
        SlotsError::NoSuchLength(_) => Problem::invalid("duration", detail),
        SlotsError::Target(error) => of_target(now, error),
        SlotsError::Ask(error) => of_asking(now, error),
        SlotsError::Store(error) => {
            tracing::warn!(%error, "Slots could not be looked up");
            Problem::try_again()
        }
    }
}

/// What a door says when a connection cannot be asked.
pub(crate) fn of_target(now: Timestamp, error: &TargetError) -> Problem {
    match error {
        TargetError::Ask(error) => of_asking(now, error),
        TargetError::NoConnection => Problem::not_found(error.to_string()),
        TargetError::NoKey(_) | TargetError::BaseUrl { .. } | TargetError::OtherProvider(_) => {
            Problem::new(Code::NotConnected, error.to_string())
        }
    }
}

/// What a door says when a provider did not do what was asked (FL-45, FL-46).
pub(crate) fn of_asking(now: Timestamp, error: &AskError) -> Problem {
    let detail = error.to_string();
    let after = |problem: Problem| match error.retry_at(now) {
        Some(at) => problem.after(wait(now, at)),
        None => problem,
    };
    match error {
        AskError::Provider(error) => match &error.kind {
            ErrorKind::Unauthorized => Problem::new(
                Code::ProviderKeyRefused,
                "the provider refuses the API key: renew it there, and set it with `calbridge connections set-key`",
            ),
            ErrorKind::Forbidden => Problem::new(Code::ProviderForbids, detail),
            ErrorKind::NotFound => Problem::new(
                Code::ProviderHasNone,
                "the provider has no such event type or booking: is its id right, and is it active there?",
            ),
            ErrorKind::RateLimited { .. } => {
                after(Problem::new(Code::ProviderBudgetExhausted, detail))
            }
            ErrorKind::SlotTaken => Problem::new(Code::SlotTaken, detail),
            ErrorKind::Refused { .. } => Problem::new(Code::ProviderRefused, detail),
            ErrorKind::Gone | ErrorKind::Misread { .. } => {
                Problem::new(Code::ProviderUnexpected, detail)
            }
            ErrorKind::Down => Problem::new(Code::ProviderUnavailable, detail),
        },
        AskError::BudgetExhausted { .. } => {
            after(Problem::new(Code::ProviderBudgetExhausted, detail))
        }
        AskError::CircuitOpen { .. } => after(Problem::new(Code::ProviderUnavailable, detail)),
        AskError::NotSent(_) | AskError::NoAnswer(_) => {
            Problem::new(Code::ProviderUnavailable, detail)
        }
        AskError::Store(error) => {
            tracing::warn!(%error, "A provider could not be asked");
            Problem::try_again()
        }
    }
}

fn wait(now: Timestamp, until: Timestamp) -> std::time::Duration {
    until
        .duration_since(now)
        .max(SignedDuration::ZERO)
        .unsigned_abs()
}
