//! Query parameters.

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use jiff::Timestamp;

use super::refusal::Refusal;
use crate::server::world::Shared;

/// The query of a request, in its order.
#[derive(Debug, Clone, Default)]
pub(super) struct Params(Vec<(String, String)>);

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) skip: usize,
    pub(super) take: usize,
}

impl Params {
    /// The value of a parameter. An empty one counts as none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// The values of a parameter that is a comma list or given more than once.
    pub(super) fn list(&self, name: &str) -> Option<Vec<&str>> {
        let values: Vec<_> = self
            .0
            .iter()
            .filter(|(key, _)| key == name || key.strip_suffix("[]") == Some(name))
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .collect();
        (!values.is_empty()).then_some(values)
    }

    /// A whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let given = self.get(name).map(str::parse);
        let wrong = |_| Refusal::bad_request(format!("{name} must be a number"));
        given.transpose().map_err(wrong)
    }

    /// Whole numbers in a list.
    pub(super) fn numbers(&self, name: &str) -> Result<Option<Vec<i64>>, Refusal> {
        let Some(given) = self.list(name) else {
            return Ok(None);
        };
        let numbers: Result<_, _> = given.into_iter().map(str::parse).collect();
        numbers
            .map(Some)
            .map_err(|_| Refusal::bad_request(format!("{name} must be numbers")))
    }

    /// An instant.
    pub(super) fn instant(&self, name: &str) -> Result<Option<Timestamp>, Refusal> {
        let wrong = || Refusal::bad_request(format!("{name} must be a valid ISO 8601 date string"));
        self.get(name)
            .map(|given| super::bookings::instant(given).map_err(|_| wrong()))
            .transpose()
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: &[(&str, T)],
    ) -> Result<Option<T>, Refusal> {
        let Some(given) = self.get(name) else {
            return Ok(None);
        };
        let known = words.iter().find(|(word, _)| *word == given);
        known.map(|(_, meant)| Some(*meant)).ok_or_else(|| {
            let words: Vec<_> = words.iter().map(|(word, _)| *word).collect();
            Refusal::bad_request(format!("{name} must be one of: {}", words.join(", ")))
        })
    }

    /// Refuse what is not in the list.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        match self
            .0
            .iter()
            .find(|(key, _)| !names.contains(&key.as_str()))
        {
            Some((stranger, _)) => Err(Refusal::bad_request(format!(
                "property {stranger} should not exist"
            ))),
            None => Ok(()),
        }
    }

    /// All pairs whose name begins and ends like that, such as `calendarsToLoad[0][externalId]`.
    pub(super) fn bracketed(&self, name: &str, field: &str) -> Vec<&str> {
        let (begin, end) = (format!("{name}["), format!("][{field}]"));
        self.0
            .iter()
            .filter(|(key, _)| key.starts_with(&begin) && key.ends_with(&end))
            .map(|(_, value)| value.as_str())
            .collect()
    }

    /// `take` and `skip`.
    pub(super) fn page(&self, usual: i64, most: i64) -> Result<Page, Refusal> {
        let take = self.number("take")?.unwrap_or(usual);
        let skip = self.number("skip")?.unwrap_or(0);
        if !(1..=most).contains(&take) {
            return Err(Refusal::bad_request(format!(
                "take must not be less than 1 nor greater than {most}"
            )));
        }
        match (usize::try_from(take), usize::try_from(skip)) {
            (Ok(take), Ok(skip)) => Ok(Page { skip, take }),
            _ => Err(Refusal::bad_request("skip must not be less than 0")),
        }
    }
}

impl Page {
    /// The items on it.
    pub(super) fn of<T>(self, items: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
        items.into_iter().skip(self.skip).take(self.take)
    }
}

impl FromRequestParts<Shared> for Params {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        Query::try_from_uri(&parts.uri)
            .map(|Query(pairs)| Self(pairs))
            .map_err(|error| Refusal::bad_request(error.body_text()))
    }
}
