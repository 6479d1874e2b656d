//! Bookings for people to read.

use calbridge_core::story::Brief;
use calbridge_store::{attendees::Attendee, booking_changes::BookingChange};

use crate::{
    booking::FoundBooking,
    cli::{
        context::Context,
        output::{at, or_empty, printable, times},
    },
};

/// Status, and confirmation where it is not what one expects.
pub(super) fn standing(status: &str, confirmation: &str) -> String {
    match confirmation {
        "confirmed" => status.to_owned(),
        other => format!("{status}, {other}"),
    }
}

/// Those who booked, and how many more there are.
pub(super) fn who(attendees: &[Attendee]) -> String {
    let mut bookers = attendees
        .iter()
        .filter(|attendee| attendee.role == "booker");
    let first = bookers
        .next()
        .and_then(|first| first.name.clone().or_else(|| first.email.clone()));
    match bookers.count() {
        0 => first.unwrap_or_default(),
        more => format!("{} and {more} more", first.unwrap_or_default()),
    }
}

/// What a booking is.
pub(super) fn booking(context: &Context, found: &FoundBooking) -> anyhow::Result<()> {
    let booking = &found.booking;
    let ids: Vec<_> = found
        .references
        .iter()
        .map(|row| row.reference.value.as_str())
        .collect();
    let moved = match booking.rescheduled_count {
        0 => String::new(),
        count => format!(
            "{}, before from {}",
            times(count),
            booking.previous_start.map(at).unwrap_or_default()
        ),
    };
    context.out.facts(&[
        ("booking", format!("{} ({})", booking.id, booking.public_id)),
        ("what", or_empty(booking.title.as_ref())),
        ("type", booking.booking_type.clone()),
        (
            "status",
            standing(&booking.status, booking.confirmation.as_str()),
        ),
        ("starts", booking.scheduled_at.map(at).unwrap_or_default()),
        ("ends", booking.ends_at.map(at).unwrap_or_default()),
        ("moved", moved),
        ("reason", or_empty(booking.cancellation_reason.as_ref())),
        ("lead", or_empty(booking.lead_id)),
        ("place", or_empty(booking.location.as_ref())),
        ("link", or_empty(booking.meeting_url.as_ref())),
        ("provider", booking.booking_provider.to_string()),
        ("ids there", ids.join(", ")),
    ])?;
    for attendee in &found.attendees {
        let name = attendee.name.clone().unwrap_or_default();
        let email = attendee.email.clone().unwrap_or_default();
        let absent = if attendee.no_show == Some(true) {
            ", absent"
        } else {
            ""
        };
        let line = format!(
            "{:9}  {name} <{email}> {}{absent}",
            attendee.role, attendee.status
        );
        context.out.line(printable(&line))?;
    }
    Ok(())
}

/// What is known of a booking, in the order in which it happened.
pub(super) fn history(context: &Context, history: &[BookingChange]) -> anyhow::Result<()> {
    context.out.line("")?;
    for change in history {
        let did = match (&change.before, &change.after, change.effective) {
            (_, _, false) => format!(
                "no change{}",
                change
                    .note
                    .as_ref()
                    .map(|note| format!(": {note}"))
                    .unwrap_or_default()
            ),
            (before, Some(after), true) => {
                let word = |brief: &Brief| {
                    let starts = brief.start_time.map(at).unwrap_or_default();
                    format!("{} {starts}", standing(&brief.status, &brief.confirmation))
                };
                match before {
                    Some(before) => format!("{} -> {}", word(&before.0), word(&after.0)),
                    None => word(&after.0),
                }
            }
            (_, None, true) => String::new(),
        };
        let line = format!(
            "{}  {:12}  {did}  ({}{})",
            at(change.occurred_at),
            change.kind,
            change.actor,
            change
                .cause
                .as_ref()
                .map(|cause| format!(", by {cause}"))
                .unwrap_or_default(),
        );
        context.out.line(printable(&line))?;
    }
    Ok(())
}
