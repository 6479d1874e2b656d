//! Query strings, and texts read as the type the document wants.

use serde_json::Value;

/// The pairs of a query string, decoded.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    query
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), decoded(value))
        })
        .collect()
}

/// The value a text stands for: numbers and truth values as such, comma lists and repetitions as lists.
pub(super) fn typed(schema: &Value, given: &[&str]) -> Value {
    let kind = schema.get("type").and_then(Value::as_str);
    if kind == Some("array") {
        let items = schema.get("items").unwrap_or(&Value::Null);
        let parts = given.iter().flat_map(|value| value.split(','));
        return parts.map(|part| typed(items, &[part])).collect();
    }
    let text = given.first().copied().unwrap_or_default();
    let literal = || serde_json::from_str::<Value>(text).ok();
    match kind {
        Some("number" | "integer") => literal().filter(Value::is_number),
        Some("boolean") => literal().filter(Value::is_boolean),
        _ => None,
    }
    .unwrap_or_else(|| Value::from(text))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => bytes.push(b' '),
            b'%' if rest.len() >= 2 => {
                let mut byte = [0];
                match hex::decode_to_slice(&rest[..2], &mut byte) {
                    Ok(()) => {
                        bytes.push(byte[0]);
                        rest = &rest[2..];
                    }
                    Err(_) => bytes.push(b'%'),
                }
            }
            other => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
