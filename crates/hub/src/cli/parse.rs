//! Values as people write them on the command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use calbridge_core::{change::Canonical, money::Currency, provider::Provider};
use jiff::{
    SignedDuration, Timestamp,
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};
use secrecy::SecretString;

/// An instant, or how far from now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Moment {
    At(Timestamp),
    Away(SignedDuration),
}

impl Moment {
    /// The instant, where a distance lies ahead.
    pub(super) fn ahead_of(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Away(distance) => now.checked_add(distance).unwrap_or(Timestamp::MAX),
        }
    }

    /// The instant, where a distance lies in the past.
    pub(super) fn before(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Away(distance) => now.checked_sub(distance).unwrap_or(Timestamp::MIN),
        }
    }
}

/// `2026-11-21T09:00:00Z`, `2026-11-21` (UTC), or a distance such as `30d`.
pub(super) fn moment(text: &str) -> Result<Moment, String> {
    if let Ok(at) = instant(text) {
        return Ok(Moment::At(at));
    }
    distance(text).map(Moment::Away).map_err(|_| {
        format!("`{text}` is neither a time such as 2026-11-21T09:00:00Z or 2026-11-21, nor a distance such as 30d or 12h")
    })
}

/// `2026-11-21T09:00:00Z`, with any offset, or `2026-11-21` for its first instant in UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    text.parse::<Date>()
        .ok()
        .filter(|_| text.len() == "2026-11-21".len())
        .and_then(|date| date.to_zoned(TimeZone::UTC).ok())
        .map(|zoned| zoned.timestamp())
        .ok_or_else(|| format!("`{text}` is not a time such as 2026-11-21T09:00:00Z"))
}

/// `30d`, `24h`, `1h30m`: numbers with their units s, m, h, d or w.
pub(super) fn distance(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("`{text}` is not a time span such as 90s, 30m, 24h, 7d or 2w");
    let mut seconds: i64 = 0;
    let mut number = String::new();
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            number.push(c);
            continue;
        }
        let unit = match c {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            'd' => 24 * 3600,
            'w' => 7 * 24 * 3600,
            _ => return Err(wrong()),
        };
        let count: i64 = number.parse().map_err(|_| wrong())?;
        number.clear();
        seconds = count
            .checked_mul(unit)
            .and_then(|part| part.checked_add(seconds))
            .ok_or_else(wrong)?;
    }
    if !number.is_empty() || text.trim().is_empty() {
        return Err(wrong());
    }
    Ok(SignedDuration::from_secs(seconds))
}

/// `calcom` (or `cal.com`) and `calendly`.
pub(super) fn provider(text: &str) -> Result<Provider, String> {
    text.parse()
        .map_err(|error: calbridge_core::provider::UnknownProvider| error.to_string())
}

/// Our own names of events, in any spelling: `no_show`, `No-Show`.
pub(super) fn canonical(text: &str) -> Result<Canonical, String> {
    let word = plain(text);
    Canonical::ALL
        .into_iter()
        .find(|name| plain(name.as_str()) == word)
        .ok_or_else(|| {
            let known: Vec<_> = Canonical::ALL.iter().map(|name| name.as_str()).collect();
            format!("`{text}` is no event; there are {}", known.join(", "))
        })
}

/// A name without what people spell differently: `BOOKING.CREATED` and `booking_created` are one.
pub(super) fn plain(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// The name of an IANA zone, in its usual spelling.
pub(super) fn time_zone(text: &str) -> Result<String, String> {
    let known = TimeZoneDatabase::bundled().get(text.trim());
    known
        .ok()
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| format!("`{text}` is no IANA time zone, such as Europe/Berlin"))
}

/// `EUR`, in any case.
pub(super) fn currency(text: &str) -> Result<Currency, String> {
    Currency::parse(text).map_err(|error| error.to_string())
}

