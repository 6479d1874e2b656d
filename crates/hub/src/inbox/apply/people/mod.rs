//! Whose leads the attendees of a batch are, and what the bookings mean for them.

pub(super) mod current;
mod profile;
pub(super) mod strays;

use std::collections::{BTreeMap, BTreeSet};

use calbridge_core::{
    change::AttendeeRole,
    fingerprint,
    ids::{BookingId, LeadId},
    person::{EmailAddress, PhoneNumber},
    provider::Provider,
    scope::Scope,
    story::{AttendeeStanding, Standing},
    synthetic_address,
};
use calbridge_store::{
    StoreError, ids,
    leads::{self, Lead, LeadKeys},
    sql::Tx,
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Chapter, Item, Rules, Telling, rows::LeadsByKey};

/// The leads of a batch: loaded, changed and new ones.
#[derive(Default)]
pub(super) struct People {
    leads: Vec<Lead>,
    /// As they were in the database; `None` for new ones.
    before: Vec<Option<Lead>>,
    by_id: BTreeMap<LeadId, usize>,
    by_public_id: BTreeMap<Uuid, usize>,
    by_email: BTreeMap<String, usize>,
    by_phone: BTreeMap<String, usize>,
    fresh_ids: Vec<i64>,
    /// Those whose current booking may be another one now.
    fallen: BTreeSet<LeadId>,
}

impl People {
    /// Load the leads that the bookers of the chapters may be, and set ids aside for those who are new.
    pub async fn load(
        tx: &mut Tx,
        scope: &Scope,
        chapters: &[Chapter],
    ) -> Result<Self, StoreError> {
        let mut keys = LeadKeys::default();
        for chapter in chapters {
            let standing = &chapter.story.standing;
            keys.ids.extend(standing.lead_id.map(LeadId));
            keys.ids.extend(
                chapter
                    .old_attendees
                    .iter()
                    .filter_map(|attendee| attendee.lead_id),
            );
            for attendee in bookers_of(standing) {
                let (email, phone) = identity(attendee);
                keys.public_ids.extend(stood_in_for(attendee));
                keys.emails.extend(email);
                keys.phones.extend(phone);
            }
        }
        let found = leads::find_many_for_update(tx, scope, &keys).await?;
        let mut people = Self::default();
        for lead in found {
            people.add(lead, true);
        }
        let unknown = chapters
            .iter()
            .filter(|chapter| chapter.creates_leads)
            .flat_map(|chapter| bookers_of(&chapter.story.standing))
            .filter(|attendee| !people.knows(attendee))
            .count();
        people.fresh_ids = ids::reserve(tx, "leads", unknown).await?;
        people.fresh_ids.reverse();
        Ok(people)
    }

    fn knows(&self, attendee: &AttendeeStanding) -> bool {
        if stood_in_for(attendee).is_some_and(|id| self.by_public_id.contains_key(&id)) {
            return true;
        }
        match identity(attendee) {
            (Some(email), _) => self.by_email.contains_key(&email),
            (None, Some(phone)) => self.by_phone.contains_key(&phone),
            (None, None) => false,
        }
    }

    fn add(&mut self, lead: Lead, stored: bool) -> usize {
        let index = self.leads.len();
        self.by_id.insert(lead.id, index);
        self.by_public_id.insert(lead.public_id, index);
        match (&lead.email_key, &lead.phone_key) {
            (Some(email), _) => {
                self.by_email.insert(email.clone(), index);
            }
            (None, Some(phone)) => {
                self.by_phone.insert(phone.clone(), index);
            }
            (None, None) => {}
        }
        self.before.push(stored.then(|| lead.clone()));
        self.leads.push(lead);
        index
    }

