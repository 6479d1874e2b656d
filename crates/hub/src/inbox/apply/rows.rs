//! What a story looks like in the tables.

use std::collections::BTreeMap;

use calbridge_core::{
    activity,
    change::BOOKER,
    ids::{BookingId, LeadId, UserId},
    scope::Scope,
    story::{Note, Place, Story},
    synthetic_address::is_synthetic,
};
use calbridge_store::{
    activities::Activity,
    attendees::Attendee,
    booking_changes::BookingChange,
    bookings::Booking,
    sql::{Json, cut_to_micros},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Chapter, Item};

/// The leads of a booking's attendees, by attendee key.
pub(super) type LeadsByKey = BTreeMap<String, LeadId>;

/// The booking's row. Its times are cut to what the database keeps, so that equal rows compare equal.
pub(super) fn booking(
    scope: &Scope,
    chapter: &Chapter,
    id: BookingId,
    booking_type: &str,
    leads: &LeadsByKey,
    now: Timestamp,
) -> Booking {
    let standing = &chapter.story.standing;
    let old = chapter.booking.as_ref();
    let first_booker = super::people::bookers_of(standing).next();
    Booking {
        id,
        public_id: old.map_or_else(Uuid::now_v7, |old| old.public_id),
        tenant_id: scope.tenant_id(),
        connection_id: chapter.connection_id,
        booking_provider: chapter.provider,
        created_at: old.map_or(now, |old| old.created_at),
        lead_id: super::people::bookers_of(standing)
            .find_map(|attendee| leads.get(&attendee.key))
            .copied(),
        external_booking_id: standing.subject.clone(),
        external_number: standing.number,
        booking_type: booking_type.to_owned(),
        title: standing.title.clone(),
        description: standing.description.clone(),
        notes: standing.notes.as_ref().map(|told| told.value.clone()),
        scheduled_at: standing.start.map(cut_to_micros),
        ends_at: standing.end.map(cut_to_micros),
        previous_start: standing.previous_start.map(cut_to_micros),
        rescheduled_count: standing.rescheduled_count,
        time_zone: first_booker
            .and_then(|attendee| attendee.time_zone.as_ref())
            .map(|told| told.value.clone()),
        event_type_id: standing.event_type.clone(),
        event_type_slug: standing.event_type_slug.clone(),
        status: standing.state.status().to_owned(),
        confirmation: standing.state.confirmation(),
        cancellation_reason: standing.cancellation_reason.clone(),
        location: standing.location.clone(),
        meeting_url: standing.meeting_url.clone(),
        is_group: standing.group,
        capacity: standing.capacity,
        paid: standing.paid,
        price: standing.price,
        currency: standing.currency.clone(),
        series: standing.series.clone(),
        hosts: Json(standing.hosts.clone()),
        assigned_teacher_id: standing.assigned_user.map(UserId),
        told_by: standing.told_by.clone(),
        made_at: standing.made_at.map(cut_to_micros),
        changed_at: cut_to_micros(standing.changed_at),
        revision: old.map_or(1, |old| old.revision + 1),
        updated_at: now,
    }
}

/// Whether two rows of a booking say the same, apart from when they were written.
pub(super) fn says_the_same(old: &Booking, new: &Booking) -> bool {
    let mut old = old.clone();
    old.revision = new.revision;
    old.updated_at = new.updated_at;
    old == *new
}

