//! Applies facts to bookings: loads what a batch needs with a few queries, tells the stories in memory, and writes
//! what changed with a few statements. The batch is one transaction of the caller's.
//!
//! The steps: which facts are about the same booking (`groups`), what the booking looks like then (`rows`), whose
//! leads its attendees are and what that means for them (`people`), and what to write (`writing`).

mod affecting;
mod claiming;
mod emptied;
mod groups;
mod noting;
mod people;
mod report;
mod rows;
mod writing;

use std::collections::BTreeMap;

use calbridge_core::{
    change::Change,
    ids::{BookingId, ConnectionId, WebhookEventId},
    provider::Provider,
    scope::{Actor, Scope},
    story::{Fact, Story, tell},
};
use calbridge_store::{
    StoreError,
    activities::{self, Activity},
    attendees::{self, Attendee},
    booking_changes::{self, BookingChange},
    booking_references::{self, ReferenceRow},
    bookings::{self, Booking},
    sql::{RawJson, Tx},
    tenants::TenantSettings,
};
use jiff::Timestamp;

pub use self::report::{RowChange, RowChanges};
use self::{people::BookingFace, rows::LeadsByKey, writing::Desk};
use crate::connections::Snapshot;

/// Facts from one source, to be applied together.
#[derive(Clone, Debug)]
pub struct Item {
    /// The connection they came by.
    pub connection_id: ConnectionId,
    /// Its provider.
    pub provider: Provider,
    /// Whether somebody unknown becomes a lead.
    pub creates_leads: bool,
    /// The event that told them.
    pub webhook_event_id: Option<WebhookEventId>,
    /// Who brought them to us.
    pub actor: Actor,
    /// The booking they are about, where we know it better than by its references.
    pub booking_id: Option<BookingId>,
    /// The facts.
    pub changes: Vec<Change>,
    /// The body that told them, as it may be shown.
    pub payload: Option<RawJson>,
}

/// What applying an item came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The bookings it is about.
    pub bookings: Vec<BookingId>,
    /// The real changes it made, in words.
    pub moves: Vec<&'static str>,
}

/// What applying needs to know of the tenant.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// The tenant's rules.
    pub tenant: &'a TenantSettings,
    /// The connections: what was remembered of those that we ask must be forgotten.
    pub connections: &'a Snapshot,
}

/// What is beside the ordinary case.
#[derive(Clone, Copy, Debug, Default)]
pub struct Care<'a> {
    /// Compare with every row that is there, instead of taking those for right that need not be read.
    pub thorough: bool,
    /// Ids of facts that are not told any more: they go, and their bookings are told without them. Each booking must
    /// be named by an item.
    pub stale: &'a [i64],
    /// What to do about keys of ours.
    pub keys: Keys,
}

/// What to do about facts that carry the key of an intent of ours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Keys {
    /// They settle it.
    #[default]
    Settle,
    /// Whoever tells them is about to settle it.
    Known,
}

/// Apply the items of one tenant. On PostgreSQL, [`lock`] must have been called in this transaction.
///
/// The answers are in the order of the items. With `report`, every row that changes is noted there.
pub async fn apply(
    tx: &mut Tx,
    scope: &Scope,
    rules: Rules<'_>,
    items: &[Item],
    report: Option<&mut RowChanges>,
    now: Timestamp,
) -> Result<Vec<Applied>, StoreError> {
    apply_with(tx, scope, rules, items, Care::default(), report, now).await
}

