//! From the bytes of a webhook to JSON: repaired where that is safe, refused with advice where it is not.

use std::borrow::Cow;

use calbridge_core::provider::Provider;
use serde_json::Value;

/// A body that is no JSON object.
#[derive(Debug)]
pub(crate) struct NotAnObject {
    /// What it is, when it is JSON at all.
    pub json: Option<Value>,
    /// What the operator should know and do.
    pub reason: String,
}

/// Read the body as a JSON object.
///
/// Repaired are: a byte order mark, bytes that are not UTF-8, halves of surrogate pairs (JavaScript writes them
/// without complaint), and NUL characters, which `PostgreSQL` cannot store.
pub(crate) fn read(
    provider: Provider,
    content_type: Option<&str>,
    body: &[u8],
) -> Result<Value, NotAnObject> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = String::from_utf8_lossy(body);
    if text.trim().is_empty() {
        return Err(refuse(provider, None, "the body is empty"));
    }
    let parsed =
        serde_json::from_str(&text).or_else(|error| match without_lone_surrogates(&text) {
            Cow::Owned(repaired) => serde_json::from_str(&repaired),
            Cow::Borrowed(_) => Err(error),
        });
    match parsed {
        Ok(mut json @ Value::Object(_)) => {
            replace_nul(&mut json);
            Ok(json)
        }
        Ok(mut json) => {
            replace_nul(&mut json);
            let reason = match &json {
                Value::Bool(false) => {
                    "the body is the word `false`, which Cal.com sends when its payload template \
                                       does not make valid JSON"
                }
                Value::Array(_) => "the body is a JSON list, not an object",
                _ => "the body is a single JSON value, not an object",
            };
            Err(refuse(provider, Some(json), reason))
        }
        Err(error) if error.to_string().starts_with("recursion limit exceeded") => Err(refuse(
            provider,
            None,
            "the body nests deeper than 127 levels",
        )),
        Err(_) if is_form(content_type) => Err(refuse(
            provider,
            None,
            "the body is not JSON but the text of a payload template",
        )),
        Err(error) => Err(refuse(
            provider,
            None,
            &format!("the body is not valid JSON ({error})"),
        )),
    }
}

fn refuse(provider: Provider, json: Option<Value>, what: &str) -> NotAnObject {
    let advice = match provider {
        Provider::CalCom => {
            "leave the payload template of the webhook in Cal.com empty, so that it sends the whole booking"
        }
        Provider::Calendly => {
            "only Calendly's own webhook subscriptions send what is understood here"
        }
    };
    NotAnObject {
        json,
        reason: format!("{what}; {advice}"),
    }
}

/// Cal.com changes the label, and nothing else, when a template is no JSON.
fn is_form(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|given| {
        let essence = given.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
    })
}

/// Replace `\ud83d` without its other half by the replacement character. Borrowed when there is nothing to do.
fn without_lone_surrogates(text: &str) -> Cow<'_, str> {
    let mut repaired = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        at += found;
        match unit(&text[at..]) {
            Some(high) if (0xd800..0xdc00).contains(&high) => {
                let low = unit(&text[at + UNIT..]);
                if low.is_some_and(|low| (0xdc00..0xe000).contains(&low)) {
                    at += 2 * UNIT;
                    continue;
                }
            }
            Some(low) if (0xdc00..0xe000).contains(&low) => {}
            Some(_) => {
                at += UNIT;
                continue;
            }
            None => {
                // Any other escape is one character long, `\\` included, but that may be a wide one.
                at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
                continue;
            }
        }
        repaired.push_str(&text[copied..at]);
        repaired.push_str("\\ufffd");
        at += UNIT;
        copied = at;
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    repaired.push_str(&text[copied..]);
    Cow::Owned(repaired)
}

/// The length of `\uXXXX`.
const UNIT: usize = 6;

/// The UTF-16 unit that a text starting with `\uXXXX` names.
fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The depth is that of the parser, at most 127.
fn replace_nul(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('\0') => *text = text.replace('\0', "\u{fffd}"),
        Value::Array(items) => items.iter_mut().for_each(replace_nul),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.contains('\0')) {
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, value)| (name.replace('\0', "\u{fffd}"), value))
                    .collect();
            }
            fields.values_mut().for_each(replace_nul);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    #[rstest]
    #[case(b"\xef\xbb\xbf{\"a\":1}", json!({"a": 1}))]
    #[case(b"{\"a\":\"\xff\"}", json!({"a": "\u{fffd}"}))]
    #[case(br#"{"a":"\ud83d"}"#, json!({"a": "\u{fffd}"}))]
    #[case(br#"{"a":"\udE00x"}"#, json!({"a": "\u{fffd}x"}))]
    #[case(br#"{"a":"\ud83d\ud83d\ude00"}"#, json!({"a": "\u{fffd}😀"}))]
    #[case(br#"{"a":"\\ud83d","b":"\ud83d\n"}"#, json!({"a": "\\ud83d", "b": "\u{fffd}\n"}))]
    #[case(br#"{"a\u0000":["\u0000"]}"#, json!({"a\u{fffd}": ["\u{fffd}"]}))]
    fn a_damaged_body_is_repaired(#[case] body: &[u8], #[case] expected: Value) {
        assert_eq!(read(Provider::CalCom, None, body).unwrap(), expected);
    }

    #[rstest]
    #[case(b"", None, "the body is empty")]
    #[case(b"\xef\xbb\xbf \n", None, "the body is empty")]
    #[case(b"false", None, "the word `false`")]
    #[case(b"[]", None, "a JSON list")]
    #[case(b"7", None, "a single JSON value")]
    #[case(
        b"event=X&uid=1",
        Some("application/x-www-form-urlencoded; charset=utf-8"),
        "a payload template"
    )]
    #[case(b"event=X&uid=1", Some("application/json"), "not valid JSON")]
    #[case("\\é".as_bytes(), None, "not valid JSON")]
    fn what_is_no_object_is_refused_with_advice(
        #[case] body: &[u8],
        #[case] content_type: Option<&str>,
        #[case] expected: &str,
    ) {
        let refused = read(Provider::CalCom, content_type, body).unwrap_err();
        assert!(refused.reason.contains(expected), "{}", refused.reason);
        assert!(
            refused
                .reason
                .contains("payload template of the webhook in Cal.com empty")
        );
    }

    #[test]
    fn the_depth_is_limited() {
        let deep =
            |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(Provider::CalCom, None, deep(126).as_bytes()).is_ok());
        let refused = read(Provider::CalCom, None, deep(100_000).as_bytes()).unwrap_err();
        assert!(
            refused.reason.contains("nests deeper"),
            "{}",
            refused.reason
        );
    }

    #[test]
    fn a_form_label_on_json_changes_nothing() {
        let form = Some("application/x-www-form-urlencoded");
        assert!(read(Provider::CalCom, form, br#"{"uid":"x"}"#).is_ok());
    }
}
