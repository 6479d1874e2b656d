//! What stands on a lead's timeline about the real changes of a booking.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    booking_type,
    change::BOOKER,
    story::{Move, MoveKind, Story},
};

/// An entry of a timeline, as the story of a booking calls for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activity {
    /// Names the entry among those of its booking.
    pub key: String,
    /// The fact that called for it.
    pub fingerprint: String,
    /// The attendee whose lead it is about; of a meeting that is not a group meeting always the booker.
    pub attendee_key: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What happened.
    pub kind: MoveKind,
    /// The booking type.
    pub activity_type: String,
    /// One line, such as `Level Check Booked`.
    pub subject: String,
    /// Further lines.
    pub body: String,
}

/// The entries that a story calls for: one per real change and person concerned.
pub fn of_story(story: &Story, booking_type: &str) -> Vec<Activity> {
    let standing = &story.standing;
    let mut activities = Vec::new();
    for (step, one) in story.moves() {
        let concerned = if standing.group {
            one.concerned.clone()
        } else {
            vec![BOOKER.to_owned()]
        };
        for attendee_key in concerned {
            activities.push(Activity {
                key: format!("{}:{}:{attendee_key}", step.fingerprint, one.kind.as_str()),
                fingerprint: step.fingerprint.clone(),
                attendee_key,
                occurred_at: step.at,
                kind: one.kind,
                activity_type: booking_type.to_owned(),
                subject: format!(
                    "{} {}",
                    booking_type::heading(booking_type),
                    suffix(one.kind)
                ),
                body: body(one, standing.group),
            });
        }
    }
    activities
}

fn suffix(kind: MoveKind) -> &'static str {
    match kind {
        MoveKind::Requested => "Requested",
        MoveKind::Booked => "Booked",
        MoveKind::Confirmed => "Confirmed",
        MoveKind::Declined => "Declined",
        MoveKind::Rescheduled => "Rescheduled",
        MoveKind::Cancelled => "Cancelled",
        MoveKind::Completed => "Completed",
        MoveKind::NoShow => "No-Show",
        MoveKind::NoShowUndone => "No-Show Undone",
        MoveKind::Paid => "Paid",
        MoveKind::Relocated => "Location Changed",
        MoveKind::Reassigned => "Host Changed",
        MoveKind::Assigned => "Assigned",
    }
}

fn body(one: &Move, group: bool) -> String {
    let mut lines = Vec::new();
    if let Some(start) = one.start {
        lines.push(format!("Scheduled for {}", minute(start)));
    }
    if let Some(previous) = one.previous_start {
        lines.push(format!("Previously {}", minute(previous)));
    }
    if let Some(reason) = one.reason.as_deref().filter(|reason| !reason.is_empty()) {
        lines.push(format!("Reason: {reason}"));
    }
    let tells_notes = matches!(one.kind, MoveKind::Requested | MoveKind::Booked);
    if let Some(notes) = one
        .notes
        .as_deref()
        // In a group meeting they may be another attendee's.
        .filter(|notes| tells_notes && !group && !notes.is_empty())
    {
        lines.push(format!("Notes: {notes}"));
    }
    lines.join("\n")
}

/// `2025-11-25 10:00`, in UTC.
fn minute(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC)
        .strftime("%Y-%m-%d %H:%M")
        .to_string()
}
