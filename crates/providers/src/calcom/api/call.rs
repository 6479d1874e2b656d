//! One request as a value, and reading its answer.

use std::{borrow::Cow, cell::RefCell, fmt};

use calbridge_core::provider::Provider;
use http::{HeaderMap, Method};
use serde_json::Value;

use super::{
    ApiError, Drift, ErrorKind, Operation, Quota,
    drift::Drifts,
    path::{path, with_query},
    quota::quota,
    reader::{Misread, Object, Part, Shape},
    refusal,
    told::Told,
};
use crate::body;

/// One request to a provider's API, and how its answer is read.
///
/// Whoever carries it adds the key, and decides when, how often and how long.
#[derive(Clone)]
pub struct Call<T> {
    /// What is asked.
    pub operation: Operation,
    /// The HTTP method.
    pub method: Method,
    /// The path below `/v2`: begins with `/`, percent-encoded.
    pub path: String,
    /// The query, not encoded yet; see [`Call::path_and_query`].
    pub query: Vec<(Cow<'static, str>, String)>,
    /// The body, to be sent as JSON.
    pub body: Option<Value>,
    /// The header `cal-api-version`; `None`: send none.
    pub version: Option<&'static str>,
    /// Whether it may be repeated.
    pub effect: Effect,
    dialect: &'static Dialect,
    read: Read<T>,
}

/// What one provider's answers have in common.
pub(crate) struct Dialect {
    /// Whose it is.
    pub provider: Provider,
    /// What wraps the data of an answer.
    pub envelope: for<'a> fn(&Part<'a>) -> Result<Object<'a>, Misread>,
    /// What an answer other than 2xx means, and what it says.
    pub refusal: fn(Operation, &Response<'_>, Option<&Value>) -> (ErrorKind, String),
    /// What the headers still allow.
    pub quota: fn(&HeaderMap) -> Option<Quota>,
}

/// How Cal.com answers.
const CALCOM: Dialect = Dialect {
    provider: Provider::CalCom,
    envelope,
    refusal,
    quota,
};

/// How the data of an answer are read.
pub(crate) type Read<T> = fn(&Object<'_>) -> Result<T, Misread>;

/// Whether a call may be repeated when nobody knows what became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It changes nothing.
    Reads,
    /// It changes something: never repeat it blindly.
    Changes,
}

/// What came back. Without `Debug`: a body is full of people.
#[derive(Clone, Copy)]
pub struct Response<'a> {
    /// The HTTP status.
    pub status: u16,
    /// All headers.
    pub headers: &'a HeaderMap,
    /// The body, decompressed.
    pub body: &'a [u8],
}

/// What was asked for, and what else the answer tells.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer<T> {
    /// What was asked for.
    pub value: T,
    /// Where the answer differs from what we know, at most 20 places.
    pub drifts: Vec<Drift>,
    /// What the provider still allows.
    pub quota: Option<Quota>,
    /// The provider's own name for the call, to quote in its support.
    pub request_id: Option<String>,
}

/// `{"status":"success","data":..}`; some calls have no data, and lists may have pages.
const ENVELOPE: Shape = Shape {
    expected: &["status"],
    possible: &["data", "pagination"],
};

pub(super) fn get<T>(
    operation: Operation,
    segments: &[&dyn fmt::Display],
    read: Read<T>,
) -> Call<T> {
    Call::new(operation, Method::GET, segments, read)
}

impl<T> Call<T> {
    pub(super) fn new(
        operation: Operation,
        method: Method,
        segments: &[&dyn fmt::Display],
        read: Read<T>,
    ) -> Self {
        Self::spoken(&CALCOM, operation, method, segments, read)
    }

    /// The same to another provider.
    pub(crate) fn spoken(
        dialect: &'static Dialect,
        operation: Operation,
        method: Method,
        segments: &[&dyn fmt::Display],
        read: Read<T>,
    ) -> Self {
        let effect = if method == Method::GET {
            Effect::Reads
        } else {
            Effect::Changes
        };
        Self {
            operation,
            method,
            path: path(segments),
            query: Vec::new(),
            body: None,
            version: None,
            effect,
            dialect,
            read,
        }
    }

    pub(super) fn version(self, version: Option<&'static str>) -> Self {
        Self { version, ..self }
    }

    pub(super) fn body(self, body: Value) -> Self {
        Self {
            body: Some(body),
            ..self
        }
    }

    pub(crate) fn query(
        mut self,
        name: impl Into<Cow<'static, str>>,
        value: Option<impl fmt::Display>,
    ) -> Self {
        if let Some(value) = value {
            self.query.push((name.into(), value.to_string()));
        }
        self
    }

    /// Path and query, encoded, to be put behind the base URL.
    pub fn path_and_query(&self) -> String {
        with_query(&self.path, &self.query)
    }

    /// Read what came back. No answer makes this panic.
    pub fn read(&self, response: &Response<'_>) -> Result<Answer<T>, ApiError> {
        let body = body::read(self.dialect.provider, None, response.body).ok();
        if !(200..300).contains(&response.status) {
            let (kind, message) = (self.dialect.refusal)(self.operation, response, body.as_ref());
            return Err(response.error(self.dialect, kind, &message));
        }
        let Some(body) = body else {
            let message = "the answer is not a JSON object";
            return Err(response.error(self.dialect, ErrorKind::Down, message));
        };
        let drifts = RefCell::new(Drifts::new(self.operation));
        drifts.borrow_mut().headers(response.headers, self.version);
        let value = (self.dialect.envelope)(&Part::root(&body, &drifts))
            .and_then(|envelope| (self.read)(&envelope))
            .map_err(|misread| response.misread(self.dialect, &misread))?;
        Ok(Answer {
            value,
            drifts: drifts.into_inner().into_found(),
            quota: (self.dialect.quota)(response.headers),
            request_id: response.request_id(),
        })
    }
}

fn envelope<'a>(body: &Part<'a>) -> Result<Object<'a>, Misread> {
    let envelope = body.object(&ENVELOPE)?;
    let status = envelope.need("status")?;
    if status.text()? == "success" {
        Ok(envelope)
    } else {
        Err(status.misread("the word `success`"))
    }
}

fn refusal(
    operation: Operation,
    response: &Response<'_>,
    body: Option<&Value>,
) -> (ErrorKind, String) {
    let told = Told::read(body);
    let kind = refusal::kind(operation, response.status, &told, response.headers);
    let message = match refusal::advice(&kind) {
        Some(advice) => format!("{advice} ({})", told.shown()),
        None => told.shown(),
    };
    (kind, message)
}

impl Response<'_> {
    fn error(&self, dialect: &Dialect, kind: ErrorKind, message: &str) -> ApiError {
        ApiError {
            provider: dialect.provider,
            kind,
            status: self.status,
            message: message.chars().take(300).collect(),
            request_id: self.request_id(),
            quota: (dialect.quota)(self.headers),
        }
    }

    fn misread(&self, dialect: &Dialect, misread: &Misread) -> ApiError {
        let Misread { path, expected } = misread;
        let kind = ErrorKind::Misread { expected };
        self.error(dialect, kind, &format!("expected {expected} at `{path}`"))
    }

    fn request_id(&self) -> Option<String> {
        let id = self.headers.get("x-request-id")?.to_str().ok()?.trim();
        (!id.is_empty()).then(|| id.chars().take(100).collect())
    }
}

/// Query and body hold personal data and secrets, so they are not shown.
impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("operation", &self.operation)
            .field("method", &self.method)
            .field("path", &self.path)
            .field("version", &self.version)
            .field("effect", &self.effect)
            .finish_non_exhaustive()
    }
}
