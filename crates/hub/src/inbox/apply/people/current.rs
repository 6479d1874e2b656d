//! Which of a person's bookings is the current one, and what it makes of the lead.
//!
//! The current booking is the one that was made last; what it means for the person sets the lead's status.

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    ids::{BookingId, LeadId},
    lead::LeadStatus,
    provider::Provider,
    scope::Scope,
    story::{AttendeeStanding, Outlook, Place, Standing, Story},
};
use calbridge_store::{StoreError, attendees, leads::Lead, sql::Tx};
use jiff::Timestamp;

use super::{BookingFace, People, Rules};
use crate::inbox::apply::{Care, Chapter, Known, Telling, facts};

/// What a booking says of one person, as a lead shows its current booking.
struct Claim {
    booking_id: BookingId,
    rank: String,
    status: Option<LeadStatus>,
    number: String,
    url: Option<String>,
    start: Option<Timestamp>,
    changed_at: Timestamp,
}

impl Claim {
    /// `None` when the person has no place in the booking, and had none that was not given to another booking.
    fn of(
        rules: Rules<'_>,
        story: &Story,
        booking: &BookingFace<'_>,
        is_person: impl Fn(&AttendeeStanding) -> bool,
    ) -> Option<Self> {
        let standing = &story.standing;
        let attendee = decisive(standing, &is_person)?;
        let outlook = standing.outlook(attendee);
        if outlook == Outlook::Elsewhere {
            return None;
        }
        Some(Self {
            booking_id: booking.id,
            rank: standing.age_rank(attendee),
            status: status(rules, story, outlook).cloned(),
            number: match (booking.provider, standing.number) {
                (Provider::CalCom, Some(number)) => number.to_string(),
                _ => booking.id.to_string(),
            },
            url: standing.meeting_url.clone(),
            start: standing.start,
            changed_at: attendee.changed_at,
        })
    }

    /// Show the booking as the lead's current one. Only news changes the status: what somebody set by hand meanwhile
    /// stays until then.
    fn show(self, lead: &mut Lead, status_before: Option<&LeadStatus>) {
        lead.current_booking_id = Some(self.booking_id);
        lead.current_booking_rank = Some(self.rank);
        lead.booking_id = Some(self.number);
        lead.booking_url = self.url;
        lead.booked_at = self.start;
        let Some(status) = self.status else { return };
        if status_before != Some(&status) {
            status.as_str().clone_into(&mut lead.status);
        }
        if lead.status == status.as_str() {
            lead.status_at = self.changed_at;
        }
    }
}

/// The status that a booking gives its attendee: by the tenant's rule for what the booking means now or, where the
/// rule leaves the status alone, for what it meant before.
fn status<'r>(rules: Rules<'r>, story: &Story, outlook: Outlook) -> Option<&'r LeadStatus> {
    let took_place = || {
        let completed = |status: &str| status == "completed";
        story.steps.iter().any(|step| completed(&step.after.status))
    };
    let before: &[Outlook] = match outlook {
        Outlook::Ahead | Outlook::Elsewhere => &[],
        Outlook::Missed if took_place() => &[Outlook::Over, Outlook::Ahead],
        Outlook::Over | Outlook::Missed | Outlook::Lost => &[Outlook::Ahead],
    };
    let rules = &rules.tenant.lead_statuses;
    std::iter::once(&outlook)
        .chain(before)
        .find_map(|outlook| rules.status(*outlook))
}

/// Of one person's places in a booking, the one that says what the booking means for the person: one they still have,
/// and of those the one taken last.
fn decisive(
    standing: &Standing,
    is_person: impl Fn(&AttendeeStanding) -> bool,
) -> Option<&AttendeeStanding> {
    let mine = standing.attendees.iter().filter(|one| is_person(one));
    mine.max_by_key(|attendee| {
        let held = attendee.place == Place::Taken;
        (held, standing.age_rank(attendee), attendee.key.clone())
    })
}

/// What came of telling a lead of a booking.
#[derive(PartialEq, Eq)]
pub(super) enum Told {
    /// The lead knows its current booking.
    Settled,
    /// The booking was the current one, and another one of the person's may be now.
    Fell,
}

