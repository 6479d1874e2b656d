//! Writes what the stories of a batch changed.

use std::collections::BTreeSet;

use calbridge_core::{
    change::{Reference, ReferenceKind},
    ids::BookingId,
    scope::Scope,
    story::Story,
};
use calbridge_store::{
    StoreError,
    activities::{self, Activity},
    attendees::{self, Attendee},
    audit::{self, Deed},
    booking_changes::{self, BookingChange},
    booking_references::{self, ReferenceRow},
    bookings::{self, Booking, ChangedBooking},
    ids,
    jobs::{self, NewJob},
    leads,
    sql::{RawJson, Tx},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    Chapter, Item, Keys, LeadsByKey, RowChanges, Rules, Telling, affecting, claiming, noting,
    people::{self, People},
    rows,
};
use crate::jobs::Kind;

/// A meeting that was over for longer than this when we first heard of it is history: no job completes it.
const OLD_NEWS: SignedDuration = SignedDuration::from_hours(24);

/// Everything a batch writes, table by table.
#[derive(Default)]
pub(super) struct Sheet {
    new_bookings: Vec<(Booking, Option<RawJson>)>,
    changed_bookings: Vec<ChangedBooking>,
    references: Vec<ReferenceRow>,
    /// References that named another booking, or none, though this one's facts tell them.
    pub wrong_references: Vec<ReferenceRow>,
    pub gone_references: Vec<ReferenceRow>,
    gone_changes: Vec<i64>,
    new_changes: Vec<BookingChange>,
    pub changed_changes: Vec<BookingChange>,
    new_attendees: Vec<Attendee>,
    changed_attendees: Vec<(Attendee, Attendee)>,
    pub gone_attendees: Vec<Attendee>,
    activities: Vec<Activity>,
    pub gone_activities: Vec<(BookingId, Vec<String>)>,
    pub jobs: Vec<NewJob>,
    pub gone_jobs: Vec<String>,
    pub deeds: Vec<Deed>,
}

/// What every row of a batch is written with.
#[derive(Clone, Copy)]
pub(super) struct Desk<'a> {
    pub scope: &'a Scope,
    pub rules: Rules<'a>,
    pub items: &'a [Item],
    pub now: Timestamp,
}

