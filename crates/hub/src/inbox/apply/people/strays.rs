//! Leads that were made for an attendee who turned out to be somebody else.
//!
//! A cancellation without our metadata makes a lead of whom it names; the creation that comes after it names another
//! one. Had they come in order, there would be only that one: the first goes, if it says nothing of its own.

use std::collections::BTreeSet;

use calbridge_core::ids::LeadId;
use calbridge_store::{
    StoreError,
    audit::Deed,
    leads::{self, Lead},
    sql::Tx,
};
use serde_json::json;

use super::{BookingFace, People, bookers_of, current, profile};
use crate::inbox::apply::{Telling, writing::Desk};

/// Delete leads whom a booking made and then left, and who have nothing else; tell the audit log.
pub(in crate::inbox::apply) async fn remove(
    tx: &mut Tx,
    desk: Desk<'_>,
    people: &People,
    tellings: &[Telling<'_>],
) -> Result<Vec<Deed>, StoreError> {
    let strays: BTreeSet<LeadId> = tellings
        .iter()
        .flat_map(|telling| of_telling(desk, people, telling))
        .collect();
    let strays: Vec<LeadId> = strays.into_iter().collect();
    let gone = leads::delete_unused(tx, desk.scope, &strays).await?;
    let deed = |id: LeadId| {
        Deed::of(desk.scope, "lead.forget", "lead", id).before(
            json!({ "lead_id": id, "why": "its only booking turned out to be another lead's" }),
        )
    };
    Ok(gone.into_iter().map(deed).collect())
}

fn of_telling(desk: Desk<'_>, people: &People, telling: &Telling<'_>) -> Vec<LeadId> {
    let chapter = telling.chapter;
    let (Some(booking), [(_, story)]) = (&chapter.booking, chapter.old_stories.as_slice()) else {
        return Vec::new();
    };
    let face = BookingFace {
        id: telling.id,
        provider: chapter.provider,
        booking_type: &booking.booking_type,
    };
    let mut strays = Vec::new();
    for old in &chapter.old_attendees {
        let left = |id: &LeadId| telling.leads.values().all(|lead_id| lead_id != id);
        let Some(lead) = old.lead_id.filter(left).and_then(|id| people.as_stored(id)) else {
            continue;
        };
        let mut made = Lead::new(lead.tenant_id, lead.id, desk.now);
        for attendee in bookers_of(&story.standing).filter(|one| one.key == old.attendee_key) {
            made.email.clone_from(&lead.email_key);
            made.email_key.clone_from(&lead.email_key);
            made.phone_key.clone_from(&lead.phone_key);
            profile::learn_profile(&mut made, &story.standing, attendee);
            profile::learn_origin(&mut made, desk.rules, &story.standing, attendee, &face);
            current::learn_alone(&mut made, desk.rules, story, attendee, &face);
        }
        if says_the_same(lead, made) {
            strays.push(lead.id);
        }
    }
    strays
}

/// Whether a lead is as its booking made it, apart from when that was.
fn says_the_same(lead: &Lead, made: Lead) -> bool {
    let made = Lead {
        public_id: lead.public_id,
        status_at: lead.status_at,
        booked_at: lead.booked_at,
        current_booking_rank: lead.current_booking_rank.clone(),
        first_utm_at: lead.first_utm_at,
        last_utm_at: lead.last_utm_at,
        told_at: lead.told_at.clone(),
        created_at: lead.created_at,
        updated_at: lead.updated_at,
        ..made
    };
    *lead == made
}