/// The same with more care.
pub async fn apply_with(
    tx: &mut Tx,
    scope: &Scope,
    rules: Rules<'_>,
    items: &[Item],
    care: Care<'_>,
    mut report: Option<&mut RowChanges>,
    now: Timestamp,
) -> Result<Vec<Applied>, StoreError> {
    let groups = groups::gather(tx, scope, items).await?;
    let ids: Vec<BookingId> = groups
        .iter()
        .flat_map(|group| group.bookings.iter().copied())
        .collect();
    let mut known = Known::load(tx, scope, &ids, care).await?;
    let gone = |group: &groups::Group| {
        group.makes_booking
            && group
                .bookings
                .iter()
                .any(|id| !known.bookings.contains_key(id))
    };
    if groups.iter().any(gone) {
        // A booking was joined with another between our look at its references and our lock: look again.
        return Err(StoreError::Busy);
    }

    let desk = Desk {
        scope,
        rules,
        items,
        now,
    };
    let mut chapters = Vec::with_capacity(groups.len());
    for group in groups {
        if known.leaves_nothing_of(&group, care) {
            emptied::remove(tx, desk, &group, &known, report.as_deref_mut()).await?;
            continue;
        }
        if let Some(chapter) = Chapter::open(group, items, &mut known, care) {
            chapters.push(chapter);
        }
    }
    let mut people = people::People::load(tx, scope, &chapters).await?;
    let written = writing::write(tx, desk, &chapters, &mut people, care.keys, report).await?;

    let mut applied = vec![Applied::default(); items.len()];
    for (chapter, booking_id) in chapters.iter().zip(written) {
        for fact in &chapter.new_facts {
            let Some(one) = applied.get_mut(fact.item) else {
                continue;
            };
            if !one.bookings.contains(&booking_id) {
                one.bookings.push(booking_id);
            }
            let step = chapter
                .story
                .steps
                .iter()
                .find(|step| step.fingerprint == fact.fact.fingerprint);
            let moves = step.into_iter().flat_map(|step| &step.moves);
            one.moves.extend(moves.map(|one| one.kind.as_str()));
        }
    }
    Ok(applied)
}

/// Keep other nodes from applying facts about the same bookings and people until the end of the transaction.
pub async fn lock(tx: &mut Tx, tenants_and_items: &[(&Scope, &[Item])]) -> Result<(), StoreError> {
    let mut keys = Vec::new();
    for (scope, items) in tenants_and_items {
        for item in *items {
            groups::lock_keys(item, &mut keys);
            people::lock_keys(scope, item, &mut keys);
        }
    }
    // What shares a lock only waits for each other.
    for key in &mut keys {
        *key = key.rem_euclid(LOCKS);
    }
    tx.lock_keys(&keys).await
}

/// How many different locks there are for what batches are about: so many that two batches seldom meet by chance. A
/// full batch takes some 160 of the 6400 that a server with default settings holds at once.
const LOCKS: i64 = 1 << 20;

/// What the database knows of the bookings of a batch.
struct Known {
    bookings: BTreeMap<BookingId, Booking>,
    changes: BTreeMap<BookingId, Vec<BookingChange>>,
    attendees: BTreeMap<BookingId, Vec<Attendee>>,
    /// Where everything is compared.
    found: Option<Found>,
}

/// Rows that otherwise need not be read.
#[derive(Default)]
struct Found {
    activities: Vec<Activity>,
    references: Vec<ReferenceRow>,
}

impl Found {
    async fn load(tx: &mut Tx, scope: &Scope, ids: &[BookingId]) -> Result<Self, StoreError> {
        Ok(Self {
            activities: activities::list_told(tx, scope, ids).await?,
            references: booking_references::list(tx, scope, ids).await?,
        })
    }

    /// Those of some bookings.
    fn of(&self, ids: &[BookingId]) -> Self {
        let is_of = |id: Option<BookingId>| id.is_some_and(|id| ids.contains(&id));
        Self {
            activities: (self.activities.iter())
                .filter(|activity| is_of(activity.booking_id))
                .cloned()
                .collect(),
            references: (self.references.iter())
                .filter(|row| is_of(Some(row.booking_id)))
                .cloned()
                .collect(),
        }
    }
}

impl Known {
    async fn load(
        tx: &mut Tx,
        scope: &Scope,
        ids: &[BookingId],
        care: Care<'_>,
    ) -> Result<Self, StoreError> {
        let bookings = bookings::find_many_for_update(tx, scope, ids).await?;
        let mut changes: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for change in booking_changes::list(tx, scope, ids).await? {
            changes.entry(change.booking_id).or_default().push(change);
        }
        let mut attendees: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for attendee in attendees::list(tx, scope, ids).await? {
            attendees
                .entry(attendee.booking_id)
                .or_default()
                .push(attendee);
        }
        Ok(Self {
            bookings: bookings
                .into_iter()
                .map(|booking| (booking.id, booking))
                .collect(),
            changes,
            attendees,
            found: if care.thorough {
                Some(Found::load(tx, scope, ids).await?)
            } else {
                None
            },
        })
    }

    /// Whether the bookings of a group have no other facts than those that go.
    fn leaves_nothing_of(&self, group: &groups::Group, care: Care<'_>) -> bool {
        let mut changes = group
            .bookings
            .iter()
            .flat_map(|id| self.changes.get(id).into_iter().flatten())
            .peekable();
        group.facts.is_empty()
            && changes.peek().is_some()
            && changes.all(|change| care.stale.contains(&change.id))
    }
}

