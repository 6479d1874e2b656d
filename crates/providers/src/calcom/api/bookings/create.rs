//! Booking.

use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    booking::{Bookings, one_or_series},
    metadata::BookingMetadata,
};
use crate::calcom::api::{Call, EventTypeRef, Family, Operation, Profile, instant::instant};

/// What to book, for whom.
#[derive(Clone, PartialEq, Debug)]
pub struct NewBooking {
    /// What.
    pub event_type: EventTypeRef,
    /// When it begins.
    pub start: Timestamp,
    /// For whom.
    pub attendee: NewAttendee,
    /// Answers by the slugs of the questions.
    pub responses: Map<String, Value>,
    /// Addresses of guests.
    pub guests: Vec<String>,
    /// The caller's own.
    pub metadata: BookingMetadata,
    /// Where; must be among the event type's.
    pub location: Option<NewLocation>,
    /// Minutes; only where the event type has several lengths.
    pub length: Option<u32>,
    /// How often; only where the event type makes series.
    pub occurrences: Option<u32>,
}

/// For whom to book.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAttendee {
    /// The name.
    pub name: String,
    /// The address; most event types demand one.
    pub email: Option<String>,
    /// The number in E.164.
    pub phone: Option<String>,
    /// The IANA zone.
    pub time_zone: String,
    /// The language of messages to them. One that Cal.com does not know is left out.
    pub language: Option<String>,
}

/// Where to meet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NewLocation {
    /// At the event type's address.
    Address,
    /// At the attendee's address.
    AttendeeAddress(String),
    /// Wherever the attendee says.
    AttendeeDefined(String),
    /// The host calls this number.
    AttendeePhone(String),
    /// On a video service, such as `cal-video`.
    Integration(String),
    /// Behind the event type's link.
    Link,
    /// The attendee calls the event type's number.
    Phone,
    /// On the organizer's own service; teams only.
    OrganizersDefaultApp,
}

/// Book. The losers of a race for one slot are told [`SlotTaken`](crate::calcom_api::ErrorKind::SlotTaken), and so is
/// whoever asks for a time outside the opening hours: Cal.com does not tell the two apart.
pub fn create(profile: Profile, new: &NewBooking) -> Call<Bookings> {
    Call::new(
        Operation::BookingsCreate,
        Method::POST,
        &[&"bookings"],
        one_or_series,
    )
    .version(profile.version(Family::Bookings))
    .body(body(new))
}

/// Unknown fields are refused, so nothing is sent that is not needed.
fn body(new: &NewBooking) -> Value {
    let mut body = Map::new();
    let mut set = |name: &str, value: Value| body.insert(name.to_owned(), value);
    set("start", instant(new.start).into());
    set("attendee", attendee(&new.attendee));
    for (name, value) in new.event_type.fields() {
        set(name, value);
    }
    if !new.responses.is_empty() {
        set("bookingFieldsResponses", new.responses.clone().into());
    }
    if !new.guests.is_empty() {
        set("guests", new.guests.clone().into());
    }
    if !new.metadata.is_empty() {
        set("metadata", new.metadata.to_json());
    }
    if let Some(location) = &new.location {
        set("location", place(location));
    }
    if let Some(length) = new.length {
        set("lengthInMinutes", length.into());
    }
    if let Some(occurrences) = new.occurrences {
        set("recurrenceCount", occurrences.into());
    }
    Value::Object(body)
}

fn attendee(attendee: &NewAttendee) -> Value {
    let mut body = Map::new();
    body.insert("name".to_owned(), attendee.name.as_str().into());
    body.insert("timeZone".to_owned(), attendee.time_zone.as_str().into());
    let language = attendee.language.as_deref().and_then(known_language);
    let optional = [
        ("email", attendee.email.as_deref()),
        ("phoneNumber", attendee.phone.as_deref()),
        ("language", language),
    ];
    for (name, value) in optional {
        if let Some(value) = value {
            body.insert(name.to_owned(), value.into());
        }
    }
    Value::Object(body)
}

fn place(location: &NewLocation) -> Value {
    match location {
        NewLocation::Address => json!({"type": "address"}),
        NewLocation::AttendeeAddress(address) => {
            json!({"type": "attendeeAddress", "address": address})
        }
        NewLocation::AttendeeDefined(place) => {
            json!({"type": "attendeeDefined", "location": place})
        }
        NewLocation::AttendeePhone(phone) => json!({"type": "attendeePhone", "phone": phone}),
        NewLocation::Integration(service) => {
            json!({"type": "integration", "integration": service})
        }
        NewLocation::Link => json!({"type": "link"}),
        NewLocation::Phone => json!({"type": "phone"}),
        NewLocation::OrganizersDefaultApp => json!({"type": "organizersDefaultApp"}),
    }
}

/// Languages that Cal.com takes; it refuses a booking in any other.
const LANGUAGES: &[&str] = &[
    "ar", "az", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "es-419", "et", "eu", "fi",
    "fr", "he", "hr", "hu", "id", "it", "iw", "ja", "km", "ko", "lv", "nl", "no", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sr", "sv", "ta", "th", "tr", "uk", "vi", "zh-CN", "zh-TW",
];

/// The language itself, or without its region: `de-AT` is `de`.
fn known_language(tag: &str) -> Option<&'static str> {
    let find = |wanted: &str| {
        LANGUAGES
            .iter()
            .copied()
            .find(|known| known.eq_ignore_ascii_case(wanted))
    };
    let tag = tag.trim().replace('_', "-");
    let language = tag.split('-').next().unwrap_or_default();
    let other_name = match language.to_ascii_lowercase().as_str() {
        "nb" | "nn" => Some("no"),
        "zh" => Some("zh-CN"),
        _ => None,
    };
    find(&tag).or_else(|| find(other_name.unwrap_or(language)))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("de", Some("de"))]
    #[case("de-AT", Some("de"))]
    #[case("pt_BR", Some("pt-BR"))]
    #[case("PT-br", Some("pt-BR"))]
    #[case("nb-NO", Some("no"))]
    #[case("zh-Hant-TW", Some("zh-CN"))]
    #[case("zh-TW", Some("zh-TW"))]
    #[case("tlh", None)]
    #[case("", None)]
    fn only_known_languages_are_sent(#[case] tag: &str, #[case] sent: Option<&str>) {
        assert_eq!(known_language(tag), sent);
    }
}
