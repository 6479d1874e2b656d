//! Who comes.

use std::collections::HashSet;

use calbridge_core::{
    change::{Attendee, AttendeeRole, BOOKER},
    fingerprint,
    person::{EmailAddress, PersonName},
};
use serde_json::Value;

use super::{hosts::staff, message::Message};
use crate::fields::{Fields, scalar, text};

/// An address, or the number of somebody who has none: Cal.com writes it as `<digits>@sms.cal.com`.
#[derive(Debug)]
pub(super) struct Address {
    /// Normalized; `None` when the text is no address or a placeholder.
    pub email: Option<String>,
    /// From a placeholder.
    phone: Option<String>,
    /// Names the person among those of the booking.
    name: String,
}

impl Address {
    pub(super) fn parse(given: &str) -> Self {
        let name = given.trim().to_lowercase();
        let placeholder = name.strip_suffix("@sms.cal.com").map(|local| {
            local
                .chars()
                .filter(char::is_ascii_digit)
                .collect::<String>()
        });
        match placeholder {
            Some(digits) => Self {
                email: None,
                phone: (!digits.is_empty()).then(|| format!("+{digits}")),
                name,
            },
            None => Self {
                email: EmailAddress::parse(given)
                    .ok()
                    .map(|address| address.to_string()),
                phone: None,
                name,
            },
        }
    }

    fn of(fields: Fields<'_>) -> Option<Self> {
        fields.text("email").map(Self::parse)
    }

    /// The key in a group meeting. It is made of the address, because cancellations carry no seat id
    /// (`webhook_024_BOOKING_CANCELLED.json`).
    pub(super) fn seat_key(&self) -> String {
        fingerprint::indexable(&format!("email:{}", self.name))
    }

    fn guest_key(&self) -> String {
        fingerprint::indexable(&format!("guest:{}", self.name))
    }

    /// Stands for a phone number.
    pub(super) fn is_placeholder(&self) -> bool {
        self.phone.is_some()
    }

    /// What a mark can be compared with.
    pub(super) fn into_text(self) -> String {
        self.email.unwrap_or(self.name)
    }
}

/// Everybody who comes, as far as the message tells.
pub(super) fn attendees(message: Message<'_>) -> Vec<Attendee> {
    if message.is_group() {
        seats(message.booking)
    } else {
        booker_and_guests(message)
    }
}

/// The places of a group meeting, each booked by its attendee.
///
/// Their `responses` may be another attendee's: messages built from the database make them up (contract, seats).
fn seats(booking: Fields<'_>) -> Vec<Attendee> {
    let mut seats = Vec::new();
    let mut seen = HashSet::new();
    // The seat id belongs to whom the message is about: those listed after a mover were there before.
    let mut seat_id = booking.scalar("attendeeSeatId");
    for fields in booking.objects("attendees") {
        let Some(key) = seat_key(fields, seat_id.as_deref()) else {
            continue;
        };
        if !seen.insert(key.clone()) {
            continue;
        }
        seats.push(Attendee {
            key,
            role: AttendeeRole::Booker,
            external_id: seat_id.take(),
            ..person(fields)
        });
    }
    seats
}

fn seat_key(fields: Fields<'_>, seat_id: Option<&str>) -> Option<String> {
    if let Some(address) = Address::of(fields) {
        return Some(address.seat_key());
    }
    let phone = fields
        .scalar("phoneNumber")
        .map(|phone| format!("phone:{phone}"));
    let key = phone.or_else(|| seat_id.map(|id| format!("seat:{id}")))?;
    Some(fingerprint::indexable(&key))
}

fn booker_and_guests(message: Message<'_>) -> Vec<Attendee> {
    let responses = message.booking.within("responses");
    let listed: Vec<Fields<'_>> = message.booking.objects("attendees").collect();
    let answered = answer(responses, "email")
        .and_then(text)
        .map(Address::parse);
    let mut seen = staff(message.booking);
    // The booker is listed first, unless hosts are listed too.
    let find = |wanted: &dyn Fn(&Address) -> bool| {
        listed
            .iter()
            .position(|fields| Address::of(*fields).as_ref().is_some_and(wanted))
    };
    let booker_at = find(&|address| {
        answered
            .as_ref()
            .is_some_and(|given| given.name == address.name)
    })
    .or_else(|| find(&|address| !seen.contains(&address.name)))
    .unwrap_or(0);
    let mut people = Vec::new();
    let booker = booker(
        message,
        responses,
        listed.get(booker_at).copied(),
        answered.as_ref(),
    );
    seen.extend(booker.email.clone());
    seen.extend(answered.map(|address| address.name));
    if booker != blank_booker() {
        people.push(booker);
    }
    for (at, fields) in listed.into_iter().enumerate() {
        let Some(address) = Address::of(fields).filter(|_| at != booker_at) else {
            continue;
        };
        if seen.insert(address.name.clone()) {
            people.push(guest(&address, person(fields)));
        }
    }
    for address in guest_answers(responses).map(Address::parse) {
        if seen.insert(address.name.clone()) {
            let nobody_else = Attendee {
                email: address.email.clone(),
                phone: address.phone.clone(),
                ..Attendee::default()
            };
            people.push(guest(&address, nobody_else));
        }
    }
    people
}

