//! Writes what the stories of a batch changed.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    change::{Reference, ReferenceKind},
    ids::{BookingId, LeadId},
    scope::Scope,
    story::{AttendeeStanding, Story},
};
use calbridge_store::{
    StoreError,
    activities::{self, Activity},
    attendees::{self, Attendee},
    audit::{self, Deed},
    booking_changes::{self, BookingChange},
    booking_references::{self, ReferenceRow},
    bookings::{self, Booking},
    ids,
    jobs::{self, NewJob},
    leads::{self, Lead},
    sql::{RawJson, Tx, Value},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Chapter, Item, RowChanges, Rules,
    people::{self, BookingFace, People},
    rows::{self, LeadsByKey},
};
use crate::jobs::Kind;

/// A meeting that was over for longer than this when we first heard of it is history: no job completes it.
const OLD_NEWS: SignedDuration = SignedDuration::from_hours(24);

/// Everything a batch writes, table by table.
#[derive(Default)]
struct Sheet {
    new_bookings: Vec<(Booking, Option<RawJson>)>,
    changed_bookings: Vec<(Booking, Option<RawJson>)>,
    references: Vec<ReferenceRow>,
    /// References that named another booking, or none, though this one's facts tell them.
    wrong_references: Vec<ReferenceRow>,
    gone_references: Vec<ReferenceRow>,
    gone_changes: Vec<i64>,
    new_changes: Vec<BookingChange>,
    changed_changes: Vec<BookingChange>,
    attendees: Vec<Attendee>,
    gone_attendees: Vec<Attendee>,
    activities: Vec<Activity>,
    gone_activities: Vec<(BookingId, Vec<String>)>,
    jobs: Vec<NewJob>,
    gone_jobs: Vec<String>,
    deeds: Vec<Deed>,
}

/// Write the chapters; answers the booking of each.
#[expect(
    clippy::too_many_arguments,
    reason = "context first, then what it is about, then now"
)]
pub(super) async fn write(
    tx: &mut Tx,
    scope: &Scope,
    rules: Rules<'_>,
    chapters: &[Chapter],
    items: &[Item],
    people: &mut People,
    mut report: Option<&mut RowChanges>,
    now: Timestamp,
) -> Result<Vec<BookingId>, StoreError> {
    let new = chapters
        .iter()
        .filter(|chapter| chapter.booking.is_none())
        .count();
    let mut fresh_ids = ids::reserve(tx, "bookings", new).await?;
    fresh_ids.reverse();
    let mut sheet = Sheet::default();
    let mut written = Vec::with_capacity(chapters.len());
    for chapter in chapters {
        let id = match &chapter.booking {
            Some(booking) => booking.id,
            None => BookingId(fresh_ids.pop().ok_or(StoreError::Busy)?),
        };
        written.push(id);
        join_others(tx, scope, chapter, id, &mut sheet).await?;
        fill(
            &mut sheet,
            scope,
            rules,
            chapter,
            items,
            people,
            id,
            report.as_deref_mut(),
            now,
        );
    }
    let (new_leads, changed_leads) = people.outcome(now);
    if let Some(report) = report {
        note_leads(report, &new_leads, &changed_leads);
        note_rest(report, &sheet, chapters);
    }
    let changed_leads: Vec<Lead> = changed_leads.into_iter().map(|(_, lead)| lead).collect();

    // Rows before those that name them.
    leads::insert(tx, &new_leads).await?;
    leads::update(tx, &changed_leads).await?;
    bookings::insert(tx, &sheet.new_bookings).await?;
    bookings::update(tx, &sheet.changed_bookings).await?;
    booking_references::delete(tx, scope, &sheet.gone_references).await?;
    booking_references::add(tx, scope, &sheet.references, now).await?;
    booking_references::put(tx, scope, &sheet.wrong_references, now).await?;
    booking_changes::delete(tx, scope, &sheet.gone_changes).await?;
    booking_changes::insert(tx, &sheet.new_changes).await?;
    booking_changes::update(tx, &sheet.changed_changes).await?;
    let gone: Vec<_> = sheet
        .gone_attendees
        .iter()
        .map(|attendee| attendee.id)
        .collect();
    attendees::delete(tx, scope, &gone).await?;
    attendees::put(tx, &sheet.attendees).await?;
    for (booking_id, keys) in &sheet.gone_activities {
        activities::delete(tx, scope, *booking_id, keys).await?;
    }
    activities::put(tx, &sheet.activities).await?;
    jobs::cancel(tx, &sheet.gone_jobs).await?;
    jobs::enqueue(tx, sheet.jobs, now).await?;
    audit::append(tx, sheet.deeds, now).await?;
    for chapter in chapters {
        let gone: Vec<_> = chapter.joined.iter().map(|booking| booking.id).collect();
        bookings::delete(tx, scope, &gone).await?;
    }
    Ok(written)
}

