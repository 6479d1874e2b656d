//! The words for a booking's status in the interfaces we replace, as filters of ours.

use calbridge_core::state::Confirmation;

/// What a word asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// `bookings.status`.
    pub status: &'static str,
    /// Also with this confirmation.
    pub confirmation: Option<Confirmation>,
    /// Also moved.
    pub rescheduled: Option<bool>,
}

/// Every word that is understood, ours first.
pub const WORDS: &[&str] = &[
    "scheduled",
    "completed",
    "cancelled",
    "no_show",
    "accepted",
    "confirmed",
    "pending",
    "rejected",
    "canceled",
    "rescheduled",
];

/// Read a word, in any case.
pub fn read(word: &str) -> Option<Asked> {
    let asked = |status, confirmation, rescheduled| {
        Some(Asked {
            status,
            confirmation,
            rescheduled,
        })
    };
    match word.trim().to_lowercase().replace('-', "_").as_str() {
        "scheduled" => asked("scheduled", None, None),
        "completed" => asked("completed", None, None),
        "cancelled" | "canceled" => asked("cancelled", None, None),
        "no_show" => asked("no_show", None, None),
        "accepted" | "confirmed" => asked("scheduled", Some(Confirmation::Confirmed), None),
        "pending" => asked("scheduled", Some(Confirmation::Pending), None),
        "rejected" => asked("cancelled", Some(Confirmation::Rejected), None),
        "rescheduled" => asked("scheduled", None, Some(true)),
        _ => None,
    }
}

/// Read a confirmation, in any case.
pub fn confirmation(word: &str) -> Option<Confirmation> {
    let word = word.trim().to_lowercase();
    [
        Confirmation::Pending,
        Confirmation::Confirmed,
        Confirmation::Rejected,
    ]
    .into_iter()
    .find(|confirmation| confirmation.as_str() == word)
}

#[cfg(test)]
mod tests {
    use calbridge_core::state::BookingState;
    use rstest::rstest;

    use super::*;

    #[test]
    fn every_word_is_understood_and_asks_for_something_that_exists() {
        for word in WORDS {
            let asked = read(word).unwrap();
            let exists = BookingState::ALL.into_iter().any(|state| {
                state.status() == asked.status
                    && asked
                        .confirmation
                        .is_none_or(|confirmation| confirmation == state.confirmation())
            });
            assert!(exists, "{word}");
        }
        assert_eq!(read("booked"), None);
    }

    #[rstest]
    #[case("ACCEPTED", "accepted")]
    #[case("No-Show", "no_show")]
    #[case("canceled", "cancelled")]
    fn spelling_does_not_matter(#[case] one: &str, #[case] other: &str) {
        assert_eq!(read(one), read(other));
    }
}
