//! What the provider says, fit to be shown and logged.

/// As many characters are kept.
const LIMIT: usize = 300;

/// The words of the provider on one line, cut, without addresses, phone numbers and keys.
pub(crate) fn quote(text: &str) -> String {
    let mut line = String::new();
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    for word in words {
        if line.len() > LIMIT {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(harmless(word));
    }
    line.chars().take(LIMIT).collect()
}

fn harmless(word: &str) -> &str {
    // An unknown route is quoted with its whole query, where `@` is `%40`.
    if word.contains('@') || word.contains("%40") {
        "[address]"
    } else if holds_phone_number(word) {
        "[number]"
    } else if holds_key(word) {
        "[key]"
    } else {
        word
    }
}

fn holds_phone_number(word: &str) -> bool {
    word.split('+')
        .skip(1)
        .chain(word.split("%2B").skip(1))
        .any(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_digit() || "-().".contains(*c))
                .filter(char::is_ascii_digit)
                .count()
                > 5
        })
}

fn holds_key(word: &str) -> bool {
    let long = word.len() > 20;
    long && (word.contains("cal_") || word.contains("eyJ"))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("No more seats left.", "No more seats left.")]
    #[case("a\n\tb\u{0}c", "a b c")]
    #[case(
        "user ann@example.org is, \"Bo <bo@example.org>\", busy",
        "user [address] is, \"Bo [address] busy"
    )]
    #[case(
        "Cannot GET /v2/x?attendeeEmail=ann%40example.org",
        "Cannot GET [address]"
    )]
    #[case("phone +4790011222 is wrong", "phone [number] is wrong")]
    #[case("phone=%2B4790011222", "[number]")]
    #[case("2026-09-14T09:00:00.000+02:00", "2026-09-14T09:00:00.000+02:00")]
    #[case("key cal_live_0123456789abcdef0123", "key [key]")]
    fn personal_data_is_blanked(#[case] said: &str, #[case] shown: &str) {
        assert_eq!(quote(said), shown);
    }

    #[test]
    fn the_length_is_bounded() {
        assert_eq!(quote(&"é".repeat(1000)).chars().count(), LIMIT);
        assert_eq!(quote(&"ab ".repeat(1000)).chars().count(), LIMIT);
    }
}
