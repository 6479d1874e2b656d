//! How much the provider still allows, by its own headers.

use std::{collections::BTreeMap, time::Duration};

use http::HeaderMap;

/// How much the provider still allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Quota {
    /// Calls in one window.
    pub limit: u32,
    /// Calls left in this window.
    pub remaining: u32,
    /// When the window ends, or the block after too many calls.
    pub resets_in: Duration,
}

/// The default block; what to wait when the provider does not say.
const BLOCK: Duration = Duration::from_mins(1);
/// Beyond this, it is no number of seconds.
const LONGEST: u64 = 24 * 60 * 60;
/// Some calls have a small limit of their own, which takes the place of the key's in the headers
/// (`Booking_guests_add`, `Booking_attendees_add`) and says nothing about other calls.
const OF_ONE_CALL: &str = "booking_";

/// What the headers allow this key.
///
/// A key may have several limits, each with three headers of its name. A call is refused only when all of them are
/// used up, so the one with the most left counts.
pub(super) fn quota(headers: &HeaderMap) -> Option<Quota> {
    named(headers)
        .into_iter()
        .filter(|(name, _)| !name.starts_with(OF_ONE_CALL))
        .map(|(_, quota)| quota)
        .max_by(|a, b| (a.remaining, b.resets_in).cmp(&(b.remaining, a.resets_in)))
}

/// How long to wait after a refusal: until the first of the limits that were hit frees something.
///
/// Cal.com sends no `Retry-After`; a proxy in front of it may.
pub(super) fn retry_after(headers: &HeaderMap) -> Duration {
    let all = named(headers);
    let first = all.values().map(|quota| quota.resets_in).min();
    let proxy = || number(headers, "retry-after").filter(|seconds| *seconds <= LONGEST);
    first
        .or_else(|| proxy().map(Duration::from_secs))
        .map_or(BLOCK, |wait| wait.max(Duration::from_secs(1)))
}

fn named(headers: &HeaderMap) -> BTreeMap<&str, Quota> {
    headers
        .keys()
        .filter_map(|header| header.as_str().strip_prefix("x-ratelimit-limit-"))
        .filter_map(|name| {
            let of = |what| number(headers, &format!("x-ratelimit-{what}-{name}"));
            let quota = Quota {
                limit: of("limit")?.try_into().ok()?,
                remaining: of("remaining")?.try_into().ok()?,
                // Seconds from now. v1 counted from 1970, and so may a proxy.
                resets_in: of("reset")
                    .filter(|seconds| *seconds <= LONGEST)
                    .map(Duration::from_secs)?,
            };
            Some((name, quota))
        })
        .collect()
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    fn triple(
        name: [&'static str; 3],
        value: [&'static str; 3],
    ) -> Vec<(&'static str, &'static str)> {
        name.into_iter().zip(value).collect()
    }

    const DEFAULT: [&str; 3] = [
        "x-ratelimit-limit-default",
        "x-ratelimit-remaining-default",
        "x-ratelimit-reset-default",
    ];
    const BURST: [&str; 3] = [
        "x-ratelimit-limit-burst",
        "x-ratelimit-remaining-burst",
        "x-ratelimit-reset-burst",
    ];
    const GUESTS: [&str; 3] = [
        "x-ratelimit-limit-booking_guests_add",
        "x-ratelimit-remaining-booking_guests_add",
        "x-ratelimit-reset-booking_guests_add",
    ];

    #[test]
    fn the_limit_with_the_most_left_counts() {
        let both = [
            triple(DEFAULT, ["120", "7", "40"]),
            triple(BURST, ["3", "0", "8"]),
        ]
        .concat();
        let expected = Quota {
            limit: 120,
            remaining: 7,
            resets_in: Duration::from_secs(40),
        };
        assert_eq!(quota(&headers(&both)), Some(expected));
    }

    #[test]
    fn of_used_up_limits_the_first_to_free_something_counts() {
        let both = [
            triple(DEFAULT, ["120", "0", "40"]),
            triple(BURST, ["3", "0", "8"]),
        ]
        .concat();
        let told = headers(&both);
        assert_eq!(
            quota(&told).map(|quota| quota.resets_in),
            Some(Duration::from_secs(8))
        );
        assert_eq!(retry_after(&told), Duration::from_secs(8));
    }

    #[test]
    fn the_limit_of_one_call_is_not_the_keys() {
        let guests = headers(&triple(GUESTS, ["5", "0", "31"]));
        assert_eq!(quota(&guests), None);
        assert_eq!(retry_after(&guests), Duration::from_secs(31));
    }

    #[rstest]
    #[case::nothing(&[], 60)]
    #[case::at_once(&[("x-ratelimit-limit-default", "1"), ("x-ratelimit-remaining-default", "0"), ("x-ratelimit-reset-default", "0")], 1)]
    #[case::an_epoch(&[("x-ratelimit-limit-default", "1"), ("x-ratelimit-remaining-default", "0"), ("x-ratelimit-reset-default", "1795000000")], 60)]
    #[case::negative(&[("x-ratelimit-limit-default", "1"), ("x-ratelimit-remaining-default", "0"), ("x-ratelimit-reset-default", "-4")], 60)]
    #[case::incomplete(&[("x-ratelimit-limit-default", "1"), ("x-ratelimit-reset-default", "4")], 60)]
    #[case::of_a_proxy(&[("retry-after", "17")], 17)]
    fn the_wait_is_always_sensible(
        #[case] told: &[(&'static str, &'static str)],
        #[case] seconds: u64,
    ) {
        assert_eq!(retry_after(&headers(told)), Duration::from_secs(seconds));
    }
}
