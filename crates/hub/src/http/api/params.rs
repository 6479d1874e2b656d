//! Values in queries and bodies: from text to what use cases take.

use std::str::FromStr;

use calbridge_core::{
    lead::LeadStatus,
    person::{EmailAddress, PhoneNumber},
    provider::Provider,
};
use jiff::{
    Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::http::problem::Problem;

/// An instant: RFC 3339, or a date, which means its first instant in UTC.
pub fn instant(field: &str, text: &str) -> Result<Timestamp, Problem> {
    let text = text.trim();
    let read = |text: &str| text.parse::<Timestamp>().ok();
    let date = || {
        let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
        Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp())
    };
    read(text)
        // The `+` of an offset that was not escaped.
        .or_else(|| read(&text.replace(' ', "+")))
        .or_else(date)
        .ok_or_else(|| {
            Problem::invalid(
                field,
                "a time such as 2026-03-02T10:00:00Z or a date such as 2026-03-02",
            )
        })
}

/// `cal.com`, `calcom` or `calendly`.
pub fn provider(field: &str, text: &str) -> Result<Provider, Problem> {
    parsed(field, text)
}

/// An e-mail address.
pub fn email(field: &str, text: &str) -> Result<EmailAddress, Problem> {
    EmailAddress::parse(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// A phone number.
pub fn phone(field: &str, text: &str) -> Result<PhoneNumber, Problem> {
    PhoneNumber::parse(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// A status word, in any case.
pub fn lead_status(field: &str, text: &str) -> Result<LeadStatus, Problem> {
    LeadStatus::parse(text).map_err(|error| Problem::invalid(field, error.to_string()))
}

/// The name of an IANA zone, in its usual spelling.
pub fn time_zone(field: &str, text: &str) -> Result<String, Problem> {
    let known = TimeZoneDatabase::bundled().get(text.trim());
    known
        .ok()
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| Problem::invalid(field, "an IANA time zone such as Europe/Amsterdam"))
}

/// A civil date.
pub fn date(field: &str, text: &str) -> Result<Date, Problem> {
    let text = text.trim();
    text.parse()
        .ok()
        .filter(|_| text.len() == 10)
        .ok_or_else(|| Problem::invalid(field, "a date such as 2026-03-02"))
}

/// A zone to count with, if one is named.
pub fn zone(field: &str, text: Option<&str>) -> Result<Option<TimeZone>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let name = time_zone(field, text)?;
    let known = TimeZoneDatabase::bundled().get(&name);
    known
        .map(Some)
        .map_err(|_| Problem::invalid(field, "an IANA time zone such as Europe/Amsterdam"))
}

/// A text with something in it; one of white space counts as none.
pub fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}

/// A word that knows its own spelling.
pub fn parsed<T>(field: &str, text: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.trim()
        .parse()
        .map_err(|error: T::Err| Problem::invalid(field, error.to_string()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-03-02T10:00:00Z", Some("2026-03-02T10:00:00Z"))]
    #[case("2026-03-02T10:00:00+01:00", Some("2026-03-02T09:00:00Z"))]
    #[case("2026-03-02T10:00:00 01:00", Some("2026-03-02T09:00:00Z"))]
    #[case("2026-03-02", Some("2026-03-02T00:00:00Z"))]
    #[case("2026-02-30", None)]
    #[case("2026-03-02T10:00:00", None)]
    #[case("tomorrow", None)]
    fn an_instant_is_a_time_with_an_offset_or_a_date(
        #[case] text: &str,
        #[case] expected: Option<&str>,
    ) {
        let read = instant("from", text).ok().map(|at| at.to_string());
        assert_eq!(read.as_deref(), expected);
    }

    #[rstest]
    #[case("europe/moscow", Some("Europe/Moscow"))]
    #[case("UTC", Some("UTC"))]
    #[case("Moscow", None)]
    #[case("+03:00", None)]
    fn a_time_zone_is_one_of_iana(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(time_zone("time_zone", text).ok().as_deref(), expected);
    }
}
