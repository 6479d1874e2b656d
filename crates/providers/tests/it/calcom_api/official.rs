//! Every request against the official OpenAPI document.

use std::{collections::BTreeSet, fs, path::Path};

use calbridge_providers::calcom_api::{Operation, Profile};
use serde_json::{Map, Value};

use super::every::{AnyCall, every};
use crate::fixtures::Outcome;

/// Where the document is wrong, or older than what we ask. It is of March 2026.
struct Exceptions;

impl Exceptions {
    /// Names in a query that the document does not have.
    fn query(call: &AnyCall, name: &str) -> bool {
        match call.operation {
            // The document lays the list of calendars flat.
            Operation::CalendarsBusyTimes => name.starts_with("calendarsToLoad["),
            // Pages by cursor came with 2026-05-01.
            Operation::BookingsList => {
                call.profile == Profile::Hosted2026 && ["limit", "cursor"].contains(&name)
            }
            // Undocumented; read in the source.
            Operation::SlotsList => name == "rrHostSubsetIds",
            _ => false,
        }
    }

    /// Names that the document demands in a query, and no server does.
    fn required(call: &AnyCall, name: &str) -> bool {
        call.operation == Operation::CalendarsBusyTimes
            && ["credentialId", "externalId"].contains(&name)
    }

    /// Versions that are newer than the document.
    fn version(call: &AnyCall) -> bool {
        call.profile == Profile::Hosted2026
            && call
                .version
                .is_some_and(|version| version.starts_with("2026-"))
    }
}

struct Document(Value);

impl Document {
    fn read() -> Outcome<Option<Self>> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../../shared/contracts/calcom-v2.openapi.json");
        if !path.is_file() {
            return Ok(None);
        }
        Ok(Some(Self(serde_json::from_slice(&fs::read(path)?)?)))
    }

    /// The path of the document that fits best: one with the fewest variables.
    fn operation(&self, call: &AnyCall) -> Option<&Value> {
        let asked: Vec<_> = format!("/v2{}", call.path)
            .split('/')
            .map(str::to_owned)
            .collect();
        let fits = |path: &str| {
            let path: Vec<_> = path.split('/').collect();
            path.len() == asked.len()
                && path
                    .iter()
                    .zip(&asked)
                    .all(|(theirs, ours)| theirs.starts_with('{') || theirs == ours)
        };
        let paths = self.0["paths"].as_object()?;
        let (_, item) = paths
            .iter()
            .filter(|(path, _)| fits(path))
            .min_by_key(|(path, _)| path.matches('{').count())?;
        item.get(call.method.to_lowercase())
    }

    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(reference) => self
                .0
                .pointer(reference.trim_start_matches('#'))
                .unwrap_or(&Value::Null),
            None => schema,
        }
    }

    /// Whether a value is what the schema says, with no field more.
    fn check(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let schema = self.resolve(schema);
        for choice in ["oneOf", "anyOf"] {
            if let Some(choices) = schema[choice].as_array() {
                let all: Vec<_> = choices
                    .iter()
                    .map(|choice| self.check(choice, value, at))
                    .collect();
                if all.iter().any(Result::is_ok) {
                    return Ok(());
                }
                let faults: Vec<_> = all.into_iter().filter_map(Result::err).collect();
                return Err(faults.join(" | "));
            }
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            return Err(format!("{at}: {value} is not one of {words:?}"));
        }
        let fits = match schema["type"].as_str() {
            Some("string") => value.is_string(),
            Some("number" | "integer") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("array") => {
                for item in value.as_array().into_iter().flatten() {
                    self.check(&schema["items"], item, &format!("{at}[]"))?;
                }
                value.is_array()
            }
            _ => return self.check_object(schema, value, at),
        };
        if fits {
            Ok(())
        } else {
            Err(format!("{at}: {value} is no {}", schema["type"]))
        }
    }

    fn check_object(&self, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        let Some(properties) = schema["properties"].as_object() else {
            return Ok(());
        };
        let fields = value.as_object().ok_or(format!("{at}: not an object"))?;
        for (name, value) in fields {
            let at = format!("{at}.{name}");
            let schema = properties.get(name).ok_or(format!("{at}: unknown"))?;
            // `type` is told by its example only.
            if name == "type" && schema["example"].is_string() && schema["example"] != *value {
                return Err(format!("{at}: {value} is not {}", schema["example"]));
            }
            self.check(schema, value, &at)?;
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(name.as_str().unwrap_or_default()) {
                return Err(format!("{at}.{name}: missing"));
            }
        }
        Ok(())
    }

    fn faults(&self, call: &AnyCall) -> Vec<String> {
        let Some(operation) = self.operation(call) else {
            return vec!["no such path and method".to_owned()];
        };
        let mut faults = Vec::new();
        let parameters: Vec<_> = operation["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        let named = |place: &'static str| {
            parameters
                .iter()
                .filter(move |parameter| parameter["in"] == place)
                .filter_map(|parameter| Some((parameter["name"].as_str()?, *parameter)))
        };
        let known: BTreeSet<_> = named("query").map(|(name, _)| name).collect();
        for (name, _) in &call.query {
            if !known.contains(name.as_str()) && !Exceptions::query(call, name) {
                faults.push(format!("unknown in the query: {name}"));
            }
        }
        for (name, parameter) in named("query") {
            let given = call.query.iter().any(|(ours, _)| ours == name);
            if parameter["required"] == true && !given && !Exceptions::required(call, name) {
                faults.push(format!("missing in the query: {name}"));
            }
        }
        let version = named("header").find(|(name, _)| *name == "cal-api-version");
        let expected = version.and_then(|(_, header)| header["schema"]["default"].as_str());
        if expected != call.version && !Exceptions::version(call) {
            faults.push(format!("version {:?}, not {expected:?}", call.version));
        }
        let schema = operation.pointer("/requestBody/content/application~1json/schema");
        let empty = Value::Object(Map::new());
        match (schema, &call.body) {
            (Some(schema), body) => {
                let body = body.as_ref().unwrap_or(&empty);
                faults.extend(self.check(schema, body, "body").err());
            }
            (None, Some(_)) => faults.push("a body where there is none".to_owned()),
            (None, None) => {}
        }
        faults
    }
}

#[test]
fn every_request_is_one_of_the_official_document() -> Outcome {
    let every = every()?;
    let Some(document) = Document::read()? else {
        println!("shared absent: {} not checked", every.len());
        return Ok(());
    };
    let mut wrong = Vec::new();
    for call in &every {
        for fault in document.faults(call) {
            wrong.push(format!(
                "{} {} {} ({}): {fault}",
                call.operation,
                call.method,
                call.path,
                call.profile.as_str()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_check_finds_what_is_wrong() -> Outcome {
    let Some(document) = Document::read()? else {
        println!("shared absent: 1 not checked");
        return Ok(());
    };
    let mut call = every()?
        .into_iter()
        .find(|call| call.operation == Operation::BookingsReschedule)
        .ok_or("no such call")?;
    call.version = Some("2024-06-14");
    call.profile = Profile::Classic;
    call.query.push(("when".to_owned(), String::new()));
    call.body = Some(serde_json::json!({"start": 7}));
    assert_eq!(document.faults(&call).len(), 3);
    call.path.push_str("/again");
    assert_eq!(document.faults(&call), ["no such path and method"]);
    Ok(())
}