    /// The lead of an attendee: the one its metadata names, the one it has, the one for whom its address stands in, by
    /// address, by number, or a new one.
    pub fn lead_of(
        &mut self,
        scope: &Scope,
        chapter: &Chapter,
        attendee: &AttendeeStanding,
        now: Timestamp,
    ) -> Option<LeadId> {
        if attendee.role != AttendeeRole::Booker {
            return None;
        }
        let standing = &chapter.story.standing;
        let (email, phone) = identity(attendee);
        // In a group meeting the metadata may be another attendee's.
        let named = (!standing.group || email.is_none())
            .then_some(standing.lead_id.map(LeadId))
            .flatten();
        if let Some(index) = named.and_then(|id| self.by_id.get(&id)) {
            return self.leads.get(*index).map(|lead| lead.id);
        }
        let had = chapter
            .old_attendees
            .iter()
            .filter(|old| old.attendee_key == attendee.key)
            .find_map(|old| old.lead_id);
        if let Some(index) = had.and_then(|id| self.by_id.get(&id)).copied()
            && let Some(id) = self.keep_lead(index, email.as_deref())
        {
            return Some(id);
        }
        let meant = stood_in_for(attendee).and_then(|id| self.by_public_id.get(&id));
        if let Some(index) = meant {
            return self.leads.get(*index).map(|lead| lead.id);
        }
        let known = match (&email, &phone) {
            (Some(email), _) => self.by_email.get(email),
            (None, Some(phone)) => self.by_phone.get(phone),
            (None, None) => None,
        };
        if let Some(index) = known {
            return self.leads.get(*index).map(|lead| lead.id);
        }
        let nameless = email.is_none() && phone.is_none() && attendee.name.is_none();
        if nameless || !chapter.creates_leads {
            return None;
        }
        let id = LeadId(self.fresh_ids.pop()?);
        let lead = new_lead(scope, id, attendee, email, phone, now);
        self.add(lead, false);
        Some(id)
    }

    /// The lead an attendee has, unless its address has become known meanwhile and is another lead's.
    fn keep_lead(&mut self, index: usize, email: Option<&str>) -> Option<LeadId> {
        let lead = self.leads.get_mut(index)?;
        if let (None, Some(email)) = (&lead.email_key, email) {
            if self.by_email.contains_key(email) {
                return None;
            }
            lead.email = Some(email.to_owned());
            lead.email_key = Some(email.to_owned());
            self.by_email.insert(email.to_owned(), index);
        }
        Some(lead.id)
    }

    /// Find out whose booking a chapter is about, and tell them what it says.
    pub fn tell<'a>(
        &mut self,
        scope: &Scope,
        rules: Rules<'a>,
        chapter: &'a Chapter,
        id: BookingId,
        now: Timestamp,
    ) -> Telling<'a> {
        let standing = &chapter.story.standing;
        let event_type: Vec<&str> = [&standing.event_type, &standing.event_type_slug]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let mut telling = Telling {
            chapter,
            id,
            booking_type: rules
                .tenant
                .booking_types
                .decide(standing.title.as_deref(), &event_type),
            leads: LeadsByKey::new(),
        };
        let mut persons: BTreeMap<LeadId, Vec<&AttendeeStanding>> = BTreeMap::new();
        for attendee in bookers_of(standing) {
            if let Some(lead_id) = self.lead_of(scope, chapter, attendee, now) {
                persons.entry(lead_id).or_default().push(attendee);
                telling.leads.insert(attendee.key.clone(), lead_id);
            }
        }
        for (lead_id, attendees) in &persons {
            self.learn(rules, &telling, attendees, *lead_id);
        }
        for old in &chapter.old_attendees {
            let left = |lead_id: &LeadId| !persons.contains_key(lead_id);
            self.fallen.extend(old.lead_id.filter(left));
        }
        telling
    }

    /// Bring a lead up to date with what a booking tells of its attendees that are this person: mostly one, but a
    /// person may take several places in a group meeting, or give one up and take another.
    fn learn(
        &mut self,
        rules: Rules<'_>,
        telling: &Telling<'_>,
        attendees: &[&AttendeeStanding],
        lead_id: LeadId,
    ) {
        let Some(lead) = self.get_mut(lead_id) else {
            return;
        };
        let (chapter, face) = (telling.chapter, telling.face());
        for attendee in attendees {
            profile::learn_profile(lead, &chapter.story.standing, attendee);
            profile::learn_origin(lead, rules, &chapter.story.standing, attendee, &face);
        }
        if current::learn_booking(lead, rules, chapter, attendees, &face) == current::Told::Fell {
            self.fallen.insert(lead_id);
        }
    }

    fn get_mut(&mut self, id: LeadId) -> Option<&mut Lead> {
        let index = *self.by_id.get(&id)?;
        self.leads.get_mut(index)
    }

    /// A lead as it was before the batch.
    fn as_stored(&self, id: LeadId) -> Option<&Lead> {
        let index = *self.by_id.get(&id)?;
        self.before.get(index)?.as_ref()
    }

    /// New leads, and those that changed with what they were.
    pub fn outcome(&mut self, now: Timestamp) -> (Vec<Lead>, Vec<(Lead, Lead)>) {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (lead, before) in self.leads.iter_mut().zip(&self.before) {
            match before {
                None => new.push(lead.clone()),
                Some(before) if before != lead => {
                    lead.updated_at = now;
                    changed.push((before.clone(), lead.clone()));
                }
                Some(_) => {}
            }
        }
        (new, changed)
    }
}

