//! From the schemas of OpenAPI 3.0 to JSON Schema.

use serde_json::{Map, Value, json};

/// Convert everything in a document, in place.
pub(super) fn to_json_schema(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(to_json_schema),
        Value::Object(fields) => {
            // Examples may look like schemas.
            fields.retain(|name, value| !is_example(name, value));
            fields.values_mut().for_each(to_json_schema);
            convert(fields);
        }
        _ => {}
    }
}

fn is_example(name: &str, value: &Value) -> bool {
    match name {
        "example" | "examples" | "discriminator" => true,
        // A property of that name is a schema, a default is a value.
        "default" => value.get("type").is_none() && value.get("$ref").is_none(),
        _ => false,
    }
}

fn convert(schema: &mut Map<String, Value>) {
    // The document says `oneOf` where several fit, such as a booking and a recurring booking, and tells no
    // discriminator.
    if let Some(choices) = schema.remove("oneOf") {
        schema.insert("anyOf".to_owned(), choices);
    }
    // Written as in JavaScript: between slashes.
    if let Some(Value::String(pattern)) = schema.get_mut("pattern")
        && let Some(inner) = pattern
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
    {
        *pattern = inner.to_owned();
    }
    if schema.remove("nullable") == Some(Value::Bool(true)) {
        allow_null(schema);
    }
}

fn allow_null(schema: &mut Map<String, Value>) {
    let is_bare_object = schema.get("type").and_then(Value::as_str) == Some("object")
        && !schema.contains_key("properties")
        && !schema.contains_key("additionalProperties");
    if is_bare_object {
        // Section 6 of the contract: nullable fields of any type are marked as objects.
        schema.remove("type");
        return;
    }
    let inner = Value::Object(std::mem::take(schema));
    schema.insert("anyOf".to_owned(), json!([inner, { "type": "null" }]));
}
