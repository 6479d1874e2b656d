//! Checking the answers to an event type's questions.

use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::calcom::{CustomField, EventType, FieldForm};

/// Unknown slugs are fine: they are stored and never shown.
pub(super) fn check(event_type: &EventType, given: &Map<String, Value>) -> Result<(), Refusal> {
    for field in &event_type.fields {
        match given.get(&field.slug) {
            None | Some(Value::Null) if field.required => {
                return Err(Refusal::bad_request(format!(
                    "Missing required booking field response: {}",
                    field.slug
                )));
            }
            None | Some(Value::Null) => {}
            Some(value) => check_one(field, value)?,
        }
    }
    Ok(())
}

fn check_one(field: &CustomField, value: &Value) -> Result<(), Refusal> {
    let is_option = |options: &[String], value: &Value| {
        value
            .as_str()
            .is_some_and(|given| options.iter().any(|option| option == given))
    };
    let fits = match &field.form {
        FieldForm::Text | FieldForm::Textarea | FieldForm::Phone | FieldForm::Url => {
            value.is_string()
        }
        FieldForm::Number => value.is_number(),
        FieldForm::Boolean => value.is_boolean(),
        FieldForm::Select(options) | FieldForm::Radio(options) => is_option(options, value),
        FieldForm::Multiselect(options) | FieldForm::Checkbox(options) => value
            .as_array()
            .is_some_and(|given| given.iter().all(|one| is_option(options, one))),
    };
    if fits {
        return Ok(());
    }
    Err(Refusal::bad_request(format!(
        "Invalid type or option of booking field response: {}",
        field.slug
    )))
}
