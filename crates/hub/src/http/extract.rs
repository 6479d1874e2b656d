//! Bodies, queries and paths as handlers want them, with problems that say what is wrong and where.

use axum::{
    Json,
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request,
        rejection::{JsonRejection, QueryRejection},
    },
    http::{HeaderMap, header, request::Parts},
};
use serde::de::DeserializeOwned;

use super::{
    body,
    problem::{Code, Problem},
};
use crate::app::App;

/// Bodies of the API, at most.
pub(super) const MOST_BYTES: usize = 1024 * 1024;

/// A JSON body of the right shape.
#[derive(Debug)]
pub struct ValidJson<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for ValidJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !says_json(&parts.headers) {
            return Err(not_json());
        }
        let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
        from_json(&bytes).map(Self)
    }
}

/// A JSON body of the right shape, or nothing at all.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalJson<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        if !says_json(&parts.headers) {
            return Err(not_json());
        }
        from_json(&bytes).map(Self)
    }
}

fn not_json() -> Problem {
    Problem::new(
        Code::UnsupportedMediaType,
        "send the body with `Content-Type: application/json`",
    )
    .at("Content-Type")
}

fn says_json(headers: &HeaderMap) -> bool {
    let Some(content_type) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let essence = content_type
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || (essence.starts_with("application/") && essence.ends_with("+json"))
}

fn from_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let read = Json::<T>::from_bytes(bytes);
    if let Err(JsonRejection::JsonSyntaxError(error)) = &read {
        return Err(Problem::new(Code::MalformedJson, cause(error)));
    }
    // A list would be read as the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        let detail = "the body must be a JSON object";
        return Err(Problem::new(Code::InvalidField, detail));
    }
    match read {
        Ok(Json(value)) => Ok(value),
        Err(rejection) => {
            // What the reader says is `path: message`; without its path it says the message alone.
            let told = cause(&rejection);
            let plain = serde_json::from_slice::<T>(bytes)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            let path = told
                .strip_suffix(&plain)
                .and_then(|path| path.strip_suffix(": "));
            Err(shape(path, &in_terms_of_json(without_position(&plain))))
        }
    }
}

/// A query string of the right shape.
#[derive(Debug)]
pub struct ValidQuery<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<App> for ValidQuery<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(query_problem(&rejection)),
        }
    }
}

/// A query string of the right shape, for handlers that look at it only when they must.
pub fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let uri = axum::http::Uri::builder()
        .path_and_query(format!("/?{query}"))
        .build()
        .map_err(|_| shape(None, "the query cannot be read"))?;
    match Query::<T>::try_from_uri(&uri) {
        Ok(Query(value)) => Ok(value),
        Err(rejection) => Err(query_problem(&rejection)),
    }
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    let told = cause(rejection);
    match told.split_once(": ") {
        Some((name, message)) if is_name(name) => shape(Some(name), message),
        _ => shape(None, &told),
    }
}

fn is_name(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The id in a path. What is not even text names nothing.
#[derive(Debug)]
pub struct AnyId(pub String);

impl FromRequestParts<App> for AnyId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        match Path::<String>::from_request_parts(parts, app).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::not_found("the path names nothing")),
        }
    }
}

/// A value of the wrong shape, at a path if it is known.
fn shape(path: Option<&str>, message: &str) -> Problem {
    let quoted = |before: &str| {
        let rest = message.strip_prefix(before)?;
        rest.split_once('`').map(|(name, _)| name.to_owned())
    };
    if let Some(name) = quoted("unknown field `") {
        // The path names the field already, or what it is in.
        let path = match path {
            Some(path) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
            Some(path) => format!("{path}.{name}"),
            None => name,
        };
        return Problem::new(Code::UnknownField, message).at(path);
    }
    if let Some(name) = quoted("missing field `") {
        let path = path.map_or_else(|| name.clone(), |path| format!("{path}.{name}"));
        return Problem::new(Code::MissingField, message).at(path);
    }
    let problem = Problem::new(Code::InvalidField, message);
    match path {
        Some(path) => problem.at(path),
        None => problem,
    }
}

/// `message at line 1 column 2` without the place: the field says it better.
fn without_position(message: &str) -> &str {
    message
        .rsplit_once(" at line ")
        .map_or(message, |(message, _)| message)
}

/// `expected struct Name` is for people who read our code.
fn in_terms_of_json(message: &str) -> String {
    match message.split_once("expected struct ") {
        Some((before, _)) => format!("{before}expected an object"),
        None => message.to_owned(),
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}
