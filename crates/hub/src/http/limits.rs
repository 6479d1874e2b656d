//! The limits of callers, in front of the routes that have them.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    auth,
    problem::{Code, Problem},
};
use crate::{
    app::App,
    config::Networks,
    limits::{Limit, Refused},
};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Let a request in, or say when to come back. Whoever authenticates it finds the caller among its extensions.
pub async fn admit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // A credential that cannot be read is refused where it is read for good.
    let key = auth::shown_key(request.headers()).unwrap_or_default();
    let caller = app.limits.caller(key, address(&app, &request));
    match app.limits.admit(caller, app.clock.now()) {
        Ok(()) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refused) => {
            app.metrics.http.limited(refused.limit);
            Problem::from(refused).into_response()
        }
    }
}

impl From<Refused> for Problem {
    fn from(Refused { limit, retry_after }: Refused) -> Self {
        let detail = match limit {
            Limit::Key => "this key asked too often",
            Limit::Address => "this address asked too often without a key that works",
            Limit::Failures => "this address showed too many keys that do not work",
        };
        Self::new(Code::RateLimited, detail).after(retry_after)
    }
}

fn address(app: &App, request: &Request) -> Option<IpAddr> {
    let ConnectInfo(peer): &ConnectInfo<SocketAddr> = request.extensions().get()?;
    let proxies = &app.config.limits.trusted_proxies;
    Some(behind(peer.ip(), request.headers(), proxies))
}

/// Who stands behind the proxies that are trusted: each appends whom it saw, so the list is read from its end.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let mut address = peer;
    let lists = headers.get_all(FORWARDED_FOR).iter().rev();
    let mut seen = lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.rsplit(','));
    while proxies.contain(address) {
        match seen.next().and_then(|seen| seen.trim().parse().ok()) {
            Some(seen) => address = seen,
            None => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("203.0.113.9", &["198.51.100.1"], "203.0.113.9")]
    #[case("10.0.0.1", &[], "10.0.0.1")]
    #[case("10.0.0.1", &["198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["192.0.2.7, 198.51.100.1, 10.0.0.2"], "198.51.100.1")]
    #[case("10.0.0.1", &["192.0.2.7", "198.51.100.1"], "198.51.100.1")]
    #[case("10.0.0.1", &["unknown"], "10.0.0.1")]
    fn only_trusted_proxies_are_believed(
        #[case] peer: IpAddr,
        #[case] lists: &[&'static str],
        #[case] expected: IpAddr,
    ) {
        let mut headers = HeaderMap::new();
        for list in lists {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(list));
        }
        let proxies = "10.0.0.0/8".parse().unwrap();
        assert_eq!(behind(peer, &headers, &proxies), expected);
    }
}
