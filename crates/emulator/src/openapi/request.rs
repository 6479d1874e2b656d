//! Is this request what the document says?

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::undocumented;
use super::exceptions::{FIELDS, PARAMETERS};
use super::{Document, Violation, placeholders, query};

impl Document {
    /// What is wrong with a request. `path` is the real one, from `/v2` on; header names may be in any case.
    pub fn check_request(
        &self,
        method: &str,
        path: &str,
        query: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Vec<Violation> {
        let Some(found) = self.find(method, path) else {
            return undocumented(method, path);
        };
        let pairs = query::pairs(query);
        let mut wrong = Vec::new();
        let mut known = BTreeSet::new();
        let parameters = found.operation.get("parameters").and_then(Value::as_array);
        for parameter in parameters.into_iter().flatten() {
            let text = |key: &str| {
                parameter
                    .get(key)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
            };
            let (place, name) = (text("in"), text("name"));
            let values: Vec<&str> = match place {
                "path" => found
                    .names
                    .get(name)
                    .map(String::as_str)
                    .into_iter()
                    .collect(),
                "header" => headers
                    .iter()
                    .filter(|(given, _)| given.eq_ignore_ascii_case(name))
                    .map(|(_, value)| *value)
                    .collect(),
                _ => {
                    known.insert(name);
                    let of_name = pairs.iter().filter(|(key, _)| key == name);
                    of_name.map(|(_, value)| value.as_str()).collect()
                }
            };
            let at = format!("{place}/{name}");
            let is_required = parameter.get("required") == Some(&Value::Bool(true));
            if values.is_empty() && is_required {
                wrong.push(Violation::new(&at, "is missing"));
            }
            if let (false, Some(schema)) = (values.is_empty(), parameter.get("schema")) {
                let value = query::typed(schema, &values);
                wrong.extend(self.check(schema, &value, &at));
            }
        }
        for (name, _) in &pairs {
            let base = name.split('[').next().unwrap_or(name);
            if !known.contains(name.as_str()) && !is_excepted(&PARAMETERS, method, path, base) {
                wrong.push(Violation::new(
                    &format!("query/{name}"),
                    "is not documented",
                ));
            }
        }
        let schema = found
            .operation
            .pointer("/requestBody/content/application~1json/schema");
        match (schema, body) {
            (Some(schema), Some(body)) => {
                wrong.extend(self.check(schema, body, "body"));
                wrong.extend(self.strangers(schema, method, path, body));
            }
            (Some(_), None) => wrong.push(Violation::new("body", "is missing")),
            (None, Some(body)) if body.as_object().is_none_or(|fields| !fields.is_empty()) => {
                wrong.push(Violation::new("body", "is not documented"));
            }
            (None, _) => {}
        }
        wrong
    }

    /// Fields no form of the body has: some endpoints refuse them, the others drop them without a word.
    fn strangers(&self, schema: &Value, method: &str, path: &str, body: &Value) -> Vec<Violation> {
        let mut names = BTreeSet::new();
        self.property_names(schema, &mut names);
        let fields = body.as_object().into_iter().flatten();
        fields
            .filter(|(name, _)| !names.contains(name.as_str()))
            .filter(|(name, _)| !is_excepted(&FIELDS, method, path, name))
            .map(|(name, _)| Violation::new(&format!("body/{name}"), "is not documented"))
            .collect()
    }

    fn property_names<'a>(&'a self, schema: &'a Value, names: &mut BTreeSet<&'a str>) {
        let properties = schema.get("properties").and_then(Value::as_object);
        names.extend(
            properties
                .into_iter()
                .flatten()
                .map(|(name, _)| name.as_str()),
        );
        for key in ["anyOf", "allOf"] {
            let choices = schema.get(key).and_then(Value::as_array);
            for choice in choices.into_iter().flatten() {
                self.property_names(choice, names);
            }
        }
        let reference = schema.get("$ref").and_then(Value::as_str);
        let target = reference
            .and_then(|text| text.strip_prefix("#/components/schemas/"))
            .and_then(|name| self.schemas.get(name));
        if let Some(target) = target {
            self.property_names(target, names);
        }
    }
}

fn is_excepted(exceptions: &[(&str, &str, &str)], method: &str, path: &str, name: &str) -> bool {
    exceptions.iter().any(|(its_method, its_path, its_name)| {
        *its_method == method && *its_name == name && placeholders(its_path, path).is_some()
    })
}
