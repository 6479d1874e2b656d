//! Names, addresses and numbers of people.

use serde::{Deserialize, Serialize};

/// An e-mail address in the form that identifies a person: trimmed, lower case.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EmailAddress(String);

/// Not an e-mail address.
#[derive(Debug, thiserror::Error)]
#[error("not an e-mail address")]
pub struct NotAnEmailAddress;

impl EmailAddress {
    /// The longest address that exists (RFC 5321: 64 + 1 + 255).
    const LONGEST: usize = 320;

    /// Check the syntax and normalize.
    ///
    /// The whole address is lowered: no provider that matters tells people apart by case, and leads are unique by it.
    pub fn parse(text: &str) -> Result<Self, NotAnEmailAddress> {
        let text = text.trim();
        if text.len() > Self::LONGEST || text.contains('\0') {
            return Err(NotAnEmailAddress);
        }
        let lowered = text.to_lowercase();
        if email_address::EmailAddress::is_valid(&lowered) && !lowered.contains(['<', '"']) {
            Ok(Self(lowered))
        } else {
            Err(NotAnEmailAddress)
        }
    }

    /// The normalized text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A phone number in E.164 form, such as `+31612345678`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PhoneNumber(String);

/// Not an international phone number.
#[derive(Debug, thiserror::Error)]
#[error("not an international phone number such as +31612345678")]
pub struct NotAPhoneNumber;

impl PhoneNumber {
    /// Accept any spelling of an international number (`+` or `00` first).
    ///
    /// A national number names nobody without a country and is refused. The number must have a possible length;
    /// whether it is assigned is the network's business.
    pub fn parse(text: &str) -> Result<Self, NotAPhoneNumber> {
        let text = text.trim();
        if text.len() > 64 {
            return Err(NotAPhoneNumber);
        }
        let international = match text.strip_prefix("00") {
            Some(rest) => format!("+{rest}"),
            None => text.to_owned(),
        };
        if !international.starts_with('+') {
            return Err(NotAPhoneNumber);
        }
        let digits: String = international.chars().filter(char::is_ascii_digit).collect();
        if !(7..=15).contains(&digits.len()) {
            return Err(NotAPhoneNumber);
        }
        let odd = international
            .chars()
            .skip(1)
            .any(|c| !(c.is_ascii_digit() || " -./()\u{a0}".contains(c)));
        if odd {
            return Err(NotAPhoneNumber);
        }
        // The library drops what people add in print, such as the (0) of +49 (0) 30.
        match rlibphonenumber::PHONE_NUMBER_UTIL.parse(&international, None) {
            Ok(number) => Ok(Self(
                rlibphonenumber::PHONE_NUMBER_UTIL
                    .format(&number, rlibphonenumber::PhoneNumberFormat::E164)
                    .into_owned(),
            )),
            Err(_) => Err(NotAPhoneNumber),
        }
    }

    /// The E.164 text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A person's name: as given, and split.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct PersonName {
    /// The name as one text.
    pub full: String,
    /// First name.
    pub first: String,
    /// Everything else; empty when there is one word.
    pub last: String,
}

impl PersonName {
    /// Split on the first space only: `Mary Jane Smith` is `Mary` and `Jane Smith`.
    pub fn split(full: &str) -> Self {
        let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
        let (first, last) = full.split_once(' ').unwrap_or((&full, ""));
        Self {
            first: first.to_owned(),
            last: last.to_owned(),
            full: full.clone(),
        }
    }

    /// From fields a provider keeps apart; the full name is put together when it is missing.
    pub fn from_fields(
        full: Option<&str>,
        first: Option<&str>,
        last: Option<&str>,
    ) -> Option<Self> {
        let filled = |text: Option<&str>| {
            text.map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let (full, first, last) = (filled(full), filled(first), filled(last));
        match (full, first, last) {
            (Some(full), Some(first), last) => Some(Self {
                full,
                first,
                last: last.unwrap_or_default(),
            }),
            (Some(full), None, _) => Some(Self::split(&full)),
            (None, Some(first), last) => {
                let last = last.unwrap_or_default();
                Some(Self {
                    full: format!("{first} {last}").trim().to_owned(),
                    first,
                    last,
                })
            }
            (None, None, Some(last)) => Some(Self {
                full: last.clone(),
                first: String::new(),
                last,
            }),
            (None, None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("John Doe", "John", "Doe")]
    #[case("Mary Jane Smith", "Mary", "Jane Smith")]
    #[case("Cher", "Cher", "")]
    #[case("  Иван   Петров ", "Иван", "Петров")]
    #[case("山田 太郎", "山田", "太郎")]
    #[case("", "", "")]
    fn a_name_is_split_on_its_first_space(
        #[case] full: &str,
        #[case] first: &str,
        #[case] last: &str,
    ) {
        let name = PersonName::split(full);
        assert_eq!((name.first.as_str(), name.last.as_str()), (first, last));
    }

    #[rstest]
    #[case("Ann@Example.ORG ", Some("ann@example.org"))]
    #[case("пример@пример.рф", Some("пример@пример.рф"))]
    #[case("no at sign", None)]
    #[case("Ann <ann@example.org>", None)]
    #[case("", None)]
    fn an_address_is_normalized(#[case] text: &str, #[case] expected: Option<&str>) {
        let parsed = EmailAddress::parse(text).ok();
        assert_eq!(parsed.as_ref().map(EmailAddress::as_str), expected);
    }

    #[test]
    fn an_endless_address_is_refused() {
        assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(5_000))).is_err());
    }

    #[rstest]
    #[case("+31 6 1234 5678", Some("+31612345678"))]
    #[case("0031612345678", Some("+31612345678"))]
    #[case("+49 (0) 30 901820", Some("+4930901820"))]
    #[case("+79991234567", Some("+79991234567"))]
    #[case("06 1234 5678", None)]
    #[case("+12", None)]
    #[case("anonymous", None)]
    #[case("", None)]
    fn a_number_is_brought_to_e164(#[case] text: &str, #[case] expected: Option<&str>) {
        let parsed = PhoneNumber::parse(text).ok();
        assert_eq!(parsed.as_ref().map(PhoneNumber::as_str), expected);
    }
}