/// Write the chapters; answers the booking of each.
pub(super) async fn write(
    tx: &mut Tx,
    desk: Desk<'_>,
    chapters: &[Chapter],
    people: &mut People,
    keys: Keys,
    mut report: Option<&mut RowChanges>,
) -> Result<Vec<BookingId>, StoreError> {
    let Desk {
        scope, rules, now, ..
    } = desk;
    let new = chapters
        .iter()
        .filter(|chapter| chapter.booking.is_none())
        .count();
    let mut fresh_ids = ids::reserve(tx, "bookings", new).await?;
    fresh_ids.reverse();
    let mut tellings = Vec::with_capacity(chapters.len());
    for chapter in chapters {
        let id = match &chapter.booking {
            Some(booking) => booking.id,
            None => BookingId(fresh_ids.pop().ok_or(StoreError::Busy)?),
        };
        tellings.push(people.tell(scope, rules, chapter, id, now));
    }
    people::current::settle(tx, scope, rules, people, &tellings).await?;
    let mut sheet = Sheet::default();
    for telling in &tellings {
        join_others(tx, scope, telling.chapter, telling.id, &mut sheet).await?;
        fill(&mut sheet, desk, telling, report.as_deref_mut());
    }
    let (new_leads, changed_leads) = people.outcome(now);
    if let Some(report) = report {
        noting::leads(report, &new_leads, &changed_leads);
        noting::rest(report, &sheet, chapters);
    }

    // Rows before those that name them.
    leads::insert(tx, &new_leads).await?;
    leads::update(tx, &changed_leads).await?;
    let affected = affecting::of_new(desk, &sheet.new_bookings);
    bookings::insert(tx, &sheet.new_bookings, affected, now).await?;
    let affected = affecting::of_changed(desk, &sheet.changed_bookings);
    bookings::update(tx, &sheet.changed_bookings, affected, now).await?;
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
    attendees::put(tx, &sheet.new_attendees).await?;
    attendees::update(tx, &sheet.changed_attendees).await?;
    for (booking_id, keys) in &sheet.gone_activities {
        activities::delete(tx, scope, *booking_id, keys).await?;
    }
    activities::put(tx, &sheet.activities).await?;
    jobs::cancel(tx, &sheet.gone_jobs).await?;
    jobs::enqueue(tx, sheet.jobs, now).await?;
    for chapter in chapters {
        let gone: Vec<_> = chapter.joined.iter().map(|booking| booking.id).collect();
        let affected = affecting::of_gone(desk, &chapter.joined);
        bookings::delete(tx, scope, &gone, affected, now).await?;
    }
    claiming::settle(
        tx,
        desk,
        &tellings,
        (&sheet.new_bookings, &sheet.changed_bookings),
        keys,
    )
    .await?;
    let strays = people::strays::remove(tx, desk, people, &tellings).await?;
    sheet.deeds.extend(strays);
    audit::append(tx, sheet.deeds, now).await?;
    Ok(tellings.iter().map(|telling| telling.id).collect())
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

/// Note what a telling writes.
fn fill(sheet: &mut Sheet, desk: Desk<'_>, telling: &Telling<'_>, report: Option<&mut RowChanges>) {
    let Desk {
        scope, items, now, ..
    } = desk;
    let Telling {
        chapter,
        id,
        booking_type,
        leads,
    } = telling;
    let id = *id;
    let booking = rows::booking(scope, chapter, id, booking_type, leads, now);
    let attendees = rows::attendees(scope, chapter, id, leads);
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
    let wanted = entries(&chapter.story, leads, booking_type);
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
        noting::booking(report, chapter, &booking);
        noting::told(report, chapter, &new_changes, &put_attendees);
        let had = if chapter.found.is_some() {
            &had[..]
        } else {
            &[]
        };
        noting::activities(report, had, &put);
    }

    fill_deed(sheet, scope, chapter, items, &booking);
    fill_jobs(sheet, scope, chapter, &booking, now);
    fill_references(sheet, chapter, id);
    let payload = payload(chapter, items);
    match &chapter.booking {
        None => sheet.new_bookings.push((booking, payload)),
        Some(old) if payload.is_some() || !rows::says_the_same(old, &booking) => {
            sheet.changed_bookings.push((old.clone(), booking, payload));
        }
        Some(_) => {}
    }
    sheet.new_changes.extend(new_changes);
    sheet.changed_changes.extend(changed_changes);
    sheet.gone_attendees.extend(gone_attendees);
    for attendee in put_attendees {
        let mut olds = chapter.old_attendees.iter();
        match olds.find(|old| old.id == attendee.id) {
            Some(old) => sheet.changed_attendees.push((old.clone(), attendee)),
            None => sheet.new_attendees.push(attendee),
        }
    }
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

/// The job that completes the booking moves and dies with it. It is there also while completing is switched off: the
/// switch is asked when it is due.
fn fill_jobs(
    sheet: &mut Sheet,
    scope: &Scope,
    chapter: &Chapter,
    booking: &Booking,
    now: Timestamp,
) {
    let due = |state_open: bool, ends_at: Option<Timestamp>, heard_at: Timestamp| {
        let news = ends_at.is_some_and(|ends_at| heard_at.duration_since(ends_at) < OLD_NEWS);
        ends_at.filter(|_| state_open && news)
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
            lane: Kind::CompleteBooking.lane(),
        }),
        (Some(_), None) => sheet.gone_jobs.push(Kind::CompleteBooking.key(booking.id)),
        _ => {}
    }
}
