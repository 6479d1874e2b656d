//! Amounts of money: whole minor units of a currency inside, decimals for people.

/// An ISO 4217 code in its usual spelling, such as `EUR`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Currency([u8; 3]);

/// Not the code of a currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a currency is three letters, such as EUR")]
pub struct NotACurrency;

/// Not an amount of that currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "an amount of this currency is 0 or more, with at most {digits} decimals, such as {example}"
)]
pub struct NotAnAmount {
    digits: u32,
    example: &'static str,
}

/// Currencies whose minor unit is not a hundredth (ISO 4217).
const EXCEPTIONS: [(u32, &[&str]); 3] = [
    (
        0,
        &[
            "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI",
            "VND", "VUV", "XAF", "XOF", "XPF",
        ],
    ),
    (3, &["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"]),
    (4, &["CLF", "UYW"]),
];

/// With most currencies a hundredth.
const USUAL_DIGITS: u32 = 2;

impl Currency {
    /// Three letters in any case.
    pub fn parse(text: &str) -> Result<Self, NotACurrency> {
        let text = text.trim().to_ascii_uppercase();
        match <[u8; 3]>::try_from(text.as_bytes()) {
            Ok(code) if code.iter().all(u8::is_ascii_uppercase) => Ok(Self(code)),
            _ => Err(NotACurrency),
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        // Three ASCII letters, as `parse` has seen to.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals its amounts have.
    pub fn digits(self) -> u32 {
        EXCEPTIONS
            .iter()
            .find(|(_, codes)| codes.contains(&self.as_str()))
            .map_or(USUAL_DIGITS, |(digits, _)| *digits)
    }
}

/// The decimals of amounts in a currency; of one that nobody named, the usual ones.
fn digits(currency: Option<Currency>) -> u32 {
    currency.map_or(USUAL_DIGITS, Currency::digits)
}

/// `5000` of EUR is `50.00`, of JPY `5000`.
pub fn decimal(minor: i64, currency: Option<Currency>) -> String {
    let digits = digits(currency);
    if digits == 0 {
        return minor.to_string();
    }
    let unit = 10_u64.pow(digits);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    let width = digits as usize;
    format!("{sign}{whole}.{part:0width$}")
}

/// `50.00`, `50.0` and `50` of EUR are 5000. More decimals than the currency has are refused, unless they are zeros.
pub fn minor_units(text: &str, currency: Option<Currency>) -> Result<i64, NotAnAmount> {
    let digits = digits(currency);
    let wrong = NotAnAmount {
        digits,
        example: match digits {
            0 => "5000",
            3 => "50.000",
            4 => "50.0000",
            _ => "50.00",
        },
    };
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let part = part.trim_end_matches('0');
    let numeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(part) || part.len() > digits as usize {
        return Err(wrong);
    }
    // Only digits are left: what fails is too large.
    let padded = format!("{whole}{part:0<width$}", width = digits as usize);
    padded.parse().map_err(|_| wrong)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    fn code(text: &str) -> Option<Currency> {
        Some(Currency::parse(text).unwrap())
    }

    #[rstest]
    #[case(5000, "EUR", "50.00")]
    #[case(5, "eur", "0.05")]
    #[case(0, "USD", "0.00")]
    #[case(5000, "JPY", "5000")]
    #[case(5000, "KWD", "5.000")]
    #[case(-150, "EUR", "-1.50")]
    fn an_amount_has_the_decimals_of_its_currency(
        #[case] minor: i64,
        #[case] currency: &str,
        #[case] shown: &str,
    ) {
        assert_eq!(decimal(minor, code(currency)), shown);
    }

    #[rstest]
    #[case("50.00", "EUR", Some(5000))]
    #[case("50.0", "EUR", Some(5000))]
    #[case("50", "EUR", Some(5000))]
    #[case("50.000", "EUR", Some(5000))]
    #[case("50.005", "EUR", None)]
    #[case("50.", "EUR", Some(5000))]
    #[case(".5", "EUR", None)]
    #[case("-1", "EUR", None)]
    #[case("1e3", "EUR", None)]
    #[case("5000", "JPY", Some(5000))]
    #[case("5000.0", "JPY", Some(5000))]
    #[case("50.5", "JPY", None)]
    #[case("5.125", "KWD", Some(5125))]
    #[case("99999999999999999999", "EUR", None)]
    #[case("", "EUR", None)]
    fn a_decimal_is_read_exactly_or_refused(
        #[case] text: &str,
        #[case] currency: &str,
        #[case] minor: Option<i64>,
    ) {
        assert_eq!(minor_units(text, code(currency)).ok(), minor);
    }

    #[rstest]
    #[case("eur", Some("EUR"))]
    #[case(" usd ", Some("USD"))]
    #[case("EURO", None)]
    #[case("€€€", None)]
    #[case("", None)]
    fn a_currency_is_three_letters(#[case] text: &str, #[case] code: Option<&str>) {
        let parsed = Currency::parse(text).ok();
        assert_eq!(parsed.as_ref().map(Currency::as_str), code);
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(minor in 0..i64::MAX / 10_000, currency in "EUR|JPY|KWD|CLF") {
            let currency = code(&currency);
            prop_assert_eq!(minor_units(&decimal(minor, currency), currency), Ok(minor));
        }
    }
}
