//! What a payload tells about its booking besides what happened.

use std::collections::HashSet;

use calbridge_core::{
    change::{Attendee, AttendeeRole, Details, Host, Utm},
    fingerprint,
    person::{EmailAddress, PersonName},
};

use crate::{
    fields::{Fields, text},
    spelling,
};

/// Everything but the reason, which depends on what happened. `key` names the invitee within the booking.
pub(super) fn details(invitee: Fields<'_>, key: &str, limit: Option<i64>) -> Details {
    let meeting = invitee.within("scheduled_event");
    let group = limit.map(|limit| limit > 1);
    let place = meeting.within("location");
    // In old events the place may be a plain text.
    let location = place.text("location").or_else(|| meeting.text("location"));
    let payment = invitee.within("payment");
    let start = meeting.time("start_time");
    let mut attendees = vec![person(invitee, key)];
    if group != Some(true) {
        attendees.extend(guests(meeting, attendees[0].email.as_deref()));
    }
    let price = payment.number("amount").and_then(minor_units);
    Details {
        title: meeting.string("name"),
        notes: notes(invitee),
        start,
        end: meeting
            .time("end_time")
            .filter(|end| start.is_none_or(|start| start <= *end)),
        event_type: meeting.string("event_type"),
        location: location.map(str::to_owned),
        meeting_url: place
            .link("join_url")
            .or_else(|| location.and_then(spelling::link))
            .map(str::to_owned),
        hosts: meeting.objects("event_memberships").map(host).collect(),
        attendees,
        group,
        capacity: limit.filter(|_| group == Some(true)),
        utm: utm(invitee.within("tracking")),
        currency: payment
            .text("currency")
            .filter(|_| price.is_some())
            .map(str::to_uppercase),
        price,
        ..Details::default()
    }
}

fn person(invitee: Fields<'_>, key: &str) -> Attendee {
    Attendee {
        key: key.to_owned(),
        role: AttendeeRole::Booker,
        name: PersonName::from_fields(
            invitee.text("name"),
            invitee.text("first_name"),
            invitee.text("last_name"),
        ),
        email: invitee.text("email").and_then(email),
        phone: invitee
            .scalar("text_reminder_number")
            .or_else(|| phone_answer(invitee)),
        time_zone: invitee.string("timezone"),
        language: None,
        external_id: invitee.string("uri"),
    }
}

fn email(text: &str) -> Option<String> {
    EmailAddress::parse(text)
        .ok()
        .map(|address| address.to_string())
}

/// Only addresses are known of them.
fn guests(meeting: Fields<'_>, booker: Option<&str>) -> Vec<Attendee> {
    let mut seen: HashSet<String> = booker.map(str::to_owned).into_iter().collect();
    meeting
        .objects("event_guests")
        .filter_map(|guest| email(guest.text("email")?))
        .filter(|address| seen.insert(address.clone()))
        .map(|address| Attendee {
            key: fingerprint::indexable(&format!("guest:{address}")),
            role: AttendeeRole::Guest,
            email: Some(address),
            ..Attendee::default()
        })
        .collect()
}

fn host(membership: Fields<'_>) -> Host {
    Host {
        external_id: membership.string("user"),
        name: membership.string("user_name"),
        email: membership.text("user_email").and_then(email),
        time_zone: None,
    }
}

fn answers(invitee: Fields<'_>) -> impl Iterator<Item = (&str, &str)> {
    invitee.objects("questions_and_answers").filter_map(|pair| {
        let answer = pair.value("answer").and_then(text)?;
        Some((pair.text("question").unwrap_or_default(), answer))
    })
}

/// The only phone field is the one for reminders; otherwise a number is the answer to a question (contract, invitees).
fn phone_answer(invitee: Fields<'_>) -> Option<String> {
    answers(invitee)
        .find(|(question, answer)| {
            let digits = answer.chars().filter(char::is_ascii_digit).count();
            question.to_lowercase().contains("phone") && digits >= 5
        })
        .map(|(_, answer)| answer.to_owned())
}

fn notes(invitee: Fields<'_>) -> Option<String> {
    let lines: Vec<String> = answers(invitee)
        .map(|(question, answer)| match question {
            "" => answer.to_owned(),
            question => format!("{question}: {answer}"),
        })
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn utm(tracking: Fields<'_>) -> Utm {
    ["source", "medium", "campaign", "term", "content"]
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), tracking.scalar(&format!("utm_{key}"))?)))
        .collect()
}

/// Calendly's currencies all have hundredths (contract, invitees).
fn minor_units(amount: f64) -> Option<i64> {
    let cents = (amount * 100.0).round();
    if !(0.0..=1e15).contains(&cents) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole and small, see above"
    )]
    let cents = cents as i64;
    Some(cents)
}
