//! What an error answer says, in either of its forms.

use serde_json::Value;

use super::quote::quote;
use crate::fields::Fields;

/// Codes longer than this are none.
const CODE: usize = 64;

/// How an error answer is built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// `{"status":"error","error":{..}}`: nearly all of them.
    Envelope,
    /// `{"statusCode":..,"message":..}`: raised inside the booking engine.
    Bare,
    /// Other JSON.
    Other,
    /// No JSON object at all: a proxy, or a program that is not Cal.com.
    NotJson,
}

/// What an error answer says.
#[derive(Debug)]
pub(super) struct Told {
    pub form: Form,
    /// The provider's word for it.
    pub code: Option<String>,
    /// Its sentence, as sent: not fit to be shown.
    pub text: String,
    /// What it found wrong with single fields, as sent.
    pub faults: Vec<String>,
}

impl Told {
    pub(super) fn read(body: Option<&Value>) -> Self {
        let Some(body) = body.map(Fields::of) else {
            return Self {
                form: Form::NotJson,
                code: None,
                text: String::new(),
                faults: Vec::new(),
            };
        };
        let error = body.within("error");
        let form = if error.exist() {
            Form::Envelope
        } else if body.value("error").is_none() && body.integer("statusCode").is_some() {
            Form::Bare
        } else {
            Form::Other
        };
        let text = [
            error.value("message"),
            body.value("message"),
            body.value("error"),
        ]
        .into_iter()
        .flatten()
        .map(sentence)
        .find(|text| !text.is_empty())
        .unwrap_or_default();
        Self {
            form,
            // The bare form has no code, but some of its messages are one: `booking_limit_reached` (1.3).
            code: error.text("code").or(Some(text.as_str())).and_then(code),
            faults: faults(error),
            text,
        }
    }

    /// What may be shown.
    pub(super) fn shown(&self) -> String {
        if self.form == Form::NotJson {
            return "the answer is not a JSON object".to_owned();
        }
        let mut shown = self.text.clone();
        for fault in &self.faults {
            if !shown.contains(fault) {
                shown = format!("{shown}; {fault}");
            }
        }
        if shown.is_empty() {
            "without a message".to_owned()
        } else {
            quote(&shown)
        }
    }
}

/// A message is a text, or a list of texts.
fn sentence(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(items) => {
            let texts: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            texts.join("; ")
        }
        _ => String::new(),
    }
}

/// A word that programs may compare: no sentence, and nobody's name or address.
fn code(text: &str) -> Option<String> {
    let word = text.len() <= CODE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && text.bytes().any(|byte| byte.is_ascii_alphabetic());
    word.then(|| text.to_owned())
}

/// Validation lists the constraints that each field breaks; the values themselves are left alone.
fn faults(error: Fields<'_>) -> Vec<String> {
    error
        .within("details")
        .objects("errors")
        .filter_map(|fault| fault.value("constraints")?.as_object())
        .flat_map(|constraints| constraints.values())
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .take(10)
        .collect()
}
