//! How the world reaches this hub, as far as the settings tell.

use reqwest::Url;

use super::Finding;
use crate::config::Config;

/// Whether providers can send to this hub.
pub fn reach(config: &Config) -> Finding {
    let set = "set server.public_url (CALBRIDGE_PUBLIC_URL), such as https://hub.example.org";
    let Some(text) = config.server.public_url() else {
        return Finding::warn(
            "address",
            "nobody said how providers reach this hub, so webhooks cannot be registered or compared",
            set,
        );
    };
    let Ok(url) = Url::parse(text) else {
        return Finding::fail(
            "address",
            format!("server.public_url {text} is no URL"),
            set,
        );
    };
    if is_here(&url) {
        let says = format!("server.public_url {text} leads to this machine only");
        let remedy = "use a name that the provider can reach, by a reverse proxy or a tunnel; a Cal.com on this machine needs none";
        return Finding::warn("address", says, remedy);
    }
    if url.scheme() != "https" {
        let says = format!(
            "server.public_url {text} is not encrypted: the hosted Cal.com refuses such webhooks"
        );
        return Finding::warn(
            "address",
            says,
            "put a reverse proxy with a certificate in front, and use https://",
        );
    }
    Finding::ok("address", format!("providers send to {text}"))
}

fn is_here(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse::<std::net::IpAddr>() {
        Ok(ip) => ip.is_loopback() || ip.is_unspecified(),
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;
    use crate::checkup::Level;

    #[rstest]
    #[case(None, Level::Warn)]
    #[case(Some("https://hub.example.org"), Level::Ok)]
    #[case(Some("http://hub.example.org"), Level::Warn)]
    #[case(Some("https://localhost:8000"), Level::Warn)]
    #[case(Some("http://[::1]:8000"), Level::Warn)]
    fn what_providers_cannot_reach_is_said(#[case] url: Option<&str>, #[case] expected: Level) {
        let mut config = Config::default();
        config.server.public_url = url.map(str::to_owned);
        assert_eq!(reach(&config).level, expected);
    }
}