/// Bookings that turned out to be this one give it what hangs on them; their ids go on naming it.
async fn join_others(
    tx: &mut Tx,
    scope: &Scope,
    chapter: &Chapter,
    id: BookingId,
    sheet: &mut Sheet,
) -> Result<(), StoreError> {
    for other in &chapter.joined {
        bookings::join(tx, scope, other.id, id).await?;
        if chapter.story.standing.told_by.is_some()
            && chapter.story.standing.told_by == other.told_by
        {
            bookings::copy_payload(tx, scope, other.id, id).await?;
        }
        for former in [other.id.to_string(), other.public_id.to_string()] {
            sheet.references.push(ReferenceRow {
                connection_id: other.connection_id,
                reference: Reference::new(ReferenceKind::Former, &former),
                booking_id: id,
            });
        }
        sheet.gone_jobs.push(Kind::CompleteBooking.key(other.id));
        sheet.deeds.push(
            Deed::of(scope, "booking.join", "booking", id)
                .before(json!({ "booking_id": other.id }))
                .after(json!({ "booking_id": id })),
        );
    }
    Ok(())
}

#[expect(
    clippy::too_many_arguments,
    reason = "context first, then what it is about, then now"
)]
fn fill(
    sheet: &mut Sheet,
    scope: &Scope,
    rules: Rules<'_>,
    chapter: &Chapter,
    items: &[Item],
    people: &mut People,
    id: BookingId,
    report: Option<&mut RowChanges>,
    now: Timestamp,
) {
    let standing = &chapter.story.standing;
    let event_type: Vec<&str> = [&standing.event_type, &standing.event_type_slug]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    let booking_type = rules
        .tenant
        .booking_types
        .decide(standing.title.as_deref(), &event_type);
    let face = BookingFace {
        id,
        provider: chapter.provider,
        booking_type,
    };
    let mut leads = LeadsByKey::new();
    let mut persons: BTreeMap<LeadId, Vec<&AttendeeStanding>> = BTreeMap::new();
    for attendee in people::bookers_of(standing) {
        if let Some(lead_id) = people.lead_of(scope, chapter, attendee, now) {
            persons.entry(lead_id).or_default().push(attendee);
            leads.insert(attendee.key.clone(), lead_id);
        }
    }
    for (lead_id, attendees) in persons {
        people.learn(rules, chapter, &attendees, lead_id, &face);
    }

    let booking = rows::booking(scope, chapter, id, booking_type, &leads, now);
    let attendees = rows::attendees(scope, chapter, id, &leads);
    let (new_changes, changed_changes) = rows::changes(scope, chapter, items, id, now);
    let actor = |fingerprint: &str| {
        let brought = chapter
            .new_facts
            .iter()
            .find(|fact| fact.fact.fingerprint == fingerprint);
        match brought.and_then(|fact| items.get(fact.item)) {
            Some(item) => item.actor.label(),
            None => chapter
                .old_changes
                .iter()
                .find(|change| change.fingerprint == fingerprint)
                .map_or_else(|| "system".to_owned(), |change| change.actor.clone()),
        }
    };
    let entries = |story: &Story, leads: &LeadsByKey, booking_type: &str| {
        rows::activities(scope, story, id, booking_type, leads, actor, now)
    };
    let wanted = entries(&chapter.story, &leads, booking_type);
    let had = match &chapter.found {
        Some(found) => as_told(&found.activities, now),
        None => had_activities(chapter, id, &entries),
    };

    let keys: BTreeSet<_> = wanted.iter().map(|entry| &entry.activity_key).collect();
    let gone: Vec<String> = had
        .iter()
        .filter(|entry| !keys.contains(&entry.activity_key))
        .filter_map(|entry| entry.activity_key.clone())
        .collect();
    let put: Vec<Activity> = wanted
        .into_iter()
        .filter(|entry| !had.contains(entry))
        .collect();
    let gone_attendees: Vec<Attendee> = chapter
        .old_attendees
        .iter()
        .filter(|old| {
            old.booking_id == id
                && !attendees
                    .iter()
                    .any(|new| new.attendee_key == old.attendee_key)
        })
        .cloned()
        .collect();
    let put_attendees: Vec<Attendee> = attendees
        .into_iter()
        .filter(|attendee| !chapter.old_attendees.contains(attendee))
        .collect();

    if let Some(report) = report {
        let old = chapter.booking.as_ref();
        let changed = old.is_none_or(|old| !rows::says_the_same(old, &booking));
        if changed {
            report.note(
                "bookings",
                Some(id.to_string()),
                Booking::COLUMNS,
                old.map(Booking::values).as_deref(),
                Some(&booking.values()),
            );
        }
        for change in &new_changes {
            report.note(
                "booking_changes",
                None,
                BookingChange::COLUMNS,
                None,
                Some(&change.values()),
            );
        }
        for attendee in &put_attendees {
            let old = chapter
                .old_attendees
                .iter()
                .find(|old| old.id == attendee.id);
            report.note(
                "attendees",
                old.map(|old| old.id.to_string()),
                Attendee::COLUMNS,
                old.map(Attendee::values).as_deref(),
                Some(&attendee.values()),
            );
        }
        for entry in &put {
            let old = had
                .iter()
                .find(|old| chapter.found.is_some() && old.activity_key == entry.activity_key);
            report.note(
                "activities",
                None,
                Activity::COLUMNS,
                old.map(Activity::values).as_deref(),
                Some(&entry.values()),
            );
        }
        for change in &chapter.gone_changes {
            report.note(
                "booking_changes",
                Some(change.id.to_string()),
                BookingChange::COLUMNS,
                Some(&change.values()),
                None,
            );
        }
        for other in &chapter.joined {
            report.note(
                "bookings",
                Some(other.id.to_string()),
                Booking::COLUMNS,
                Some(&other.values()),
                None,
            );
        }
    }

    fill_deed(sheet, scope, chapter, items, &booking);
    fill_jobs(sheet, scope, rules, chapter, &booking, now);
    fill_references(sheet, chapter, id);
    let payload = payload(chapter, items);
    match &chapter.booking {
        None => sheet.new_bookings.push((booking, payload)),
        Some(old) if payload.is_some() || !rows::says_the_same(old, &booking) => {
            sheet.changed_bookings.push((booking, payload));
        }
        Some(_) => {}
    }
    sheet.new_changes.extend(new_changes);
    sheet.changed_changes.extend(changed_changes);
    sheet.gone_attendees.extend(gone_attendees);
    sheet.attendees.extend(put_attendees);
    if !gone.is_empty() {
        sheet.gone_activities.push((id, gone));
    }
    sheet.activities.extend(put);
}