/// What a lead's row shows of its current booking.
pub(super) struct BookingFace<'a> {
    pub id: BookingId,
    pub provider: Provider,
    pub booking_type: &'a str,
}

/// The locks of an item: one per person it may be about.
pub(super) fn lock_keys(scope: &Scope, item: &Item, keys: &mut Vec<i64>) {
    let tenant = scope.tenant_id().to_string();
    for attendee in item
        .changes
        .iter()
        .flat_map(|change| &change.details.attendees)
    {
        if attendee.role != AttendeeRole::Booker {
            continue;
        }
        if let Some(email) = &attendee.email {
            keys.push(fingerprint::lock_key(["lead-email", &tenant, email]));
        }
        if let Some(phone) = attendee
            .phone
            .as_deref()
            .and_then(|phone| PhoneNumber::parse(phone).ok())
        {
            keys.push(fingerprint::lock_key([
                "lead-phone",
                &tenant,
                phone.as_str(),
            ]));
        }
    }
}

pub(super) fn bookers_of(standing: &Standing) -> impl Iterator<Item = &AttendeeStanding> {
    standing
        .attendees
        .iter()
        .filter(|attendee| attendee.role == AttendeeRole::Booker)
}

/// The public id of the lead for whom the attendee's address stands in.
fn stood_in_for(attendee: &AttendeeStanding) -> Option<Uuid> {
    let email = attendee.first_email.as_deref()?;
    synthetic_address::lead_in(email)
}

/// What identifies a person: the first address heard of, or without one the first number. An address that stands in for a
/// missing one is nobody's.
fn identity(attendee: &AttendeeStanding) -> (Option<String>, Option<String>) {
    let email = attendee
        .first_email
        .as_deref()
        .filter(|email| !synthetic_address::is_synthetic(email))
        .and_then(|email| EmailAddress::parse(email).ok())
        .map(|email| email.as_str().to_owned());
    let phone = attendee
        .first_phone
        .as_deref()
        .filter(|_| email.is_none())
        .and_then(|phone| PhoneNumber::parse(phone).ok())
        .map(|phone| phone.as_str().to_owned());
    (email, phone)
}

fn new_lead(
    scope: &Scope,
    id: LeadId,
    attendee: &AttendeeStanding,
    email: Option<String>,
    phone: Option<String>,
    now: Timestamp,
) -> Lead {
    let name = attendee
        .name
        .as_ref()
        .map(|told| told.value.clone())
        .unwrap_or_default();
    Lead {
        name: name.full,
        first_name: name.first,
        last_name: name.last,
        email: email.clone(),
        email_key: email,
        phone_key: phone,
        status_at: attendee.joined_at,
        ..Lead::new(scope.tenant_id(), id, now)
    }
}
