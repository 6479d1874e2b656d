//! Bodies made by a payload template: their values are escaped for HTML.

use serde_json::Value;

/// What Handlebars escapes. Cal.com itself turns `&quot;` back (contract, custom `payloadTemplate`).
const ENTITIES: [(&str, &str); 7] = [
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#x27;", "'"),
    ("&#x3D;", "="),
    ("&#x60;", "`"),
    ("&amp;", "&"), // Last: what it uncovers was not escaped.
];

/// Undo the escapes in every text. The depth is that of the parser, at most 127.
pub(super) fn unescape(value: &mut Value) {
    match value {
        Value::String(text) if text.contains('&') => {
            for (entity, character) in ENTITIES {
                *text = text.replace(entity, character);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unescape),
        Value::Object(fields) => fields.values_mut().for_each(unescape),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn escapes_are_undone_once() {
        let mut body =
            json!({"name": "O&#x27;Brien &amp; &amp;lt;Sons", "list": ["a &lt; b"], "n": 1});
        unescape(&mut body);
        assert_eq!(
            body,
            json!({"name": "O'Brien & &lt;Sons", "list": ["a < b"], "n": 1})
        );
    }
}