/// The attendees' rows.
pub(super) fn attendees(
    scope: &Scope,
    chapter: &Chapter,
    id: BookingId,
    leads: &LeadsByKey,
) -> Vec<Attendee> {
    let text =
        |told: Option<&calbridge_core::story::Told<String>>| told.map(|told| told.value.clone());
    chapter
        .story
        .standing
        .attendees
        .iter()
        .map(|attendee| {
            let name = attendee.name.as_ref().map(|told| &told.value);
            let old = chapter
                .old_attendees
                .iter()
                .find(|old| old.attendee_key == attendee.key && old.booking_id == id);
            Attendee {
                id: old.map_or(calbridge_core::ids::AttendeeId(0), |old| old.id),
                tenant_id: scope.tenant_id(),
                booking_id: id,
                attendee_key: attendee.key.clone(),
                role: attendee.role.as_str().to_owned(),
                lead_id: leads.get(&attendee.key).copied(),
                name: name.map(|name| name.full.clone()),
                first_name: name.map(|name| name.first.clone()),
                last_name: name.map(|name| name.last.clone()),
                // One that stands in for a missing address is for providers only.
                email: text(attendee.email.as_ref()).filter(|email| !is_synthetic(email)),
                phone: text(attendee.phone.as_ref()),
                time_zone: text(attendee.time_zone.as_ref()),
                language: text(attendee.language.as_ref()),
                external_id: attendee.external_id.clone(),
                status: match attendee.place {
                    Place::Taken if chapter.story.standing.state.is_called_off() => "cancelled",
                    place => place.as_str(),
                }
                .to_owned(),
                no_show: attendee.absent,
                joined_at: cut_to_micros(attendee.joined_at),
                changed_at: cut_to_micros(attendee.changed_at),
            }
        })
        .collect()
}

/// What the facts' rows say now: new ones, and old ones that say something else than before.
pub(super) fn changes(
    scope: &Scope,
    chapter: &Chapter,
    items: &[Item],
    id: BookingId,
    now: Timestamp,
) -> (Vec<BookingChange>, Vec<BookingChange>) {
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (step, position) in chapter.story.steps.iter().zip(1_i32..) {
        let effective = step.note.is_none();
        let note = step.note.map(|note: Note| note.as_str().to_owned());
        let (before, after) = (
            step.before.clone().map(Json),
            Some(Json(step.after.clone())),
        );
        if let Some(old) = chapter
            .old_changes
            .iter()
            .find(|old| old.fingerprint == step.fingerprint)
        {
            let row = BookingChange {
                position,
                effective,
                note,
                before,
                after,
                ..old.clone()
            };
            if row != *old {
                changed.push(row);
            }
        } else if let Some(fact) = chapter
            .new_facts
            .iter()
            .find(|fact| fact.fact.fingerprint == step.fingerprint)
        {
            let change = &fact.fact.change;
            let item = items.get(fact.item);
            new.push(BookingChange {
                id: 0,
                tenant_id: scope.tenant_id(),
                booking_id: id,
                webhook_event_id: item.and_then(|item| item.webhook_event_id),
                fingerprint: step.fingerprint.clone(),
                kind: change.what.word().to_owned(),
                actor: item.map_or_else(String::new, |item| item.actor.label()),
                cause: change.cause.as_ref().map(|cause| match &cause.who {
                    Some(who) => format!("{}: {who}", cause.role.as_str()),
                    None => cause.role.as_str().to_owned(),
                }),
                occurred_at: cut_to_micros(change.occurred_at),
                position,
                effective,
                note,
                before,
                after,
                change: Json(change.clone()),
                created_at: now,
            });
        }
    }
    (new, changed)
}

/// The entries of timelines that a story calls for.
pub(super) fn activities(
    scope: &Scope,
    story: &Story,
    id: BookingId,
    booking_type: &str,
    leads: &LeadsByKey,
    actor: impl Fn(&str) -> String,
    now: Timestamp,
) -> Vec<Activity> {
    activity::of_story(story, booking_type)
        .into_iter()
        .map(|entry| {
            let lead = leads.get(&entry.attendee_key).or_else(|| {
                // Before anybody was known as the booker, a mark may have named somebody.
                (entry.attendee_key == BOOKER)
                    .then(|| leads.values().next())
                    .flatten()
            });
            Activity {
                id: 0,
                tenant_id: scope.tenant_id(),
                lead_id: lead.copied(),
                booking_id: Some(id),
                actor: actor(&entry.fingerprint),
                activity_key: Some(entry.key),
                activity_type: entry.activity_type,
                subject: entry.subject,
                body: entry.body,
                occurred_at: cut_to_micros(entry.occurred_at),
                created_at: now,
            }
        })
        .collect()
}
