//! Where an answer differs from what we know, without hindering us.

use http::{HeaderMap, HeaderName};

use super::Operation;

/// As many are reported for one answer; the rest is more of the same.
const LIMIT: usize = 20;
/// Words longer than this are no words of an enumeration.
const WORD: usize = 60;
/// Names are cut here.
const PATH: usize = 200;

/// The answer differs from what we know, without hindering us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drift {
    /// What was asked.
    pub operation: Operation,
    /// Where, such as `data[].hosts[].displayEmail`; the name of a header for [`DriftKind::Deprecated`].
    pub path: String,
    /// How.
    pub what: DriftKind,
}

/// How an answer differs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DriftKind {
    /// A field nobody told us of.
    UnknownField,
    /// A field that has always been there is not.
    MissingField,
    /// A word of an enumeration nobody told us of.
    UnknownWord(String),
    /// The server says that this will end, or answered in another version than the one asked for.
    Deprecated(String),
}

/// The differences found in one answer: each once, and not too many.
#[derive(Debug)]
pub(crate) struct Drifts {
    operation: Operation,
    found: Vec<Drift>,
}

impl Drifts {
    pub(crate) fn new(operation: Operation) -> Self {
        Self {
            operation,
            found: Vec::new(),
        }
    }

    pub(crate) fn note(&mut self, path: &str, what: DriftKind) {
        if self.found.len() >= LIMIT {
            return;
        }
        let path = name(path);
        if !self
            .found
            .iter()
            .any(|drift| drift.path == path && drift.what == what)
        {
            self.found.push(Drift {
                operation: self.operation,
                path,
                what,
            });
        }
    }

    pub(crate) fn word(&mut self, path: &str, word: &str) {
        // A text that is no word may be a person's.
        let word = if word
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        {
            cut(word, WORD)
        } else {
            "(not a word)".to_owned()
        };
        self.note(path, DriftKind::UnknownWord(word));
    }

    /// What the headers say about the end of this call, or about its version.
    pub(crate) fn headers(&mut self, headers: &HeaderMap, asked: Option<&str>) {
        const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
        const SUNSET: HeaderName = HeaderName::from_static("sunset");
        const VERSION: HeaderName = HeaderName::from_static("cal-api-version");
        for (name, expected) in [(DEPRECATION, None), (SUNSET, None), (VERSION, asked)] {
            let value = headers.get(&name).and_then(|value| value.to_str().ok());
            if let Some(value) = value.filter(|value| Some(*value) != expected) {
                let value = cut(value, WORD);
                self.note(name.as_str(), DriftKind::Deprecated(value));
            }
        }
    }

    pub(crate) fn into_found(self) -> Vec<Drift> {
        self.found
    }
}

/// A name may be anything, even a person's; what cannot stand in a program is blanked.
fn name(path: &str) -> String {
    path.chars()
        .take(PATH)
        .map(|c| match c {
            '_' | '-' | '.' | '*' | '[' | ']' | '$' => c,
            _ if c.is_ascii_alphanumeric() => c,
            _ => '?',
        })
        .collect()
}

fn cut(text: &str, limit: usize) -> String {
    text.chars().take(limit).collect()
}