/// A secret, out of sight from the first moment.
#[expect(
    clippy::unnecessary_wraps,
    reason = "what the argument parser asks for"
)]
pub(super) fn secret(text: &str) -> Result<SecretString, std::convert::Infallible> {
    Ok(SecretString::from(text))
}

/// Where to listen: `127.0.0.1:8000`, `[::1]:8000`, `localhost:8000`, or a port of this machine alone.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let port = text
        .strip_prefix("localhost:")
        .unwrap_or(text)
        .trim_start_matches(':');
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    port.parse()
        .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
        .map_err(|_| {
            format!(
                "`{text}` is not an address with a port, such as 127.0.0.1:8000 or 0.0.0.0:8000"
            )
        })
}

/// A probability.
#[cfg(feature = "emulator")]
pub(super) fn probability(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|probability| (0.0..=1.0).contains(probability))
        .ok_or_else(|| format!("`{text}` is not a probability from 0 to 1"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("90s", Some(90))]
    #[case("30m", Some(1800))]
    #[case("24h", Some(86_400))]
    #[case("30d", Some(2_592_000))]
    #[case("2w", Some(1_209_600))]
    #[case("1h30m", Some(5400))]
    #[case("30", None)]
    #[case("h", None)]
    #[case("-3h", None)]
    #[case("3 h", None)]
    #[case("", None)]
    #[case("9999999999999999999w", None)]
    #[case("999999999999999999w", None)]
    fn a_distance_is_numbers_with_units(#[case] text: &str, #[case] seconds: Option<i64>) {
        assert_eq!(distance(text).ok(), seconds.map(SignedDuration::from_secs));
    }

    #[rstest]
    #[case("2026-12-21T00:00:00Z", "2026-12-21T00:00:00Z")]
    #[case("2026-12-21T01:00:00+01:00", "2026-12-21T00:00:00Z")]
    #[case("2026-12-21", "2026-12-21T00:00:00Z")]
    #[case("30d", "2026-12-21T09:00:00Z")]
    fn an_expiry_is_a_time_or_a_distance(#[case] text: &str, #[case] expected: Timestamp) {
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        assert_eq!(moment(text).unwrap().ahead_of(now), expected);
    }

    #[rstest]
    #[case("yesterday")]
    #[case("2026-13-01")]
    #[case("2026-12-21T09:00:00")]
    fn a_time_that_could_be_misread_is_refused(#[case] text: &str) {
        assert!(moment(text).is_err());
    }

    #[test]
    fn a_distance_into_the_past_stops_at_the_beginning_of_time() {
        let far = moment("99999999w").unwrap();
        assert_eq!(far.before(Timestamp::UNIX_EPOCH), Timestamp::MIN);
        assert_eq!(far.ahead_of(Timestamp::UNIX_EPOCH), Timestamp::MAX);
    }

    #[test]
    fn our_events_are_known_in_any_spelling() {
        assert_eq!(canonical("No-Show"), Ok(Canonical::NoShow));
        assert_eq!(canonical("created"), Ok(Canonical::Created));
        assert!(canonical("exploded").unwrap_err().contains("rescheduled"));
    }

    #[rstest]
    #[case("0.0.0.0:8000", Some("0.0.0.0:8000"))]
    #[case("[::1]:80", Some("[::1]:80"))]
    #[case("localhost:8000", Some("127.0.0.1:8000"))]
    #[case(":0", Some("127.0.0.1:0"))]
    #[case("8080", Some("127.0.0.1:8080"))]
    #[case("hub.example:80", None)]
    #[case("127.0.0.1", None)]
    #[case("70000", None)]
    fn an_address_to_listen_on_needs_a_port(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(
            address(text).ok(),
            expected.map(|address| address.parse().unwrap())
        );
    }

    #[cfg(feature = "emulator")]
    #[test]
    fn a_probability_lies_between_never_and_always() {
        assert_eq!(probability("0.25"), Ok(0.25));
        for wrong in ["1.5", "-1", "NaN", "often"] {
            assert!(probability(wrong).is_err(), "{wrong}");
        }
    }
}
