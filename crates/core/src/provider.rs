//! The scheduling providers.

use serde::{Deserialize, Serialize};

/// A scheduling provider. Stored and shown as `cal.com` and `calendly`; written `calcom` in paths and commands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Provider {
    /// Cal.com, hosted or self-hosted.
    #[serde(rename = "cal.com")]
    CalCom,
    /// Calendly.
    #[serde(rename = "calendly")]
    Calendly,
}

impl Provider {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CalCom => "cal.com",
            Self::Calendly => "calendly",
        }
    }

    /// The word in paths and commands.
    pub fn slug(self) -> &'static str {
        match self {
            Self::CalCom => "calcom",
            Self::Calendly => "calendly",
        }
    }
}

impl std::fmt::Display for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The word names no provider.
#[derive(Debug, thiserror::Error)]
#[error("unknown provider `{0}`: use calcom or calendly")]
pub struct UnknownProvider(String);

impl std::str::FromStr for Provider {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "cal.com" | "calcom" => Ok(Self::CalCom),
            "calendly" => Ok(Self::Calendly),
            _ => Err(UnknownProvider(text.to_owned())),
        }
    }
}
