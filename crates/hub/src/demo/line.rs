//! One line per webhook event: when, who told what, what became of it, and what it did.

use calbridge_core::ids::{BookingId, LeadId};
use jiff::Timestamp;

use crate::{
    cli::output::printable,
    inbox::{News, Outcome},
};

/// A name longer than this is cut.
const LONGEST_NAME: usize = 28;

/// A title longer than this is cut.
const LONGEST_TITLE: usize = 36;

/// How lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// Text alone.
    Plain,
    /// With colors, for a terminal.
    Colored,
}

/// The booking that an event is about.
pub(super) struct About {
    pub booking: BookingId,
    pub title: Option<String>,
    pub starts: Option<Timestamp>,
    pub status: String,
    /// Id, name and status.
    pub lead: Option<(LeadId, String, String)>,
}

/// The line for an event.
pub(super) fn line(now: Timestamp, news: &News, about: Option<&About>, style: Style) -> String {
    let receipt = &news.receipt;
    let outcome = receipt.outcome.as_str();
    let did = match (&receipt.reason, receipt.moves.as_slice(), receipt.outcome) {
        (Some(reason), _, _) => printable(reason),
        (None, [], Outcome::Processed) => "nothing new".to_owned(),
        (None, [], _) => String::new(),
        (None, moves, _) => moves.join(", "),
    };
    let about = about.map(words).unwrap_or_default();
    let event = match receipt.event_type.as_str() {
        "" => "(unreadable)".to_owned(),
        name => printable(name),
    };
    let text = format!(
        "{}  {:8}  {event:31}  {}  {}{}{about}",
        now.strftime("%H:%M:%S"),
        news.provider.as_str(),
        style.paint(receipt.outcome, &format!("{outcome:9}")),
        style.strong(&did),
        if did.is_empty() || about.is_empty() {
            ""
        } else {
            ": "
        },
    );
    text.trim_end().to_owned()
}

/// The line for something that was sent by nobody in particular.
pub(super) fn odd_line(now: Timestamp, what: &str, status: u16, style: Style) -> String {
    let verdict = if (200..300).contains(&status) {
        "stored"
    } else {
        "refused"
    };
    let time = now.strftime("%H:%M:%S");
    style.dim(&format!(
        "{time}  somebody sent {what}: {verdict} with {status}"
    ))
}

fn words(about: &About) -> String {
    let lead = about.lead.as_ref().map(|(id, name, status)| {
        let name = cut(name, LONGEST_NAME);
        format!("{name} (lead {id}, {status})")
    });
    let title = about.title.as_ref().map(|title| cut(title, LONGEST_TITLE));
    let starts = about
        .starts
        .map(|starts| starts.strftime("%a %d %b %H:%M").to_string());
    let booking = Some(format!("booking {} {}", about.booking, about.status));
    let parts: Vec<_> = [lead, title, starts, booking]
        .into_iter()
        .flatten()
        .collect();
    parts.join(", ")
}

fn cut(text: &str, longest: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= longest {
        return text;
    }
    let mut short: String = text.chars().take(longest - 1).collect();
    short.push('…');
    short
}

impl Style {
    fn paint(self, outcome: Outcome, text: &str) -> String {
        let color = match outcome {
            Outcome::Processed => "32",
            Outcome::Duplicate | Outcome::Ignored => "2",
            Outcome::Accepted => "33",
        };
        self.wrap(color, text)
    }

    fn strong(self, text: &str) -> String {
        self.wrap("1", text)
    }

    fn dim(self, text: &str) -> String {
        self.wrap("2", text)
    }

    fn wrap(self, code: &str, text: &str) -> String {
        match self {
            Self::Colored if !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Self::Colored | Self::Plain => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use calbridge_core::{
        ids::{TenantId, WebhookEventId},
        provider::Provider,
    };

    use super::*;
    use crate::inbox::Receipt;

    fn news(
        event_type: &str,
        outcome: Outcome,
        reason: Option<&str>,
        moves: Vec<&'static str>,
    ) -> News {
        News {
            tenant_id: TenantId(1),
            provider: Provider::CalCom,
            door: "hooks",
            receipt: Receipt {
                outcome,
                event_id: WebhookEventId(7),
                event_type: event_type.to_owned(),
                reason: reason.map(str::to_owned),
                moves,
                bookings: vec![BookingId(10_000_000_000)],
            },
        }
    }

    #[test]
    fn a_line_says_what_an_event_did_and_for_whom() {
        let about = About {
            booking: BookingId(10_000_000_000),
            title: Some("Intro".to_owned()),
            starts: "2026-11-24T09:00:00Z".parse().ok(),
            status: "scheduled".to_owned(),
            lead: Some((
                LeadId(124),
                "Ann\u{1b}[2J Lee".to_owned(),
                "booked".to_owned(),
            )),
        };
        let news = news("BOOKING_CREATED", Outcome::Processed, None, vec!["booked"]);
        let now = "2026-11-21T12:00:03Z".parse().unwrap();
        assert_eq!(
            line(now, &news, Some(&about), Style::Plain),
            "12:00:03  cal.com   BOOKING_CREATED                  processed  booked: Ann\u{fffd}[2J Lee (lead 124, booked), \
             Intro, Tue 24 Nov 09:00, booking 10000000000 scheduled"
        );
    }

    #[test]
    fn what_changed_nothing_says_why() {
        let now = "2026-11-21T12:00:03Z".parse().unwrap();
        let text = line(
            now,
            &news("", Outcome::Accepted, Some("not JSON"), vec![]),
            None,
            Style::Plain,
        );
        assert!(
            text.contains("(unreadable)") && text.ends_with("not JSON"),
            "{text}"
        );
        let text = line(
            now,
            &news("PING", Outcome::Duplicate, None, vec![]),
            None,
            Style::Plain,
        );
        assert!(text.ends_with("duplicate"), "{text}");
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        assert_eq!(cut("Привет, мир", 7), "Привет…");
        assert_eq!(cut("short", 7), "short");
    }
}
