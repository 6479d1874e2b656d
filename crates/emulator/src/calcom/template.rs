//! Custom payload templates: the three forms a subscription's template can turn a message into.

use crate::Delivery;
use crate::json::Json;

/// What a subscription with this `payloadTemplate` receives instead of the message: re-serialized JSON, the
/// literal `false` when a value breaks the JSON, or raw text labelled as a form. `MEETING_*` are never templated.
pub fn apply_template(delivery: &Delivery, template: &str) -> Delivery {
    if template.is_empty() || delivery.event.starts_with("MEETING_") {
        return delivery.clone();
    }
    let message: Json = serde_json::from_slice(&delivery.body).unwrap_or(Json::Null);
    let rendered = render(template, &message);
    let is_json = serde_json::from_str::<Json>(template).is_ok();
    let (content_type, body) = if is_json {
        let result: Json = serde_json::from_str(&rendered).unwrap_or(Json::Bool(false));
        ("application/json", result.to_bytes())
    } else {
        ("application/x-www-form-urlencoded", rendered.into_bytes())
    };
    Delivery {
        content_type: content_type.to_owned(),
        body,
        ..delivery.clone()
    }
}

/// Fill in each `{{path}}`.
fn render(template: &str, message: &Json) -> String {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((path, after)) = after.split_once("}}") else {
            break;
        };
        text.push_str(before);
        text.push_str(&escape(&look_up(message, path.trim())));
        rest = after;
    }
    text.push_str(rest);
    text
}

fn look_up(message: &Json, path: &str) -> String {
    let payload = message.get("payload").unwrap_or(message);
    let is_envelope = ["triggerEvent", "createdAt"].contains(&path);
    let from = if is_envelope || is_nested(message) {
        message
    } else {
        payload
    };
    let found = path.split('.').try_fold(from, Json::get);
    match found {
        None | Some(Json::Absent | Json::Null) => String::new(),
        Some(Json::Text(text)) => text.clone(),
        Some(Json::Object(_)) => "[object Object]".to_owned(),
        Some(other) => String::from_utf8_lossy(&other.to_bytes()).into_owned(),
    }
}

/// Forms, instant meetings and no-shows use `{{payload.x}}`; bookings have no such prefix.
fn is_nested(message: &Json) -> bool {
    match message.get("triggerEvent") {
        Some(Json::Text(trigger)) => ["FORM_", "INSTANT_", "AFTER_", "ROUTING_"]
            .iter()
            .any(|family| trigger.starts_with(family)),
        _ => false,
    }
}

/// HTML escaping in which only the double quote is turned back.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#x27;"),
            '`' => escaped.push_str("&#x60;"),
            '=' => escaped.push_str("&#x3D;"),
            other => escaped.push(other),
        }
    }
    escaped
}
