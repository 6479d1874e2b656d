//! How far ahead an event type can be booked, as Cal.com says it.

use calbridge_core::availability::Horizon;
use jiff::SignedDuration;
use serde_json::Value as Json;

/// What of a booking window is sure without asking the provider.
///
/// A window of calendar days is counted generously: in which zone its days are is the provider's affair. A rolling one
/// counts days on which something is free, so it ends nobody knows when.
pub(super) fn horizon(window: &Json) -> Option<Horizon> {
    let days = window.get("value")?.as_i64()?;
    let is_calendar = window.get("type")?.as_str()? == "calendarDays";
    let rolls = window.get("rolling").and_then(Json::as_bool) == Some(true);
    (is_calendar && !rolls).then(|| Horizon::Within(SignedDuration::from_hours((days + 2) * 24)))
}

/// As people read it; `None` where there is no end.
pub(super) fn in_words(window: &Json) -> Option<String> {
    let value = window.get("value")?;
    let kind = window.get("type")?.as_str()?;
    let rolls = window.get("rolling").and_then(Json::as_bool) == Some(true);
    let told = match (kind, value.as_i64(), value.as_array().map(Vec::as_slice)) {
        ("calendarDays", Some(days), _) if rolls => {
            format!("the next {days} days on which something is free")
        }
        ("calendarDays", Some(days), _) => format!("the next {days} days"),
        ("businessDays", Some(days), _) => format!("the next {days} business days"),
        (_, _, Some([from, to])) => format!("from {} to {}", bare(from), bare(to)),
        _ => window.to_string(),
    };
    Some(format!("booking window: {told}"))
}

fn bare(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_is_read_as_people_would() {
        for (window, told) in [
            (json!({"disabled": true}), None),
            (
                json!({"type": "calendarDays", "value": 30}),
                Some("booking window: the next 30 days"),
            ),
            (
                json!({"type": "calendarDays", "value": 3, "rolling": true}),
                Some("booking window: the next 3 days on which something is free"),
            ),
            (
                json!({"type": "businessDays", "value": 5, "rolling": false}),
                Some("booking window: the next 5 business days"),
            ),
            (
                json!({"type": "range", "value": ["2030-09-05", "2030-09-09"]}),
                Some("booking window: from 2030-09-05 to 2030-09-09"),
            ),
        ] {
            assert_eq!(in_words(&window).as_deref(), told, "{window}");
        }
    }

    #[test]
    fn a_window_that_rolls_has_no_end_that_we_know() {
        let fixed = json!({"type": "calendarDays", "value": 3, "rolling": false});
        let rolling = json!({"type": "calendarDays", "value": 3, "rolling": true});
        assert!(horizon(&fixed).is_some());
        assert!(horizon(&rolling).is_none());
    }
}