/// Rows that are there, without what no story tells.
fn as_told(found: &[Activity], now: Timestamp) -> Vec<Activity> {
    let told = found.iter().cloned().map(|entry| Activity {
        id: 0,
        created_at: now,
        ..entry
    });
    told.collect()
}

/// The activities that are there, told from the facts that are there: the table need not be read.
fn had_activities(
    chapter: &Chapter,
    id: BookingId,
    entries: &impl Fn(&Story, &LeadsByKey, &str) -> Vec<Activity>,
) -> Vec<Activity> {
    let Some(old) = &chapter.booking else {
        return Vec::new();
    };
    let leads = chapter
        .old_attendees
        .iter()
        .filter(|attendee| attendee.booking_id == id)
        .filter_map(|attendee| Some((attendee.attendee_key.clone(), attendee.lead_id?)))
        .collect();
    chapter
        .old_stories
        .iter()
        .find(|(told_of, _)| *told_of == id)
        .map(|(_, story)| entries(story, &leads, &old.booking_type))
        .unwrap_or_default()
}

/// The body of the fact that told the details last, if it is one of the new ones.
fn payload(chapter: &Chapter, items: &[Item]) -> Option<RawJson> {
    let told_by = chapter.story.standing.told_by.as_ref()?;
    let fact = chapter
        .new_facts
        .iter()
        .find(|fact| fact.fact.fingerprint == *told_by)?;
    items.get(fact.item)?.payload.clone()
}