/// A new fact and the item that brought it.
pub(crate) struct NewFact {
    /// Index of the item.
    item: usize,
    fact: Fact,
}

/// One booking of the batch: as it was, and its story with the new facts.
pub(crate) struct Chapter {
    connection_id: ConnectionId,
    provider: Provider,
    creates_leads: bool,
    /// The booking, if there is one yet.
    booking: Option<Booking>,
    /// Other bookings that turned out to be the same.
    joined: Vec<Booking>,
    /// Its facts so far.
    old_changes: Vec<BookingChange>,
    old_attendees: Vec<Attendee>,
    /// Its story so far; of several that are joined, that of each.
    old_stories: Vec<(BookingId, Story)>,
    new_facts: Vec<NewFact>,
    /// Facts that are not told any more.
    gone_changes: Vec<BookingChange>,
    /// Where everything is compared.
    found: Option<Found>,
    references: Vec<calbridge_core::change::Reference>,
    story: Story,
}

/// A chapter, with whose booking it is.
struct Telling<'a> {
    chapter: &'a Chapter,
    id: BookingId,
    booking_type: &'a str,
    leads: LeadsByKey,
}

impl Telling<'_> {
    fn face(&self) -> BookingFace<'_> {
        BookingFace {
            id: self.id,
            provider: self.chapter.provider,
            booking_type: self.booking_type,
        }
    }
}

impl Chapter {
    /// `None` when there is nothing to tell: the booking is gone, or has no facts.
    fn open(
        group: groups::Group,
        items: &[Item],
        known: &mut Known,
        care: Care<'_>,
    ) -> Option<Self> {
        let mut found: Vec<Booking> = group
            .bookings
            .iter()
            .filter_map(|id| known.bookings.remove(id))
            .collect();
        let mut old_changes = Vec::new();
        let mut gone_changes = Vec::new();
        let mut old_attendees = Vec::new();
        let mut old_stories = Vec::new();
        for booking in &found {
            let changes = known.changes.remove(&booking.id).unwrap_or_default();
            // What somebody wrote by SQL was stored at position 0 and is told now for the first time.
            let told: Vec<BookingChange> = changes
                .iter()
                .filter(|change| change.position > 0)
                .cloned()
                .collect();
            old_stories.extend(tell(&facts(&told)).map(|story| (booking.id, story)));
            for change in changes {
                if care.stale.contains(&change.id) {
                    gone_changes.push(change);
                    continue;
                }
                // Bookings that are joined may share a fact.
                if !old_changes
                    .iter()
                    .any(|old: &BookingChange| old.fingerprint == change.fingerprint)
                {
                    old_changes.push(change);
                }
            }
            old_attendees.extend(known.attendees.remove(&booking.id).unwrap_or_default());
        }
        let mut new_facts: Vec<NewFact> = Vec::new();
        for fact in group.facts {
            let name = &fact.fact.fingerprint;
            let told = old_changes.iter().any(|change| change.fingerprint == *name)
                || new_facts
                    .iter()
                    .any(|other| other.fact.fingerprint == *name);
            if !told {
                new_facts.push(fact);
            }
        }
        let mut all = facts(&old_changes);
        all.extend(new_facts.iter().map(|new| new.fact.clone()));
        let story = tell(&all)?;
        let first = items.get(group.first_item)?;
        let booking = (!found.is_empty()).then(|| found.remove(0));
        if booking.is_none() && !group.makes_booking {
            return None;
        }
        Some(Self {
            connection_id: booking
                .as_ref()
                .map_or(first.connection_id, |booking| booking.connection_id),
            provider: booking
                .as_ref()
                .map_or(first.provider, |booking| booking.booking_provider),
            creates_leads: first.creates_leads,
            booking,
            joined: found,
            old_changes,
            old_attendees,
            old_stories,
            new_facts,
            gone_changes,
            found: known.found.as_ref().map(|found| found.of(&group.bookings)),
            references: group.references,
            story,
        })
    }
}

fn facts(changes: &[BookingChange]) -> Vec<Fact> {
    changes
        .iter()
        .map(|row| Fact {
            fingerprint: row.fingerprint.clone(),
            change: row.change.0.clone(),
        })
        .collect()
}
