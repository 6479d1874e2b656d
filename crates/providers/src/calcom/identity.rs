//! The ids by which a message names its booking, and the key by which a delivery is known again.

use calbridge_core::{
    change::{Identity, Reference, ReferenceKind},
    fingerprint,
};

use super::{
    message::{Message, Shape},
    trigger::Event,
};
use crate::{
    fields::{Fields, text},
    spelling::event_name,
};

/// Everything a message calls its booking.
#[derive(Debug)]
pub(super) struct Ids {
    /// The booking's own uid, or its number where there is no uid.
    subject: String,
    uids: Vec<String>,
    /// Cal.com's integer, where it is surely this booking's.
    pub number: Option<i64>,
}

impl Ids {
    /// `None` when the message names no booking.
    pub(super) fn of(shape: Shape<'_>, message: Message<'_>) -> Option<Self> {
        let numbers = [
            shape.booking.integer("bookingId"),
            shape.booking.integer("id"),
            shape.root.integer("id"),
        ];
        // When one attendee of a group meeting joins an existing booking, the message has the uid of that one and
        // the number of the one left (contract, seats).
        let doubtful = message.is_group() && message.event == Event::Rescheduled;
        let number = numbers
            .into_iter()
            .flatten()
            .find(|number| *number > 0 && !doubtful);
        // In the documents of `MixTree` the root has `uid` and `id`, both the same text.
        let others = [
            shape.root.scalar("uid"),
            text_id(shape.booking),
            text_id(shape.root),
        ];
        let mut uids: Vec<String> = Vec::new();
        for uid in [shape.uid()].into_iter().chain(others).flatten() {
            if !uids.contains(&uid) {
                uids.push(uid);
            }
        }
        let subject = uids
            .first()
            .cloned()
            .or_else(|| number.map(|number| number.to_string()))?;
        Some(Self {
            subject,
            uids,
            number,
        })
    }

    /// What the provider calls the booking; long ids are shortened for the index.
    pub(super) fn subject(&self) -> String {
        fingerprint::indexable(&self.subject)
    }

    /// The ids of the booking a message is about.
    pub(super) fn identity(&self, message: Message<'_>) -> Identity {
        let mut references: Vec<Reference> =
            self.uids.iter().map(|uid| uid_reference(uid)).collect();
        references.extend(self.number.map(number_reference));
        let mut former = Vec::new();
        for uid in former_uids(message) {
            let reference = uid_reference(&uid);
            if !references.contains(&reference) {
                former.push(reference.value.clone());
                references.push(reference);
            }
        }
        if !message.is_group() {
            let old = message
                .booking
                .integer("rescheduleId")
                .filter(|number| *number > 0);
            references.extend(old.map(number_reference));
        }
        references.dedup();
        Identity {
            subject: Some(self.subject()),
            references,
            former,
        }
    }

    /// The message speaks of an earlier booking in its `iCalUID` only.
    pub(super) fn have_predecessor(&self, message: Message<'_>) -> bool {
        first_uid(message).is_some_and(|first| !self.uids.contains(&first))
    }

    /// The message names an earlier booking, other than this one.
    pub(super) fn differ_from_former(&self, message: Message<'_>) -> bool {
        self.former(message).is_some()
    }

    /// The booking that an attendee of a group meeting left for this one. Unknown when the move was made on the web
    /// page: the message then has the uid of the seat there, and nothing has that uid (contract, seats).
    pub(super) fn left(&self, message: Message<'_>) -> Option<Identity> {
        let left = self.former(message).filter(|uid| !is_seat_uid(uid))?;
        let reference = uid_reference(&left);
        Some(Identity {
            subject: Some(reference.value.clone()),
            references: vec![reference],
            former: Vec::new(),
        })
    }

    fn former(&self, message: Message<'_>) -> Option<String> {
        let uid = message.booking.scalar("rescheduleUid")?;
        (!self.uids.contains(&uid)).then_some(uid)
    }

    /// Names the delivery among those of its connection; `None` when the message has no uid or no time.
    pub(super) fn delivery_key(&self, name: &str, message: Message<'_>) -> Option<String> {
        let uid = self.uids.first()?;
        let (time, _) = message.moment()?;
        let mut people: Vec<String> = message.booking.objects("attendees").map(person).collect();
        people.sort_unstable();
        let mut parts = vec![
            event_name(name),
            uid.clone(),
            time.to_owned(),
            message.booking.scalar("attendeeSeatId").unwrap_or_default(),
            message
                .booking
                .text("status")
                .unwrap_or_default()
                .to_ascii_lowercase(),
        ];
        parts.extend(people);
        Some(fingerprint::of_parts(parts))
    }
}

fn person(attendee: Fields<'_>) -> String {
    let email = attendee.text("email").unwrap_or_default().to_lowercase();
    let mark = match attendee.flag("noShow") {
        Some(true) => "absent",
        Some(false) => "present",
        None => "",
    };
    format!("{email} {mark}")
}

fn text_id(fields: Fields<'_>) -> Option<String> {
    let id = text(fields.value("id")?)?;
    let is_number = id.parse::<i64>().is_ok();
    (!is_number).then(|| id.to_owned())
}

/// Seats have UUIDs, bookings have 22 characters of base 58 (contract, identifiers).
fn is_seat_uid(uid: &str) -> bool {
    let parts = uid.split('-').map(str::len);
    let digits = uid.bytes().filter(u8::is_ascii_hexdigit).count();
    parts.eq([8, 4, 4, 4, 12]) && digits == 32
}

fn uid_reference(uid: &str) -> Reference {
    Reference::new(ReferenceKind::Uid, uid)
}

fn number_reference(number: i64) -> Reference {
    Reference::new(ReferenceKind::Number, &number.to_string())
}

/// The uids the booking had before it was moved, nearest first.
fn former_uids(message: Message<'_>) -> Vec<String> {
    // What an attendee of a group meeting moved from is another booking.
    let linked = |name| message.booking.scalar(name).filter(|_| !message.is_group());
    let direct = linked("rescheduleUid");
    let stored = linked("fromReschedule");
    [direct, stored, first_uid(message)]
        .into_iter()
        .flatten()
        .collect()
}

/// The first uid of a chain of reschedules, from `iCalUID`.
///
/// It survives every reschedule, unless a calendar has put its own id there; on seated bookings it has nothing to do
/// with the uid, and a series may share one (contract, identifiers).
fn first_uid(message: Message<'_>) -> Option<String> {
    const ALPHABET: &str = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    let (uid, _) = message.booking.text("iCalUID")?.split_once('@')?;
    let is_uid = uid.len() == 22 && uid.chars().all(|c| ALPHABET.contains(c));
    let is_linked = !message.is_group() && !message.is_recurring();
    (is_uid && is_linked).then(|| uid.to_owned())
}
