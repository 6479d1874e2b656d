//! Where a Cal.com stands.

use std::fmt;

use url::{Host, Url};

/// The base of all calls: `https://api.cal.com/v2`, or the same on a server of one's own.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BaseUrl(String);

/// What the operator should know about a base URL that was accepted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Note {
    /// It named API v1, which is switched off; v2 is used.
    VersionOne,
    /// It named no version; v2 is used.
    NoVersion,
}

/// Why a text is no base URL.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BaseUrlError {
    /// It does not parse, or has no host.
    #[error("not a URL of the form `https://api.cal.com/v2`")]
    NotAUrl,
    /// The key would travel in clear.
    #[error("must begin with `https://`; `http://` is for this machine only")]
    NotEncrypted,
    /// User name and password do not belong there.
    #[error("must not contain a user name or password; the key is given by itself")]
    HasCredentials,
    /// What follows `?` or `#` would end up in every call.
    #[error("must not contain `?` or `#`")]
    HasQuery,
}

impl BaseUrl {
    /// The hosted service.
    pub const CLOUD: &'static str = "https://api.cal.com/v2";
    /// The hosted service for the data region of the European Union.
    pub const EU: &'static str = "https://api.cal.eu/v2";
    /// Calendly.
    pub const CALENDLY: &'static str = "https://api.calendly.com";

    /// Accept `https` anywhere and `http` on this machine; make the path end in `v2`.
    pub fn parse(text: &str) -> Result<(Self, Option<Note>), BaseUrlError> {
        let base = Self::parse_without_version(text)?.0;
        Ok(match base.rsplit_once('/') {
            Some((_, "v2")) => (Self(base), None),
            Some((rest, "v1")) => (Self(format!("{rest}/v2")), Some(Note::VersionOne)),
            _ => (Self(format!("{base}/v2")), Some(Note::NoVersion)),
        })
    }

    /// The same with the path as it is: Calendly's API has no version there.
    pub fn parse_without_version(text: &str) -> Result<Self, BaseUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| BaseUrlError::NotAUrl)?;
        let host = url.host().ok_or(BaseUrlError::NotAUrl)?;
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => is_this_machine(&host),
            _ => return Err(BaseUrlError::NotAUrl),
        };
        if !encrypted {
            return Err(BaseUrlError::NotEncrypted);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::HasCredentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::HasQuery);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }

    /// The URL of a call: its path, which begins with `/`, and query.
    pub fn join(&self, path_and_query: &str) -> String {
        format!("{}{path_and_query}", self.0)
    }

    /// The URL, without a slash at the end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names that only resolve to this machine by convention are not enough: the key would travel in clear.
fn is_this_machine(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::VersionOne => {
                "Cal.com's API v1 is deprecated and switched off on the hosted service; `/v2` is used instead"
            }
            Self::NoVersion => "the URL names no API version; `/v2` is used",
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://api.cal.com/v2", "https://api.cal.com/v2", None)]
    #[case(" https://api.cal.eu/v2/ ", "https://api.cal.eu/v2", None)]
    #[case(
        "https://api.cal.com/v1",
        "https://api.cal.com/v2",
        Some(Note::VersionOne)
    )]
    #[case(
        "https://cal.example.org/api/v1/",
        "https://cal.example.org/api/v2",
        Some(Note::VersionOne)
    )]
    #[case("https://api.cal.com", "https://api.cal.com/v2", Some(Note::NoVersion))]
    #[case("HTTPS://API.cal.com:443/v2", "https://api.cal.com/v2", None)]
    #[case("http://127.0.0.1:5001/v2", "http://127.0.0.1:5001/v2", None)]
    #[case("http://127.9.9.9/v2", "http://127.9.9.9/v2", None)]
    #[case("http://[::1]:5001/v2", "http://[::1]:5001/v2", None)]
    #[case(
        "http://localhost:5001",
        "http://localhost:5001/v2",
        Some(Note::NoVersion)
    )]
    fn a_base_url_ends_in_v2(#[case] text: &str, #[case] base: &str, #[case] note: Option<Note>) {
        let (url, said) = BaseUrl::parse(text).unwrap();
        assert_eq!((url.as_str(), said), (base, note));
        assert_eq!(url.join("/me"), format!("{base}/me"));
    }

    #[rstest]
    #[case("", BaseUrlError::NotAUrl)]
    #[case("api.cal.com/v2", BaseUrlError::NotAUrl)]
    #[case("ftp://api.cal.com/v2", BaseUrlError::NotAUrl)]
    #[case("file:///v2", BaseUrlError::NotAUrl)]
    #[case("http://api.cal.com/v2", BaseUrlError::NotEncrypted)]
    #[case("http://localhost.example.org/v2", BaseUrlError::NotEncrypted)]
    #[case("http://10.0.0.1/v2", BaseUrlError::NotEncrypted)]
    #[case("https://key:secret@api.cal.com/v2", BaseUrlError::HasCredentials)]
    #[case("https://api.cal.com/v2?apiKey=x", BaseUrlError::HasQuery)]
    #[case("https://api.cal.com/v2#x", BaseUrlError::HasQuery)]
    fn what_would_leak_or_mislead_is_refused(#[case] text: &str, #[case] refusal: BaseUrlError) {
        assert_eq!(BaseUrl::parse(text).unwrap_err(), refusal);
    }
}
