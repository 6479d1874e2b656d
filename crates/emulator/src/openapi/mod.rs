//! The official OpenAPI document of Cal.com, for tests: is this answer, is this request, what it says?
//! Where the document is known to be wrong, `exceptions.rs` says how, and why.

mod answer;
mod convert;
mod exceptions;
mod query;
mod request;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde_json::{Map, Value, json};

/// Something that is not as the document has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: `body/data/0/id`, `query/take`, `header/cal-api-version`, `operation`.
    pub at: String,
    /// What is wrong there.
    pub message: String,
}

/// Why the document could not be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the document")]
    Read(#[from] std::io::Error),
    /// The file holds no JSON.
    #[error("the document is not JSON")]
    Parse(#[from] serde_json::Error),
    /// An exception names something the document does not have any more.
    #[error("the document has no {0}, which an exception is about")]
    NoSuchPlace(String),
}

/// The document, ready to check with.
#[derive(Debug)]
pub struct Document {
    schemas: Map<String, Value>,
    paths: Map<String, Value>,
}

impl Document {
    /// Read the document and correct what is known to be wrong in it.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, LoadError> {
        Self::of(serde_json::from_slice(&std::fs::read(path)?)?)
    }

    fn of(mut document: Value) -> Result<Self, LoadError> {
        exceptions::apply(&mut document)?;
        convert::to_json_schema(&mut document);
        let mut take = |pointer: &str| match document.pointer_mut(pointer).map(Value::take) {
            Some(Value::Object(object)) => Ok(object),
            _ => Err(LoadError::NoSuchPlace(pointer.to_owned())),
        };
        Ok(Self {
            schemas: take("/components/schemas")?,
            paths: take("/paths")?,
        })
    }

    /// The operations, such as `GET /v2/bookings/{bookingUid}`.
    pub fn operations(&self) -> impl Iterator<Item = String> {
        self.paths.iter().flat_map(|(path, operations)| {
            let methods = operations.as_object().into_iter().flat_map(Map::keys);
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
    }

    /// The operation of a real path, with the values of its placeholders.
    fn find(&self, method: &str, path: &str) -> Option<Operation<'_>> {
        let path = path.split('?').next().unwrap_or(path);
        self.paths
            .iter()
            .filter_map(|(template, operations)| {
                let names = placeholders(template, path)?;
                let operation = operations.get(method.to_lowercase())?;
                Some(Operation { operation, names })
            })
            // A fixed part wins over a placeholder.
            .min_by_key(|found| found.names.len())
    }

    /// What is wrong with a value. `at` is where it stands.
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Vec<Violation> {
        let mut needed = Map::new();
        self.collect(schema, &mut needed);
        let root = json!({ "allOf": [schema], "components": { "schemas": needed } });
        let validator = match jsonschema::validator_for(&root) {
            Ok(validator) => validator,
            Err(error) => return vec![Violation::new(at, format!("unusable schema: {error}"))],
        };
        validator
            .iter_errors(value)
            .map(|error| Violation::new(&format!("{at}{}", error.instance_path()), error))
            .collect()
    }

    /// The schemas a schema refers to, and those they refer to. With all of them each check would take long.
    fn collect(&self, schema: &Value, needed: &mut Map<String, Value>) {
        match schema {
            Value::Object(fields) => {
                let named = fields.get("$ref").and_then(Value::as_str);
                let name = named.and_then(|named| named.strip_prefix("#/components/schemas/"));
                if let Some((name, target)) =
                    name.and_then(|name| Some((name, self.schemas.get(name)?)))
                    && !needed.contains_key(name)
                {
                    needed.insert(name.to_owned(), target.clone());
                    self.collect(target, needed);
                }
                fields
                    .values()
                    .for_each(|value| self.collect(value, needed));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item, needed)),
            _ => {}
        }
    }
}

struct Operation<'a> {
    operation: &'a Value,
    names: BTreeMap<String, String>,
}

impl Violation {
    fn new(at: &str, message: impl fmt::Display) -> Self {
        Self {
            at: at.to_owned(),
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.message)
    }
}

/// What stands at the placeholders, if the path is of that template.
fn placeholders(template: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    let mut parts = path.split('/');
    for wanted in template.split('/') {
        let part = parts.next()?;
        match wanted
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => {
                names.insert(name.to_owned(), part.to_owned());
            }
            None if wanted == part => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(names)
}
