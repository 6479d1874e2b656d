//! How the providers spell an instant. Four spellings at Cal.com, one at Calendly.

use jiff::{Timestamp, tz::TimeZone};

/// `2026-11-24T09:00:00Z`
pub(crate) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `2026-11-24T09:00:00.000Z`
pub(crate) fn millis(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// `2026-11-24T09:00:00.000000Z`
pub(crate) fn micros(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// `2026-11-24T09:00:00+00:00`
pub(crate) fn numeric_offset(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// `2026-11-24T10:00:00+01:00`, in the given zone.
pub(crate) fn local(at: Timestamp, zone: &str) -> String {
    at.to_zoned(zone_or_utc(zone))
        .strftime("%Y-%m-%dT%H:%M:%S%:z")
        .to_string()
}

/// Minutes east of UTC in a zone at an instant. A zone nobody knows counts as UTC.
pub(crate) fn utc_offset(zone: &str, at: Timestamp) -> i64 {
    i64::from(zone_or_utc(zone).to_offset(at).seconds() / 60)
}

/// The zone of that name, or UTC.
pub(crate) fn zone_or_utc(zone: &str) -> TimeZone {
    TimeZone::get(zone).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_names_the_same_instant() {
        let at: Timestamp = "2026-07-01T09:00:00.1234567Z".parse().unwrap();
        assert_eq!(seconds(at), "2026-07-01T09:00:00Z");
        assert_eq!(millis(at), "2026-07-01T09:00:00.123Z");
        assert_eq!(micros(at), "2026-07-01T09:00:00.123456Z");
        assert_eq!(numeric_offset(at), "2026-07-01T09:00:00+00:00");
        assert_eq!(local(at, "Europe/Berlin"), "2026-07-01T11:00:00+02:00");
        assert_eq!(utc_offset("Asia/Kathmandu", at), 345);
        assert_eq!(utc_offset("Nowhere/Else", at), 0);
    }
}
