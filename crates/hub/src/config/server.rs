//! Section `server`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// Where to listen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port of the API and the webhooks.
    pub listen: SocketAddr,
    /// How providers and people reach this hub from outside, such as `https://hub.example.org`. Webhooks that are
    /// registered for a connection go there.
    pub public_url: Option<String>,
    /// How long requests under way may take to finish when stopping, in seconds.
    pub stop_seconds: u64,
    /// Client connections at once, at most, and never more than the process has file handles for. Further ones wait.
    pub max_open: usize,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8000),
            public_url: None,
            stop_seconds: 20,
            max_open: 4096,
        }
    }
}

impl Server {
    /// The public URL, without a slash at its end.
    pub fn public_url(&self) -> Option<&str> {
        let url = self.public_url.as_deref()?.trim().trim_end_matches('/');
        (!url.is_empty()).then_some(url)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let Some(url) = self.public_url() else {
            return Ok(());
        };
        let is_fine = reqwest::Url::parse(url).is_ok_and(|url| {
            ["http", "https"].contains(&url.scheme())
                && url.has_host()
                && url.query().is_none()
                && url.fragment().is_none()
                && url.username().is_empty()
        });
        if is_fine {
            Ok(())
        } else {
            Err(format!(
                "server.public_url `{url}` is not a URL of the form `https://hub.example.org`"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://hub.example.org/", true)]
    #[case("http://192.0.2.1:8000/calbridge", true)]
    #[case("hub.example.org", false)]
    #[case("ftp://hub.example.org", false)]
    #[case("https://hub.example.org/?a=1", false)]
    #[case("https://ann@hub.example.org", false)]
    fn a_public_url_is_one_that_others_can_append_a_path_to(#[case] url: &str, #[case] fine: bool) {
        let server = Server {
            public_url: Some(url.to_owned()),
            ..Server::default()
        };
        assert_eq!(server.check().is_ok(), fine);
    }
}