/// Tell a lead what a booking says of it.
pub(super) fn learn_booking(
    lead: &mut Lead,
    rules: Rules<'_>,
    chapter: &Chapter,
    attendees: &[&AttendeeStanding],
    booking: &BookingFace<'_>,
) -> Told {
    let is_person = |one: &AttendeeStanding| attendees.iter().any(|mine| mine.key == one.key);
    // Of bookings that are joined, the lead knows one.
    let current = lead.current_booking_id;
    let was_current = current.is_some_and(|id| chapter.is_of(booking.id, id));
    let Some(claim) = Claim::of(rules, &chapter.story, booking, is_person) else {
        return if was_current {
            Told::Fell
        } else {
            Told::Settled
        };
    };
    let known = lead.current_booking_rank.as_ref();
    let is_newer = current.is_none() || known.is_none_or(|known| *known < claim.rank);
    if !was_current && !is_newer {
        return Told::Settled;
    }
    let fell = was_current
        && known.is_some_and(|known| is_older(&claim.rank, known, &chapter.story.standing));
    let story_before = chapter
        .old_stories
        .iter()
        .find(|(told_of, _)| current == Some(*told_of));
    let status_before = story_before.and_then(|(_, story)| {
        let old = decisive(&story.standing, is_person)?;
        status(rules, story, story.standing.outlook(old))
    });
    claim.show(lead, status_before);
    if fell { Told::Fell } else { Told::Settled }
}

/// Tell a lead that has no booking yet of its first one.
pub(super) fn learn_alone(
    lead: &mut Lead,
    rules: Rules<'_>,
    story: &Story,
    attendee: &AttendeeStanding,
    booking: &BookingFace<'_>,
) {
    if let Some(claim) = Claim::of(rules, story, booking, |one| one.key == attendee.key) {
        claim.show(lead, None);
    }
}

/// Whether a booking was made earlier than was thought. Its name in the rank changes with every reschedule, and counts
/// only among those of a series, which were made at the same moment.
fn is_older(rank: &str, thought: &str, standing: &Standing) -> bool {
    let when = |rank: &str| rank.rsplit_once('|').map(|(when, _)| when.to_owned());
    if standing.series.is_some() {
        rank < thought
    } else {
        when(rank) < when(thought)
    }
}

impl Chapter {
    /// Whether `id` is this booking, or one that was joined with it.
    fn is_of(&self, own: BookingId, id: BookingId) -> bool {
        id == own || self.joined.iter().any(|joined| joined.id == id)
    }
}

/// Find the current booking of leads whose current one fell: by late news it was made earlier than was thought, or is
/// not theirs.
pub(in crate::inbox::apply) async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    rules: Rules<'_>,
    people: &mut People,
    tellings: &[Telling<'_>],
) -> Result<(), StoreError> {
    let fallen: Vec<LeadId> = std::mem::take(&mut people.fallen).into_iter().collect();
    if fallen.is_empty() {
        return Ok(());
    }
    let of_batch = |id: BookingId| {
        let is_of = |telling: &Telling<'_>| telling.chapter.is_of(telling.id, id);
        tellings.iter().any(is_of)
    };
    let mut elsewhere: BTreeMap<BookingId, BTreeMap<String, LeadId>> = BTreeMap::new();
    for attendee in attendees::of_leads(tx, scope, &fallen).await? {
        if let (Some(lead_id), false) = (attendee.lead_id, of_batch(attendee.booking_id)) {
            let leads = elsewhere.entry(attendee.booking_id).or_default();
            leads.insert(attendee.attendee_key, lead_id);
        }
    }
    let ids: BTreeSet<BookingId> = elsewhere.keys().copied().collect();
    let ids: Vec<BookingId> = ids.into_iter().collect();
    let known = Known::load(tx, scope, &ids, Care::default()).await?;
    for lead_id in fallen {
        let mine = |leads: &BTreeMap<String, LeadId>, one: &AttendeeStanding| {
            leads.get(&one.key) == Some(&lead_id)
        };
        let here = tellings.iter().filter_map(|telling| {
            let face = telling.face();
            Claim::of(rules, &telling.chapter.story, &face, |one| {
                mine(&telling.leads, one)
            })
        });
        let there = elsewhere.iter().filter_map(|(id, leads)| {
            let booking = known.bookings.get(id)?;
            let story = calbridge_core::story::tell(&facts(known.changes.get(id)?))?;
            let face = BookingFace {
                id: *id,
                provider: booking.booking_provider,
                booking_type: &booking.booking_type,
            };
            Claim::of(rules, &story, &face, |one| mine(leads, one))
        });
        let greatest = here.chain(there).max_by(|a, b| a.rank.cmp(&b.rank));
        let Some(lead) = people.get_mut(lead_id) else {
            continue;
        };
        match greatest {
            Some(claim) if lead.current_booking_id == Some(claim.booking_id) => {}
            Some(claim) => claim.show(lead, None),
            None => {
                lead.current_booking_id = None;
                lead.current_booking_rank = None;
                lead.booking_id = None;
                lead.booking_url = None;
                lead.booked_at = None;
            }
        }
    }
    Ok(())
}
