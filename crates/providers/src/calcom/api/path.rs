//! Paths and queries, encoded so that a value from outside cannot leave its place.

use std::{borrow::Cow, fmt::Display};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

/// What stays as it is in a segment.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A path of these segments, each encoded.
pub(crate) fn path(segments: &[&dyn Display]) -> String {
    segments
        .iter()
        .flat_map(|segment| ["/".to_owned(), encoded(&segment.to_string())])
        .collect()
}

fn encoded(segment: &str) -> String {
    match segment {
        // No segment at all would name the list instead of the item.
        "" => "%20".to_owned(),
        // Clients take these away, also as `%2e`, and the segment before them too. Encoded twice they reach the
        // server as a name that nothing has.
        "." | ".." => segment.replace('.', "%252E"),
        other => utf8_percent_encode(other, SEGMENT).to_string(),
    }
}

/// A path with its query.
pub(crate) fn with_query(path: &str, query: &[(Cow<'static, str>, String)]) -> String {
    if query.is_empty() {
        return path.to_owned();
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use url::Url;

    use super::*;

    #[rstest]
    #[case("4DChCZjFhcpnTAd4WhoAgC", "/bookings/4DChCZjFhcpnTAd4WhoAgC/cancel")]
    #[case("a/b", "/bookings/a%2Fb/cancel")]
    #[case("a?b#c", "/bookings/a%3Fb%23c/cancel")]
    #[case("..", "/bookings/%252E%252E/cancel")]
    #[case(".", "/bookings/%252E/cancel")]
    #[case("%2e%2e", "/bookings/%252e%252e/cancel")]
    #[case("", "/bookings/%20/cancel")]
    #[case("zoë", "/bookings/zo%C3%AB/cancel")]
    #[case("a\\..\\b", "/bookings/a%5C..%5Cb/cancel")]
    fn a_segment_cannot_be_left(#[case] uid: &str, #[case] expected: &str) {
        let path = path(&[&"bookings", &uid, &"cancel"]);
        assert_eq!(path, expected);
        let url = Url::parse(&format!("https://api.example.org/v2{path}")).unwrap();
        assert_eq!(url.path(), format!("/v2{expected}"));
    }

    #[test]
    fn a_query_is_encoded() {
        let query = [
            (
                Cow::from("calendarsToLoad[0][externalId]"),
                "a&b=c".to_owned(),
            ),
            (
                Cow::from("start"),
                "2026-09-14T09:00:00.000+02:00".to_owned(),
            ),
        ];
        assert_eq!(
            with_query("/slots", &query),
            "/slots?calendarsToLoad%5B0%5D%5BexternalId%5D=a%26b%3Dc&start=2026-09-14T09%3A00%3A00.000%2B02%3A00"
        );
        assert_eq!(with_query("/me", &[]), "/me");
    }
}
