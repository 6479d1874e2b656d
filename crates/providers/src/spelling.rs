//! How the providers spell times, links and ids.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// An instant in any of the spellings the providers use.
///
/// Cal.com has `Z` with and without milliseconds, `+00:00` and other offsets (contract, pitfalls); Calendly has
/// microseconds. A time without zone is UTC. What cannot be a meeting of our days is a mistake, and no time.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let instant = text
        .parse::<Timestamp>()
        .ok()
        .or_else(|| without_zone(text))?;
    let year = instant.to_zoned(TimeZone::UTC).year();
    (1990..2200).contains(&year).then_some(instant)
}

fn without_zone(text: &str) -> Option<Timestamp> {
    let (date, clock) = text.split_once(['T', 't', ' '])?;
    let plain = date.len() == 10
        && clock
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b":.".contains(&byte));
    if !plain {
        return None;
    }
    let civil = text.parse::<DateTime>().ok()?;
    civil
        .to_zoned(TimeZone::UTC)
        .ok()
        .map(|zoned| zoned.timestamp())
}

/// A link that may be shown: `http` or `https`, nothing else.
pub(crate) fn link(text: &str) -> Option<&str> {
    let text = text.trim();
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| {
        let start = text.get(..scheme.len())?;
        start
            .eq_ignore_ascii_case(scheme)
            .then(|| &text[scheme.len()..])
    })?;
    let harmless =
        !rest.is_empty() && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    harmless.then_some(text)
}

/// A name of an event without what people spell differently: `BOOKING.CREATED` and `booking_created` are one.
pub(crate) fn event_name(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("2026-09-14T13:00:00Z", Some("2026-09-14T13:00:00Z"))]
    #[case("2026-09-14T13:00:00.000Z", Some("2026-09-14T13:00:00Z"))]
    #[case("2026-09-14T13:00:00+00:00", Some("2026-09-14T13:00:00Z"))]
    #[case("2026-12-21T00:00:00+01:00", Some("2026-12-20T23:00:00Z"))]
    #[case("2026-12-02T15:00:00.000001Z", Some("2026-12-02T15:00:00.000001Z"))]
    #[case("2025-11-25 10:00:00", Some("2025-11-25T10:00:00Z"))]
    #[case(" 2025-11-25T10:00 ", Some("2025-11-25T10:00:00Z"))]
    #[case("2026-09-15 14:05:00 +00:00", None)]
    #[case("2026-09-15T14:05:00+99:00", None)]
    #[case("2026-02-30T10:00:00", None)]
    #[case("2025-11-25", None)]
    #[case("1970-01-01T00:00:00Z", None)]
    #[case("9999-01-01T00:00:00Z", None)]
    #[case("tomorrow", None)]
    #[case("", None)]
    fn every_spelling_of_a_time_is_read(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(time(text).map(|time| time.to_string()).as_deref(), expected);
    }

    #[rstest]
    #[case("https://cal.com/meet/abc", true)]
    #[case("HTTP://example.org", true)]
    #[case("javascript:alert(1)", false)]
    #[case("integrations:daily", false)]
    #[case("https://", false)]
    #[case("https://a b", false)]
    #[case("é", false)]
    fn only_web_links_are_links(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(link(text).is_some(), expected);
    }
}
