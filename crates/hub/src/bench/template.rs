//! Bodies with blanks: the emulator writes each once, and what makes an event another one is filled in per request.

use calbridge_emulator::{
    CalCom, Delivery,
    calcom::{By, CancelledBy, NewBooking},
    people::someone,
};
use jiff::{SignedDuration, Timestamp};
use rand::{SeedableRng, rngs::StdRng};

/// What is filled in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Blank {
    Uid,
    FormerUid,
    Number,
    FormerNumber,
    /// The local part of the booker's address and the `@` after it.
    LocalPart,
    /// The booker's phone number.
    Phone,
    Start,
    End,
    FormerStart,
    FormerEnd,
    CreatedAt,
}

/// A body with blanks.
#[derive(Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    Blank(Blank),
}

/// What one person's booking sends.
#[derive(Debug)]
pub(super) struct Person {
    pub created: Template,
    pub rescheduled: Template,
    pub cancelled: Template,
}

impl Template {
    /// Cut the text at everything that is to be filled in.
    fn cut(text: &str, blanks: &[(String, Blank)]) -> Self {
        let mut parts = Vec::new();
        let mut from = 0;
        let mut at = 0;
        while at < text.len() {
            let rest = text.get(at..).unwrap_or_default();
            let found = blanks
                .iter()
                .find(|(value, _)| rest.starts_with(value.as_str()));
            if let Some((value, blank)) = found {
                parts.push(Part::Text(
                    text.get(from..at).unwrap_or_default().to_owned(),
                ));
                parts.push(Part::Blank(*blank));
                at += value.len();
                from = at;
            } else {
                at += rest.chars().next().map_or(1, char::len_utf8);
            }
        }
        parts.push(Part::Text(text.get(from..).unwrap_or_default().to_owned()));
        Self(parts)
    }

    /// Write the body; `fill` writes what stands in a blank.
    pub fn write(&self, body: &mut Vec<u8>, mut fill: impl FnMut(Blank, &mut Vec<u8>)) {
        for part in &self.0 {
            match part {
                Part::Text(text) => body.extend_from_slice(text.as_bytes()),
                Part::Blank(blank) => fill(*blank, body),
            }
        }
    }
}

/// What each of `count` people sends, as the emulated Cal.com writes it.
pub(super) fn people(count: usize, now: Timestamp) -> anyhow::Result<Vec<Person>> {
    let mut rng = StdRng::seed_from_u64(7);
    (0..count)
        .map(|_| {
            let person = someone(&mut rng);
            let mut account = CalCom::new(7).with_numbers_above(1_987_654_320);
            let start = account.free_start(30, now);
            let new = NewBooking {
                phone: person.phone.clone(),
                time_zone: person.time_zone,
                language: person.language,
                notes: Some("I have a question about the level of the course.".to_owned()),
                ..NewBooking::new("intro", start, person.name, person.email.clone())
            };
            // Apart from each other by more than a meeting is long, so that no two times are alike.
            let moved_to = start + SignedDuration::from_hours(26);
            let (uid, created) = account.book(new, now)?;
            let later = now + SignedDuration::from_mins(1);
            let (moved, rescheduled) = account.reschedule(&uid, moved_to, By::Booker, later)?;
            let reason = Some("Something came up");
            let cancelled = account.cancel(&moved, CancelledBy::Booker, reason, later)?;

            let half_hour = SignedDuration::from_mins(30);
            let first = [
                (uid.to_string(), Blank::Uid),
                ("1987654321".to_owned(), Blank::Number),
                (minute(start), Blank::Start),
                (minute(start + half_hour), Blank::End),
            ];
            let second = [
                (moved.to_string(), Blank::Uid),
                (uid.to_string(), Blank::FormerUid),
                ("1987654322".to_owned(), Blank::Number),
                ("1987654321".to_owned(), Blank::FormerNumber),
                (minute(moved_to), Blank::Start),
                (minute(moved_to + half_hour), Blank::End),
                (minute(start), Blank::FormerStart),
                (minute(start + half_hour), Blank::FormerEnd),
            ];
            let phone = person.phone;
            let local = person.email.split('@').next().unwrap_or_default();
            let of_all = |at| {
                let mut blanks = vec![
                    (format!("{local}@"), Blank::LocalPart),
                    (created_at(at), Blank::CreatedAt),
                ];
                blanks.extend(phone.clone().map(|phone| (phone, Blank::Phone)));
                blanks
            };
            Ok(Person {
                created: cut(&created, &first, &of_all(now)),
                rescheduled: cut(&rescheduled, &second, &of_all(later)),
                cancelled: cut(&cancelled, &second, &of_all(later)),
            })
        })
        .collect()
}

fn cut(sent: &[Delivery], own: &[(String, Blank)], of_all: &[(String, Blank)]) -> Template {
    let body = sent
        .first()
        .map(|delivery| String::from_utf8_lossy(&delivery.body));
    Template::cut(&body.unwrap_or_default(), &[own, of_all].concat())
}

/// As in `startTime`, up to the seconds.
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}

/// As in `createdAt`.
pub(super) fn created_at(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}
