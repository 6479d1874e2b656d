//! Which addresses a webhook may be sent to.

use std::net::IpAddr;

use reqwest::Url;

use super::refusal::Refusal;
use crate::server::edition::Subscribers;

/// Addresses at which clouds tell machines about themselves are refused by every server.
const METADATA: [&str; 2] = ["169.254.169.254", "metadata.google.internal"];

pub(super) fn check(url: &str, subscribers: Subscribers) -> Result<(), Refusal> {
    let refused = |why: &str| Err(Refusal::bad_request(why.to_owned()));
    let Ok(url) = Url::parse(url) else {
        return refused("subscriberUrl must be a URL address");
    };
    if !["http", "https"].contains(&url.scheme()) {
        return refused("subscriberUrl must be a URL address");
    }
    let host = url.host_str().unwrap_or_default();
    if METADATA.contains(&host) {
        return refused("Webhook URL is not allowed");
    }
    match subscribers {
        Subscribers::Anywhere => Ok(()),
        Subscribers::PublicOnly if url.scheme() == "https" && !is_private(host) => Ok(()),
        Subscribers::PublicOnly => refused("Webhook URL is not allowed"),
    }
}

fn is_private(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    match host.parse() {
        Ok(IpAddr::V4(address)) => {
            address.is_loopback() || address.is_private() || address.is_link_local()
        }
        Ok(IpAddr::V6(address)) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
        Err(_) => host == "localhost" || host.ends_with(".localhost"),
    }
}
