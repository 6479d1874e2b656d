//! Which kind of booking a meeting is, decided by rules a tenant can change without a migration.

use serde::{Deserialize, Serialize};

/// Rules in order; the first that fits decides.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingTypeRules {
    /// Tried in order.
    pub rules: Vec<BookingTypeRule>,
    /// When none fits.
    pub fallback: String,
}

/// One rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BookingTypeRule {
    /// What it looks at.
    #[serde(flatten)]
    pub when: BookingTypeMatch,
    /// The booking type it gives, such as `trial_class`.
    #[serde(rename = "type")]
    pub booking_type: String,
}

/// What a rule looks at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingTypeMatch {
    /// The title contains this text, whatever the case.
    TitleContains(String),
    /// The provider's event type id, URI or slug is this.
    EventType(String),
}

impl Default for BookingTypeRules {
    fn default() -> Self {
        let title = |text: &str, booking_type: &str| BookingTypeRule {
            when: BookingTypeMatch::TitleContains(text.to_owned()),
            booking_type: booking_type.to_owned(),
        };
        Self {
            rules: vec![
                title("level check", "level_check"),
                title("consultation", "consultation"),
                title("trial", "trial_class"),
            ],
            fallback: "level_check".to_owned(),
        }
    }
}

impl BookingTypeRules {
    /// The booking type of a meeting with this title and these names of its event type.
    pub fn decide(&self, title: Option<&str>, event_type: &[&str]) -> &str {
        let title = title.unwrap_or_default().to_lowercase();
        self.rules
            .iter()
            .find(|rule| match &rule.when {
                BookingTypeMatch::TitleContains(text) => title.contains(&text.to_lowercase()),
                BookingTypeMatch::EventType(name) => event_type.contains(&name.as_str()),
            })
            .map_or(&self.fallback, |rule| &rule.booking_type)
    }
}

/// `level_check` as a heading: `Level Check`.
pub fn heading(booking_type: &str) -> String {
    booking_type
        .split(['_', '-', ' '])
        .filter(|word| !word.is_empty())
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect::<String>())
                .unwrap_or_default()
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Some("Level Check - 30 Min"), "level_check")]
    #[case(Some("free CONSULTATION with us"), "consultation")]
    #[case(Some("Trial class"), "trial_class")]
    #[case(Some("Консультация - 30 минут"), "level_check")]
    #[case(None, "level_check")]
    fn the_title_decides(#[case] title: Option<&str>, #[case] expected: &str) {
        assert_eq!(BookingTypeRules::default().decide(title, &[]), expected);
    }

    #[test]
    fn an_event_type_rule_comes_before_titles_when_listed_first() {
        let mut rules = BookingTypeRules::default();
        rules.rules.insert(
            0,
            BookingTypeRule {
                when: BookingTypeMatch::EventType("880123".to_owned()),
                booking_type: "intake".to_owned(),
            },
        );
        assert_eq!(
            rules.decide(Some("Trial"), &["880123", "first-visit"]),
            "intake"
        );
    }

    #[test]
    fn rules_are_written_as_plain_json() {
        let json = r#"{"rules":[{"event_type":"880123","type":"intake"},{"title_contains":"trial","type":"trial_class"}],"fallback":"meeting"}"#;
        let rules: BookingTypeRules = serde_json::from_str(json).unwrap();
        assert_eq!(rules.decide(Some("A Trial"), &[]), "trial_class");
        assert_eq!(heading("trial_class"), "Trial Class");
    }
}
