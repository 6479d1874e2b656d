//! What callers say about a field: keep it, empty it, fill it.

use serde::{Deserialize, Deserializer};

/// What to do with a field that may be empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Edit<T> {
    /// Leave it alone.
    #[default]
    Keep,
    /// Empty it.
    Clear,
    /// Fill it.
    Set(T),
}

impl<T> Edit<T> {
    /// What to fill it with.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Clear => None,
        }
    }

    /// With another value, if there is one.
    pub fn map<U>(self, map: impl FnOnce(T) -> U) -> Edit<U> {
        match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(map(value)),
        }
    }

    /// The same, unless the value cannot be made.
    pub fn try_map<U, E>(self, map: impl FnOnce(T) -> Result<U, E>) -> Result<Edit<U>, E> {
        Ok(match self {
            Self::Keep => Edit::Keep,
            Self::Clear => Edit::Clear,
            Self::Set(value) => Edit::Set(map(value)?),
        })
    }

    /// Do it.
    pub fn apply(self, slot: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *slot = None,
            Self::Set(value) => *slot = Some(value),
        }
    }
}

/// In JSON an absent field (with `serde(default)`) stays, null empties it.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Edit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let told = Option::deserialize(deserializer)?;
        Ok(told.map_or(Self::Clear, Self::Set))
    }
}
