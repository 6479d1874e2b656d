//! One thing that was looked at.

use serde::Serialize;

/// How something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// It was not, and now is.
    Fixed,
    /// It works, but should be looked at.
    Warn,
    /// It is broken.
    Fail,
}

/// One thing that was looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// What was looked at, in a word.
    pub check: &'static str,
    /// How it is.
    pub level: Level,
    /// What is so.
    pub says: String,
    /// What to do about it.
    #[serde(rename = "try", skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(check: &'static str, says: impl Into<String>) -> Self {
        Self {
            check,
            level: Level::Ok,
            says: says.into(),
            remedy: None,
        }
    }

    /// It was mended.
    pub fn fixed(check: &'static str, says: impl Into<String>) -> Self {
        Self {
            level: Level::Fixed,
            ..Self::ok(check, says)
        }
    }

    /// It should be looked at.
    pub fn warn(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Warn,
            remedy: Some(remedy.into()),
            ..Self::ok(check, says)
        }
    }

    /// It is broken.
    pub fn fail(check: &'static str, says: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            level: Level::Fail,
            remedy: Some(remedy.into()),
            ..Self::ok(check, says)
        }
    }
}
