//! Where the webhooks of a connection go.

use calbridge_store::connections::Connection;
use reqwest::Url;

use crate::app::App;

/// The documented URLs that all Cal.com connections share.
const SHARED: [&str; 4] = [
    "/webhooks/calcom",
    "/api/webhooks/calcom",
    "/functions/v1/cal-webhook",
    "/cal-webhook",
];

/// Where the webhooks of a connection go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Address {
    /// The path of the connection's own URL.
    path: String,
    /// The beginning of every URL of this hub, if it is known.
    public: Option<String>,
}

/// At which of our URLs a webhook arrives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// The connection's own, as it should be.
    Own,
    /// The connection's own path, at another host or scheme than the settings say.
    Elsewhere,
    /// One that all connections share.
    Shared,
}

impl Address {
    /// That of a connection.
    pub fn of(app: &App, connection: &Connection) -> Self {
        Self {
            path: connection.webhook_path(),
            public: app.config.server.public_url().map(str::to_owned),
        }
    }

    /// The connection's own URL; `None` when nobody said how this hub is reached.
    pub fn url(&self) -> Option<String> {
        let public = self.public.as_deref()?;
        Some(format!("{public}{}", self.path))
    }

    /// Which of our doors a URL leads to, if any. The own path holds a random token, so it is ours at whatever host.
    pub(super) fn door(&self, url: &str) -> Option<Door> {
        let url = url.trim().trim_end_matches('/');
        if self.url().is_some_and(|own| same(&own, url)) {
            return Some(Door::Own);
        }
        let path = Url::parse(url).ok().map(|url| url.path().to_owned());
        if path.is_some_and(|path| path.ends_with(&self.path)) {
            return Some(match self.public {
                Some(_) => Door::Elsewhere,
                // There is nothing to compare with.
                None => Door::Own,
            });
        }
        let public = self.public.as_deref()?;
        SHARED
            .iter()
            .any(|path| same(&format!("{public}{path}"), url))
            .then_some(Door::Shared)
    }
}

/// The same, whatever the spelling of the host.
fn same(one: &str, other: &str) -> bool {
    match (Url::parse(one), Url::parse(other)) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        Some("https://hub.example.org"),
        "https://hub.example.org/hooks/abc",
        Some(Door::Own)
    )]
    #[case(
        Some("https://hub.example.org"),
        "https://HUB.example.org:443/hooks/abc/",
        Some(Door::Own)
    )]
    #[case(
        Some("https://hub.example.org"),
        "http://hub.example.org/hooks/abc",
        Some(Door::Elsewhere)
    )]
    #[case(
        Some("https://hub.example.org"),
        "https://hub.example.org/cal-webhook",
        Some(Door::Shared)
    )]
    #[case(
        Some("https://hub.example.org"),
        "https://other.example.org/cal-webhook",
        None
    )]
    #[case(
        Some("https://hub.example.org"),
        "https://hub.example.org/hooks/other",
        None
    )]
    #[case(
        Some("https://example.org/hub"),
        "https://example.org/hub/hooks/abc",
        Some(Door::Own)
    )]
    #[case(None, "https://anywhere.example.org/hooks/abc", Some(Door::Own))]
    #[case(None, "https://anywhere.example.org/cal-webhook", None)]
    fn our_webhooks_are_told_from_others(
        #[case] public: Option<&str>,
        #[case] url: &str,
        #[case] expected: Option<Door>,
    ) {
        let address = Address {
            path: "/hooks/abc".to_owned(),
            public: public.map(str::to_owned),
        };
        assert_eq!(address.door(url), expected);
    }
}
