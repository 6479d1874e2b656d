//! Notes for a dry run: every row that would change.

use calbridge_store::{
    activities::Activity, attendees::Attendee, booking_changes::BookingChange, bookings::Booking,
    leads::Lead, sql::Value,
};

use super::{Chapter, RowChanges, rows, writing::Sheet};

/// A booking, and those that are joined with it.
pub(super) fn booking(report: &mut RowChanges, chapter: &Chapter, booking: &Booking) {
    let old = chapter.booking.as_ref();
    if old.is_none_or(|old| !rows::says_the_same(old, booking)) {
        report.note(
            "bookings",
            Some(booking.id.to_string()),
            Booking::COLUMNS,
            old.map(Booking::values).as_deref(),
            Some(&booking.values()),
        );
    }
    for other in &chapter.joined {
        let id = Some(other.id.to_string());
        let old = other.values();
        report.note("bookings", id, Booking::COLUMNS, Some(&old), None);
    }
}

/// What is put beside a booking.
pub(super) fn told(
    report: &mut RowChanges,
    chapter: &Chapter,
    changes: &[BookingChange],
    attendees: &[Attendee],
) {
    for change in changes {
        let new = change.values();
        report.note(
            "booking_changes",
            None,
            BookingChange::COLUMNS,
            None,
            Some(&new),
        );
    }
    for attendee in attendees {
        let mut olds = chapter.old_attendees.iter();
        let old = olds.find(|old| old.id == attendee.id);
        report.note(
            "attendees",
            old.map(|old| old.id.to_string()),
            Attendee::COLUMNS,
            old.map(Attendee::values).as_deref(),
            Some(&attendee.values()),
        );
    }
    for change in &chapter.gone_changes {
        let id = Some(change.id.to_string());
        let old = change.values();
        report.note(
            "booking_changes",
            id,
            BookingChange::COLUMNS,
            Some(&old),
            None,
        );
    }
}

/// Entries of timelines, with those that they replace.
pub(super) fn activities(report: &mut RowChanges, had: &[Activity], put: &[Activity]) {
    for entry in put {
        let replaced = had
            .iter()
            .find(|old| old.activity_key == entry.activity_key);
        report.note(
            "activities",
            None,
            Activity::COLUMNS,
            replaced.map(Activity::values).as_deref(),
            Some(&entry.values()),
        );
    }
}

/// People who are new, and those who change.
pub(super) fn leads(report: &mut RowChanges, new: &[Lead], changed: &[(Lead, Lead)]) {
    for lead in new {
        report.note("leads", None, Lead::COLUMNS, None, Some(&lead.values()));
    }
    for (before, after) in changed {
        report.note(
            "leads",
            Some(after.id.to_string()),
            Lead::COLUMNS,
            Some(&before.values()),
            Some(&after.values()),
        );
    }
}

/// What follows from the bookings: rewritten history, rows that go, jobs and the audit log.
pub(super) fn rest(report: &mut RowChanges, sheet: &Sheet, chapters: &[Chapter]) {
    for change in &sheet.changed_changes {
        let old = chapters
            .iter()
            .flat_map(|chapter| &chapter.old_changes)
            .find(|old| old.id == change.id)
            .map(BookingChange::values);
        let id = Some(change.id.to_string());
        let new = change.values();
        report.note(
            "booking_changes",
            id,
            BookingChange::COLUMNS,
            old.as_deref(),
            Some(&new),
        );
    }
    let references = [
        (&sheet.wrong_references, None, Some(())),
        (&sheet.gone_references, Some(()), None),
    ];
    for (rows, old, new) in references {
        for row in rows {
            let values = [
                Value::from(row.reference.kind.as_str()),
                Value::from(&row.reference.value),
                Value::from(row.booking_id),
            ];
            let columns = &["kind", "value", "booking_id"];
            let side = |there: Option<()>| there.map(|()| values.as_slice());
            report.note("booking_references", None, columns, side(old), side(new));
        }
    }
    for attendee in &sheet.gone_attendees {
        let id = Some(attendee.id.to_string());
        let old = attendee.values();
        report.note("attendees", id, Attendee::COLUMNS, Some(&old), None);
    }
    for key in sheet.gone_activities.iter().flat_map(|(_, keys)| keys) {
        let old = [Value::from(key)];
        report.note("activities", None, &["activity_key"], Some(&old), None);
    }
    for key in &sheet.gone_jobs {
        let old = [Value::from(key)];
        report.note("jobs", None, &["unique_key"], Some(&old), None);
    }
    for job in &sheet.jobs {
        let new = [Value::from(&job.unique_key), Value::from(job.run_at)];
        report.note("jobs", None, &["unique_key", "run_at"], None, Some(&new));
    }
    for deed in &sheet.deeds {
        let new = [
            Value::from(deed.action),
            Value::from(deed.object_type),
            Value::from(&deed.object_id),
        ];
        let columns = &["action", "object_type", "object_id"];
        report.note("audit_log", None, columns, None, Some(&new));
    }
}