fn fill_references(sheet: &mut Sheet, chapter: &Chapter, id: BookingId) {
    let row = |reference: &Reference| ReferenceRow {
        connection_id: chapter.connection_id,
        reference: reference.clone(),
        booking_id: id,
    };
    sheet.references.extend(chapter.references.iter().map(row));
    sheet
        .gone_changes
        .extend(chapter.gone_changes.iter().map(|change| change.id));
    if chapter.gone_changes.is_empty() && chapter.found.is_none() {
        return;
    }
    let told: BTreeSet<&Reference> = chapter
        .old_changes
        .iter()
        .map(|change| &change.change.0)
        .chain(chapter.new_facts.iter().map(|fact| &fact.fact.change))
        .flat_map(|change| &change.identity.references)
        .collect();
    let gone = chapter
        .gone_changes
        .iter()
        .flat_map(|change| &change.change.0.identity.references)
        .filter(|reference| !told.contains(reference))
        .map(row);
    sheet.gone_references.extend(gone);
    let Some(found) = &chapter.found else {
        return;
    };
    let own = |row: &&ReferenceRow| {
        row.connection_id == chapter.connection_id
            && row.reference.kind != ReferenceKind::Former
            && !told.contains(&row.reference)
    };
    sheet
        .gone_references
        .extend(found.references.iter().filter(own).cloned());
    sheet.gone_references.sort();
    sheet.gone_references.dedup();
    let missing = told
        .iter()
        .filter(|told| !chapter.references.contains(told))
        .filter(|told| found.references.iter().all(|row| row.reference != ***told))
        .map(|told| row(told));
    sheet.wrong_references.extend(missing);
}

fn fill_deed(
    sheet: &mut Sheet,
    scope: &Scope,
    chapter: &Chapter,
    items: &[Item],
    booking: &Booking,
) {
    let face = |booking: &Booking| {
        json!({
            "status": booking.status,
            "confirmation": booking.confirmation.as_str(),
            "start_time": booking.scheduled_at,
        })
    };
    let moved = chapter
        .new_facts
        .iter()
        .filter(|fact| {
            chapter
                .story
                .steps
                .iter()
                .any(|step| step.fingerprint == fact.fact.fingerprint && step.note.is_none())
        })
        .filter_map(|fact| items.get(fact.item))
        .next_back();
    let Some(item) = moved else { return };
    let mut deed = Deed::of(scope, "booking.apply", "booking", booking.id).after(face(booking));
    deed.actor = item.actor.clone();
    deed.before = chapter.booking.as_ref().map(face);
    sheet.deeds.push(deed);
}

/// The job that completes the booking moves and dies with it.
fn fill_jobs(
    sheet: &mut Sheet,
    scope: &Scope,
    rules: Rules<'_>,
    chapter: &Chapter,
    booking: &Booking,
    now: Timestamp,
) {
    let due = |state_open: bool, ends_at: Option<Timestamp>, heard_at: Timestamp| {
        let news = ends_at.is_some_and(|ends_at| heard_at.duration_since(ends_at) < OLD_NEWS);
        ends_at.filter(|_| state_open && news && rules.complete_after_end)
    };
    let is_open = booking.status == "scheduled" && booking.confirmation.as_str() == "confirmed";
    let wanted = due(is_open, booking.ends_at, booking.created_at);
    let old = chapter.booking.as_ref();
    let had = old.and_then(|old| {
        let was_open = old.status == "scheduled" && old.confirmation.as_str() == "confirmed";
        due(was_open, old.ends_at, old.created_at)
    });
    match (had, wanted) {
        (had, Some(ends_at)) if had != Some(ends_at) => sheet.jobs.push(NewJob {
            tenant_id: scope.tenant_id(),
            kind: Kind::CompleteBooking.as_str(),
            unique_key: Kind::CompleteBooking.key(booking.id),
            payload: json!({ "booking_id": booking.id }),
            run_at: ends_at.max(now),
        }),
        (Some(_), None) => sheet.gone_jobs.push(Kind::CompleteBooking.key(booking.id)),
        _ => {}
    }
}

fn note_leads(report: &mut RowChanges, new: &[Lead], changed: &[(Lead, Lead)]) {
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
fn note_rest(report: &mut RowChanges, sheet: &Sheet, chapters: &[Chapter]) {
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
