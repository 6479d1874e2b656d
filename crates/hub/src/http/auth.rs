//! Who calls: from headers to a scope that may do what the route is for.

use std::net::{Ipv4Addr, Ipv6Addr};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, Uri, header, request::Parts},
};
use calbridge_core::{
    ids::TenantId,
    scope::{Permission, Scope},
};
use secrecy::{ExposeSecret, SecretString};

use super::problem::{Code, Problem};
use crate::{
    app::App,
    keys::{self, AuthenticateError, Claim},
    limits::Caller,
};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const TENANT_ID: HeaderName = HeaderName::from_static("x-tenant-id");

macro_rules! callers {
    ($($(#[$doc:meta])* $name:ident $permission:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name(pub Scope);

        impl FromRequestParts<App> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
                scope(parts, app, Permission::$permission).await.map(Self)
            }
        }
    )+};
}

callers! {
    /// The scope of a caller who may read.
    Reader Read;
    /// The scope of a caller who may create and change leads and bookings.
    Writer Write;
    /// The scope of a caller who may see and do everything of the tenant.
    Admin Admin;
}

/// Whoever calls what is open to everybody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Anybody {
    /// Somebody with a key that may read.
    Known(Scope),
    /// Somebody without a key of ours, and the tenant they name.
    Unknown(Option<TenantId>),
}

/// Who calls what is open to everybody. A credential of another kind is not a key: pages send that of their own host along.
pub async fn anybody(parts: &Parts, app: &App) -> Result<Anybody, Problem> {
    let claim = claim(&parts.headers, &parts.uri)?;
    let is_ours = |key: &SecretString| key.expose_secret().starts_with(keys::PREFIX);
    if claim.key.as_ref().is_some_and(is_ours) {
        return scope(parts, app, Permission::Read)
            .await
            .map(Anybody::Known);
    }
    Ok(Anybody::Unknown(claim.tenant))
}

/// The scope of a caller, whatever they may do.
pub(super) async fn caller(parts: &Parts, app: &App) -> Result<Scope, Problem> {
    let claim = claim(&parts.headers, &parts.uri)?;
    let found = keys::authenticate(app, claim).await;
    count(parts, app, &found);
    Ok(found?)
}

/// The scope of a caller who may do what is needed.
pub async fn scope(parts: &Parts, app: &App, needed: Permission) -> Result<Scope, Problem> {
    let scope = caller(parts, app).await?;
    if scope.may(needed) {
        Ok(scope)
    } else {
        let word = needed.as_str();
        let detail = format!("this needs the permission `{word}`");
        Err(Problem::new(Code::Forbidden, detail))
    }
}

/// Tell the limits what came of it.
fn count(parts: &Parts, app: &App, found: &Result<Scope, AuthenticateError>) {
    let Some(caller) = parts.extensions.get::<Caller>() else {
        return;
    };
    match found {
        Ok(_) => app.limits.worked(*caller, app.clock.now()),
        Err(AuthenticateError::InvalidKey) => app.limits.failed(*caller, app.clock.now()),
        Err(
            AuthenticateError::Required
            | AuthenticateError::TenantMismatch(_)
            | AuthenticateError::TenantRequired
            | AuthenticateError::UnknownTenant(_)
            | AuthenticateError::Store(_),
        ) => {}
    }
}

impl From<AuthenticateError> for Problem {
    fn from(error: AuthenticateError) -> Self {
        let detail = error.to_string();
        match error {
            AuthenticateError::Required => Self::new(Code::AuthenticationRequired, detail),
            AuthenticateError::InvalidKey => Self::new(Code::InvalidKey, detail),
            AuthenticateError::TenantMismatch(_) => {
                Self::new(Code::TenantMismatch, detail).at("X-Tenant-Id")
            }
            AuthenticateError::TenantRequired => {
                Self::new(Code::TenantRequired, detail).at("X-Tenant-Id")
            }
            AuthenticateError::UnknownTenant(_) => Self::not_found(detail).at("X-Tenant-Id"),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

/// What the headers claim.
fn claim(headers: &HeaderMap, uri: &Uri) -> Result<Claim, Problem> {
    let tenant = match text(headers, &TENANT_ID)? {
        Some(id) => Some(
            id.trim()
                .parse()
                .map_err(|_| unreadable("X-Tenant-Id", "a tenant id is a whole number"))?,
        ),
        None => None,
    };
    Ok(Claim {
        key: shown_key(headers)?.map(SecretString::from),
        tenant,
        near: is_near(headers, uri),
    })
}

/// The key, from either header. Another kind of credential is not a key.
pub(super) fn shown_key(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let plain = text(headers, &API_KEY)?;
    let bearer = text(headers, &header::AUTHORIZATION)?.map(|credential| {
        let (scheme, key) = credential.trim().split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") {
            key.trim()
        } else {
            ""
        }
    });
    match (plain.map(str::trim), bearer) {
        (Some(plain), Some(bearer)) if plain != bearer => Err(unreadable(
            "X-Api-Key",
            "`Authorization` and `X-Api-Key` differ: send one of them",
        )),
        (plain, bearer) => Ok(plain.or(bearer)),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut all = headers.get_all(name).iter();
    let (first, second) = (all.next(), all.next());
    match (first.map(|value| value.to_str()), second) {
        (None, _) => Ok(None),
        (Some(Ok(value)), None) => Ok(Some(value)),
        (Some(_), _) => Err(unreadable(name.as_str(), "send it once, in plain text")),
    }
}

fn unreadable(name: &str, detail: &str) -> Problem {
    Problem::new(Code::InvalidHeader, detail).at(name)
}

/// Whether a browser that was led astray is out of the question: the host is a literal address or `localhost`, which
/// no foreign name can be made to point at, and no other site's page makes the call.
fn is_near(headers: &HeaderMap, uri: &Uri) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .or_else(|| uri.authority().map(axum::http::uri::Authority::as_str));
    let Some(host) = host else { return false };
    let ours = match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .ok()
            .and_then(|origin| origin.split_once("://"))
            .is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host)),
    };
    ours && is_literal(host)
}

/// Whether a host, with or without a port, is `localhost` or an address.
fn is_literal(host: &str) -> bool {
    if let Some(rest) = host.strip_prefix('[') {
        return rest
            .split_once(']')
            .is_some_and(|(address, _)| address.parse::<Ipv6Addr>().is_ok());
    }
    let name = host.split_once(':').map_or(host, |(name, _)| name);
    name.eq_ignore_ascii_case("localhost") || name.parse::<Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("localhost:8000", true)]
    #[case("127.0.0.1", true)]
    #[case("192.168.1.10:8000", true)]
    #[case("[::1]:8000", true)]
    #[case("calbridge.example.org", false)]
    #[case("127.0.0.1.example.org", false)]
    #[case("localhost.example.org", false)]
    #[case("[::1", false)]
    #[case("", false)]
    fn only_literal_hosts_are_near(#[case] host: &str, #[case] near: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_str(host).unwrap());
        assert_eq!(is_near(&headers, &Uri::from_static("/")), near);
    }

    #[rstest]
    #[case("http://localhost:8000", true)]
    #[case("https://example.org", false)]
    #[case("null", false)]
    fn the_page_of_another_site_is_not_near(#[case] origin: &str, #[case] near: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("localhost:8000"));
        headers.insert(header::ORIGIN, HeaderValue::from_str(origin).unwrap());
        assert_eq!(is_near(&headers, &Uri::from_static("/")), near);
    }
}
