//! Who is met, and who caused a change.

use std::collections::HashSet;

use calbridge_core::change::{Cause, CauseRole, Host};

use super::{
    message::Message,
    people::{Address, answer},
};
use crate::fields::{Fields, text};

/// The addresses of those who are met. Messages built from the database list the other hosts of a collective booking
/// among its attendees (contract, booking payload).
pub(super) fn staff(booking: Fields<'_>) -> HashSet<String> {
    let organizer = ["organizer", "user"].map(|name| booking.within(name).text("email"));
    let members = booking
        .within("team")
        .objects("members")
        .map(|member| member.text("email"));
    organizer
        .into_iter()
        .chain([booking.text("userPrimaryEmail")])
        .chain(members)
        .flatten()
        .map(str::to_lowercase)
        .collect()
}

/// Who is met: the organizer, then the members of the team.
pub(super) fn hosts(booking: Fields<'_>) -> Vec<Host> {
    let mut hosts = Vec::new();
    let organizer = booking.within("organizer");
    if organizer.exist() {
        hosts.push(host(organizer));
    } else if booking.within("user").exist() {
        // The row of a flat message.
        let user = host(booking.within("user"));
        hosts.push(Host {
            external_id: user.external_id.or_else(|| booking.scalar("userId")),
            ..user
        });
    }
    hosts.extend(booking.within("team").objects("members").map(host));
    hosts.retain(|host| *host != Host::default());
    hosts
}

fn host(fields: Fields<'_>) -> Host {
    Host {
        external_id: fields.scalar("id"),
        name: fields.string("name"),
        email: fields
            .text("email")
            .and_then(|email| Address::parse(email).email),
        time_zone: fields.string("timeZone"),
    }
}

/// Who did it, by the address in one of the fields `cancelledBy` and `rescheduledBy`.
pub(super) fn cause(message: Message<'_>, field: &str) -> Option<Cause> {
    let who = message.booking.text(field)?;
    let name = who.to_lowercase();
    let role = if staff(message.booking).contains(&name) {
        CauseRole::Host
    } else if is_attendee(message, &name) {
        CauseRole::Attendee
    } else {
        CauseRole::Provider
    };
    Some(Cause {
        role,
        who: Some(who.to_owned()),
    })
}

fn is_attendee(message: Message<'_>, name: &str) -> bool {
    let listed = message.booking.objects("attendees").any(|fields| {
        fields
            .text("email")
            .is_some_and(|email| email.to_lowercase() == name)
    });
    let answered = || {
        answer(message.booking.within("responses"), "email")
            .and_then(text)
            .is_some_and(|email| email.to_lowercase() == name)
    };
    listed || (!message.is_group() && answered())
}
