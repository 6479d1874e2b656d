//! What a body must not carry into our tables: one-time passwords, passwords of rooms and their tokens.

use serde_json::Value;

/// Remove secrets, wherever they are.
///
/// `oneTimePassword` is the key to the confirm and decline links of `BOOKING_REQUESTED`; `videoCallData` carries
/// a room token; Calendly gives Zoom's password in `location.data`. The depth is that of the parser, at most 127.
pub(crate) fn redact(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(redact),
        Value::Object(fields) => {
            fields.retain(|name, _| !is_password(name));
            for (name, value) in fields {
                if name == "videoCallData" {
                    remove_tokens(value);
                }
                redact(value);
            }
        }
        _ => {}
    }
}

fn is_password(name: &str) -> bool {
    ["oneTimePassword", "password", "meetingPassword"]
        .iter()
        .any(|secret| name.eq_ignore_ascii_case(secret))
}

/// Tokens, under any name.
fn remove_tokens(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(remove_tokens),
        Value::Object(fields) => {
            fields.retain(|name, _| !name.to_ascii_lowercase().contains("token"));
            fields.values_mut().for_each(remove_tokens);
        }
        Value::String(text) if holds_token(text) => {
            // A link without its query still leads to the room's door.
            let door = text.split('?').next().unwrap_or_default();
            *value = if holds_token(door) {
                Value::Null
            } else {
                Value::from(door)
            };
        }
        _ => {}
    }
}

/// A JSON Web Token, by itself or as a part of a link.
fn holds_token(text: &str) -> bool {
    text.split(['?', '&', '=', '/', '#'])
        .any(|part| part.starts_with("eyJ") && part.matches('.').count() == 2)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn passwords_and_tokens_are_removed_at_any_depth() {
        let mut body = json!({
            "oneTimePassword": "4f394e9c",
            "payload": {
                "videoCallData": {
                    "type": "daily_video",
                    "id": "eyJhbGciOi.eyJyb29t.c2ln",
                    "password": "secret",
                    "accessToken": "secret",
                    "url": "https://rooms.example/a?t=eyJhbGciOi.eyJyb29t.c2ln",
                },
                "references": [{"meetingPassword": "secret", "uid": "kept"}],
                "location": {"data": {"id": 7, "password": "secret"}},
                "token": "not a room's",
            },
        });
        redact(&mut body);
        let expected = json!({
            "payload": {
                "videoCallData": {"type": "daily_video", "id": null, "url": "https://rooms.example/a"},
                "references": [{"uid": "kept"}],
                "location": {"data": {"id": 7}},
                "token": "not a room's",
            },
        });
        assert_eq!(body, expected);
    }
}
