//! Rate limits as 1.4 has them: a triple of headers on every answer that got this far, and a block once there were
//! too many. Time is the emulator's.

use std::collections::HashMap;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;

use super::gate;
use super::refusal::Refusal;
use super::version::template;
use crate::server::edition::RateLimit;
use crate::server::world::Shared;

/// What was counted so far, by caller and limit.
#[derive(Debug, Default)]
pub(in crate::server) struct Limiter {
    windows: HashMap<(String, String), Window>,
}

/// One limit of one caller.
#[derive(Debug, Clone, Copy)]
struct Window {
    ends: Timestamp,
    requests: u32,
    blocked_until: Option<Timestamp>,
}

/// What the headers say of one limit.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Standing {
    name: String,
    limit: u32,
    remaining: u32,
    reset: i64,
    used_up: bool,
}

impl Limiter {
    /// Forget what was counted.
    pub(in crate::server) fn clear(&mut self) {
        self.windows.clear();
    }

    fn count(&mut self, caller: &str, limit: &RateLimit, now: Timestamp) -> Standing {
        let after = |time: Duration| now.checked_add(time).unwrap_or(Timestamp::MAX);
        let fresh = Window {
            ends: after(limit.window()),
            requests: 0,
            blocked_until: None,
        };
        let key = (caller.to_owned(), limit.name.clone());
        let window = self.windows.entry(key).or_insert(fresh);
        let is_over = match window.blocked_until {
            Some(until) => until <= now,
            None => window.ends <= now,
        };
        if is_over {
            *window = fresh;
        }
        if window.blocked_until.is_none() {
            window.requests += 1;
            if window.requests > limit.requests {
                window.blocked_until = Some(after(limit.block()));
            }
        }
        let until = window.blocked_until.unwrap_or(window.ends);
        let reset = until.duration_since(now);
        Standing {
            name: limit.name.clone(),
            limit: limit.requests,
            remaining: limit.requests.saturating_sub(window.requests),
            // Seconds from now, rounded up, not an epoch time.
            reset: reset.as_secs() + i64::from(reset.subsec_nanos() > 0),
            used_up: window.blocked_until.is_some(),
        }
    }
}

/// Count the request; refuse it when all limits are used up.
pub(super) async fn limit(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let Ok(caller) = gate::caller(request.headers(), &shared) else {
        // An unknown key is refused before it is counted, and the answer has no headers of a limit.
        return gate::unknown_key().into_response();
    };
    let own = own_limit(request.method(), &template(&request));
    let standings: Vec<_> = {
        let now = shared.clock.now();
        let mut world = shared.world();
        let limits = own.map_or_else(|| world.server.limits.clone(), |own| vec![own]);
        limits
            .iter()
            .map(|limit| world.limiter.count(caller.name(), limit, now))
            .collect()
    };
    let is_refused = !standings.is_empty() && standings.iter().all(|one| one.used_up);
    let mut response = if is_refused {
        Refusal::throttled().into_response()
    } else {
        next.run(request).await
    };
    for standing in &standings {
        standing.write(response.headers_mut());
    }
    // Browsers may not read them, nor does anything say when to come back.
    response.headers_mut().remove(header::RETRY_AFTER);
    response
}

/// Small limits of single endpoints replace the caller's.
fn own_limit(method: &Method, path: &str) -> Option<RateLimit> {
    match (method.as_str(), path) {
        ("POST", "/bookings/{uid}/guests") => Some(RateLimit::per_minute("Booking_guests_add", 5)),
        ("POST", "/bookings/{uid}/attendees") => {
            Some(RateLimit::per_minute("Booking_attendees_add", 5))
        }
        _ => None,
    }
}

impl Standing {
    fn write(&self, headers: &mut HeaderMap) {
        let values = [
            ("limit", i64::from(self.limit)),
            ("remaining", i64::from(self.remaining)),
            ("reset", self.reset),
        ];
        for (what, value) in values {
            let name = format!("x-ratelimit-{what}-{}", self.name.to_lowercase());
            if let Ok(name) = HeaderName::try_from(name) {
                headers.insert(name, HeaderValue::from(value));
            }
        }
    }
}

/// The headers of a refusal nobody counted: limit, nothing remaining, so many seconds to go.
pub(super) fn exhausted(limit: &RateLimit, seconds: i64, headers: &mut HeaderMap) {
    let standing = Standing {
        name: limit.name.clone(),
        limit: limit.requests,
        remaining: 0,
        reset: seconds,
        used_up: true,
    };
    standing.write(headers);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_requests_block_for_a_while_and_say_for_how_long() {
        let mut limiter = Limiter::default();
        let limit = RateLimit::per_minute("Default", 2);
        let start: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let mut after = |seconds: u64| {
            let now = start + Duration::from_secs(seconds);
            let standing = limiter.count("key", &limit, now);
            (standing.remaining, standing.reset, standing.used_up)
        };
        assert_eq!(after(0), (1, 60, false));
        assert_eq!(after(20), (0, 40, false));
        assert_eq!(after(30), (0, 60, true));
        // The window has ended; the block has not.
        assert_eq!(after(61), (0, 29, true));
        assert_eq!(after(90), (1, 60, false));
    }
}
