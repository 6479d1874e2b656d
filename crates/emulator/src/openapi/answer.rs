//! Is this answer what the document says?

use serde_json::{Value, json};

use super::exceptions::UNDOCUMENTED;
use super::{Document, Violation, placeholders};

impl Document {
    /// What is wrong with an answer. `path` is the real one, from `/v2` on.
    pub fn check_answer(
        &self,
        method: &str,
        path: &str,
        status: u16,
        body: &Value,
    ) -> Vec<Violation> {
        if status >= 400 {
            return self.check(&error(), body, "body");
        }
        let Some(found) = self.find(method, path) else {
            return undocumented(method, path);
        };
        let responses = found.operation.get("responses");
        let Some(response) = responses.and_then(|all| all.get(status.to_string())) else {
            return vec![Violation::new(
                "status",
                format!("{status} is not documented"),
            )];
        };
        match response.pointer("/content/application~1json/schema") {
            Some(schema) => self.check(schema, body, "body"),
            None => Vec::new(),
        }
    }
}

/// Nothing, if that is known.
pub(super) fn undocumented(method: &str, path: &str) -> Vec<Violation> {
    let path = path.split('?').next().unwrap_or(path);
    let is_known = UNDOCUMENTED.iter().any(|(its_method, its_path, _)| {
        *its_method == method && placeholders(its_path, path).is_some()
    });
    if is_known {
        return Vec::new();
    }
    vec![Violation::new(
        "operation",
        format!("{method} {path} is not documented"),
    )]
}

/// The document has hardly any error answers; 1.3 of the contract has the two forms.
fn error() -> Value {
    json!({ "anyOf": [
        {
            "type": "object",
            "required": ["status", "timestamp", "path", "error"],
            "properties": {
                "status": { "const": "error" },
                "timestamp": { "type": "string" },
                "path": { "type": "string" },
                "error": { "type": "object", "required": ["code", "message"] },
            },
        },
        {
            "type": "object",
            "required": ["statusCode", "message"],
            "properties": {
                "statusCode": { "type": "integer" },
                "message": { "type": "string" },
            },
            "additionalProperties": false,
        },
    ] })
}
