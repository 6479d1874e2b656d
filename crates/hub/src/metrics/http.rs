//! What is counted around every request.

use std::time::Duration;

use axum::http::StatusCode;
use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::limits::Limit;

/// The HTTP doors.
pub struct Http {
    requests: Family<Answered, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    limited: Family<Limited, Counter>,
    /// Connections that are open.
    pub connections: Gauge,
}

/// The method is left out: callers may invent some.
#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Answered {
    route: String,
    status: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Limited {
    by: &'static str,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Route {
    route: String,
}

impl Http {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let http = Self {
            requests: Family::default(),
            seconds: Family::new_with_constructor(|| Histogram::new(super::seconds())),
            limited: Family::default(),
            connections: Gauge::default(),
        };
        for by in Limit::ALL.map(Limit::as_str) {
            drop(http.limited.get_or_create(&Limited { by }));
        }
        registry.register(
            "http_requests",
            "Requests that were answered, by route and class of status",
            http.requests.clone(),
        );
        registry.register(
            "http_request_seconds",
            "From the head of a request to its answer, by route",
            http.seconds.clone(),
        );
        registry.register(
            "http_limited",
            "Requests that were refused because their caller asked too often, by what was used up",
            http.limited.clone(),
        );
        registry.register(
            "http_connections",
            "Connections that are open",
            http.connections.clone(),
        );
        http
    }

    /// A request was refused because its caller asked too often.
    pub fn limited(&self, limit: Limit) {
        let by = limit.as_str();
        self.limited.get_or_create(&Limited { by }).inc();
    }

    /// A request was answered. `route` is the pattern, never the path.
    pub fn answered(&self, route: &str, status: StatusCode, took: Duration) {
        let status = match status.as_u16() / 100 {
            1 => "1xx",
            2 => "2xx",
            3 => "3xx",
            4 => "4xx",
            _ => "5xx",
        };
        let answered = Answered {
            route: route.to_owned(),
            status,
        };
        self.requests.get_or_create(&answered).inc();
        let Answered { route, .. } = answered;
        self.seconds
            .get_or_create(&Route { route })
            .observe(took.as_secs_f64());
    }
}
