//! What Cal.com was asked: how often, how many at once, and the last thousand requests themselves.

use std::collections::{BTreeMap, VecDeque};

use axum::http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;

/// So many requests are remembered.
const CAPACITY: usize = 1000;

/// So much of a body is remembered.
const BODY_LIMIT: usize = 16 * 1024;

/// Headers that are secrets.
const SECRET: [&str; 3] = ["authorization", "x-cal-secret-key", "cookie"];

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiCall {
    /// When it came in.
    pub at: Timestamp,
    /// `GET /bookings/{uid}`: the method and the path with its placeholders.
    pub operation: String,
    /// The method.
    pub method: String,
    /// The path below `/v2`.
    pub path: String,
    /// The query, without `?`.
    pub query: String,
    /// The headers, lower case, without secrets.
    pub headers: BTreeMap<String, String>,
    /// The beginning of the body.
    pub body: String,
    /// The status of the answer; nothing while there is none.
    pub status: Option<u16>,
    /// The id the answer carried.
    pub request_id: String,
}

/// How often an operation was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct OperationCount {
    /// Requests that came in.
    pub requests: u64,
    /// Requests under way.
    pub under_way: u64,
    /// The most requests that were under way at the same time.
    pub most_at_once: u64,
}

#[derive(Debug, Default)]
pub(super) struct CallLog {
    calls: VecDeque<ApiCall>,
    counts: BTreeMap<String, OperationCount>,
}

impl CallLog {
    pub(super) fn begin(&mut self, mut call: ApiCall) {
        let count = self.counts.entry(call.operation.clone()).or_default();
        count.requests += 1;
        count.under_way += 1;
        count.most_at_once = count.most_at_once.max(count.under_way);
        if self.calls.len() == CAPACITY {
            self.calls.pop_front();
        }
        let end = call.body.floor_char_boundary(BODY_LIMIT);
        call.body.truncate(end);
        self.calls.push_back(call);
    }

    /// The request is over; without a status when the caller left first.
    pub(super) fn end(&mut self, operation: &str, request_id: &str, status: Option<u16>) {
        if let Some(count) = self.counts.get_mut(operation) {
            count.under_way = count.under_way.saturating_sub(1);
        }
        let mut latest = self.calls.iter_mut().rev();
        if let Some(call) = latest.find(|call| call.request_id == request_id) {
            call.status = status;
        }
    }

    pub(super) fn calls(&self) -> Vec<ApiCall> {
        self.calls.iter().cloned().collect()
    }

    pub(super) fn counts(&self) -> BTreeMap<String, OperationCount> {
        self.counts.clone()
    }

    /// Start counting again. What is under way stays under way.
    pub(super) fn clear(&mut self) {
        self.calls.clear();
        self.counts.retain(|_, count| {
            *count = OperationCount {
                requests: 0,
                under_way: count.under_way,
                most_at_once: count.under_way,
            };
            count.under_way > 0
        });
    }
}

/// The headers worth remembering.
pub(super) fn without_secrets(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| !SECRET.contains(&name.as_str()) && *name != header::HOST)
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), value)
        })
        .collect()
}