fn blank_booker() -> Attendee {
    Attendee {
        key: BOOKER.to_owned(),
        ..Attendee::default()
    }
}

/// The answers to the booking form come first, then the list of attendees.
fn booker(
    message: Message<'_>,
    responses: Fields<'_>,
    listed: Option<Fields<'_>>,
    answered: Option<&Address>,
) -> Attendee {
    let listed = listed.map(person).unwrap_or_default();
    let email = answered
        .and_then(|address| address.email.clone())
        .or(listed.email);
    let phone = ["phone", "attendeePhoneNumber", "smsReminderNumber"]
        .iter()
        .find_map(|slug| scalar(answer(responses, slug)?))
        .or_else(|| message.booking.scalar("smsReminderNumber"))
        .or(listed.phone)
        .or_else(|| phone_of_place(responses))
        .or_else(|| {
            answered
                .and_then(|address| address.phone.clone())
                .filter(|_| email.is_none())
        });
    Attendee {
        key: BOOKER.to_owned(),
        role: AttendeeRole::Booker,
        name: name_answer(responses, listed.name.as_ref()).or(listed.name),
        email,
        phone,
        ..listed
    }
}

fn guest(address: &Address, attendee: Attendee) -> Attendee {
    Attendee {
        key: address.guest_key(),
        role: AttendeeRole::Guest,
        ..attendee
    }
}

/// One entry of `attendees`. In flat messages the language is called `locale`.
fn person(fields: Fields<'_>) -> Attendee {
    let address = Address::of(fields);
    let (email, placeholder) =
        address.map_or((None, None), |address| (address.email, address.phone));
    Attendee {
        name: PersonName::from_fields(
            fields.text("name"),
            fields.text("firstName"),
            fields.text("lastName"),
        ),
        email,
        phone: fields.scalar("phoneNumber").or(placeholder),
        time_zone: fields.string("timeZone"),
        language: fields
            .within("language")
            .string("locale")
            .or_else(|| fields.string("locale"))
            .or_else(|| fields.string("language")),
        ..Attendee::default()
    }
}

/// The value of an answer: itself in plain `responses`, in `value` in labelled ones.
pub(super) fn answer<'a>(responses: Fields<'a>, slug: &str) -> Option<&'a Value> {
    let given = responses.value(slug)?;
    let labelled = Fields::of(given);
    match labelled.value("value") {
        Some(value) => Some(value),
        // A labelled field without an answer.
        None if labelled.value("label").is_some() => None,
        None => Some(given),
    }
}

/// The name as the booker gave it: one text, or first and last name.
fn name_answer(responses: Fields<'_>, listed: Option<&PersonName>) -> Option<PersonName> {
    let given = answer(responses, "name")?;
    let parts = Fields::of(given);
    if parts.exist() {
        return PersonName::from_fields(
            parts.text("name"),
            parts.text("firstName"),
            parts.text("lastName"),
        );
    }
    let full = PersonName::from_fields(Some(text(given)?), None, None)?;
    // The list may know how the same name is split.
    Some(
        listed
            .filter(|listed| listed.full == full.full)
            .cloned()
            .unwrap_or(full),
    )
}

/// Where the host calls, the place is the booker's number.
fn phone_of_place(responses: Fields<'_>) -> Option<String> {
    let place = Fields::of(answer(responses, "location")?);
    place
        .scalar("optionValue")
        .filter(|_| place.text("value") == Some("phone"))
}

/// A list of addresses, or one text with commas.
fn guest_answers(responses: Fields<'_>) -> impl Iterator<Item = &str> {
    let given = answer(responses, "guests");
    let list = given
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(text);
    let line = given
        .and_then(text)
        .into_iter()
        .flat_map(|line| line.split([',', ';', '\n']));
    list.chain(line)
        .map(str::trim)
        .filter(|address| !address.is_empty())
}
