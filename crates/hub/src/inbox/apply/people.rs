//! Whose leads the attendees of a batch are, and what the bookings mean for them.

use std::collections::BTreeMap;

use calbridge_core::{
    change::{AttendeeRole, BOOKER},
    fingerprint,
    ids::LeadId,
    lead,
    person::{EmailAddress, PersonName, PhoneNumber},
    provider::Provider,
    scope::Scope,
    story::{AttendeeStanding, Outlook, Place, Standing, Told},
};
use calbridge_store::{
    StoreError, ids,
    leads::{self, Lead, LeadKeys},
    sql::{Json, Tx},
};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Chapter, Item, Rules};

/// The leads of a batch: loaded, changed and new ones.
#[derive(Default)]
pub(super) struct People {
    leads: Vec<Lead>,
    /// As they were in the database; `None` for new ones.
    before: Vec<Option<Lead>>,
    by_id: BTreeMap<LeadId, usize>,
    by_email: BTreeMap<String, usize>,
    by_phone: BTreeMap<String, usize>,
    fresh_ids: Vec<i64>,
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
        match identity(attendee) {
            (Some(email), _) => self.by_email.contains_key(&email),
            (None, Some(phone)) => self.by_phone.contains_key(&phone),
            (None, None) => false,
        }
    }

    fn add(&mut self, lead: Lead, stored: bool) -> usize {
        let index = self.leads.len();
        self.by_id.insert(lead.id, index);
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

    /// The lead of an attendee: the one its metadata names, the one it has, by address, by number, or a new one.
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

    /// Bring a lead up to date with what a booking tells of its attendees that are this person: mostly one, but a
    /// person may take several places in a group meeting, or give one up and take another.
    pub fn learn(
        &mut self,
        rules: Rules<'_>,
        chapter: &Chapter,
        attendees: &[&AttendeeStanding],
        lead_id: LeadId,
        booking: &BookingFace<'_>,
    ) {
        let Some(lead) = self
            .by_id
            .get(&lead_id)
            .and_then(|index| self.leads.get_mut(*index))
        else {
            return;
        };
        let standing = &chapter.story.standing;
        for attendee in attendees {
            learn_profile(lead, standing, attendee);
            learn_origin(lead, rules, standing, attendee, booking);
        }
        learn_booking(lead, rules, chapter, attendees, booking);
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
    pub id: calbridge_core::ids::BookingId,
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

/// What identifies a person: the first address heard of, or without one the first number.
fn identity(attendee: &AttendeeStanding) -> (Option<String>, Option<String>) {
    let email = attendee
        .first_email
        .as_deref()
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
        id,
        public_id: Uuid::now_v7(),
        tenant_id: scope.tenant_id(),
        name: name.full,
        first_name: name.first,
        last_name: name.last,
        email: email.clone(),
        email_key: email,
        phone: None,
        phone_key: phone,
        status: lead::NEW.to_owned(),
        status_at: attendee.joined_at,
        channel: None,
        reference: None,
        source_detail: None,
        activity_notes: None,
        booking_id: None,
        booking_url: None,
        booked_at: None,
        current_booking_id: None,
        current_booking_rank: None,
        time_zone: None,
        language: None,
        consent_gdpr: None,
        consent_marketing: None,
        consent_at: None,
        first_utm: None,
        first_utm_at: None,
        last_utm: None,
        last_utm_at: None,
        told_at: Json(BTreeMap::new()),
        assigned_user_id: None,
        created_at: now,
        updated_at: now,
    }
}

/// Take over what was told later than what is known.
fn newer<T: PartialOrd>(
    told_at: &mut BTreeMap<String, Timestamp>,
    field: &str,
    told: Option<&Told<T>>,
    known: Option<&T>,
) -> bool {
    let Some(told) = told else { return false };
    let later = match told_at.get(field) {
        None => true,
        Some(at) if *at == told.at => known.is_none_or(|known| *known < told.value),
        Some(at) => *at < told.at,
    };
    if later {
        told_at.insert(field.to_owned(), told.at);
    }
    later
}

fn learn_profile(lead: &mut Lead, standing: &Standing, attendee: &AttendeeStanding) {
    let told_at = &mut lead.told_at.0;
    let full_name = attendee.name.as_ref().map(|told| Told {
        value: told.value.full.clone(),
        at: told.at,
    });
    if newer(told_at, "name", full_name.as_ref(), Some(&lead.name)) {
        let PersonName { full, first, last } = attendee
            .name
            .as_ref()
            .map(|told| told.value.clone())
            .unwrap_or_default();
        (lead.name, lead.first_name, lead.last_name) = (full, first, last);
    }
    let mut keep = |field: &str, slot: &mut Option<String>, told: Option<&Told<String>>| {
        if newer(told_at, field, told, slot.as_ref()) {
            *slot = told.map(|told| told.value.clone());
        }
    };
    keep("phone", &mut lead.phone, attendee.phone.as_ref());
    keep(
        "time_zone",
        &mut lead.time_zone,
        attendee.time_zone.as_ref(),
    );
    keep("language", &mut lead.language, attendee.language.as_ref());
    // The notes of a group meeting are somebody's, but we cannot tell whose.
    if !standing.group {
        let notes = standing
            .notes
            .as_ref()
            .filter(|told| !told.value.is_empty())
            .map(|told| Told {
                value: format!("Booking notes: {}", told.value),
                at: told.at,
            });
        keep("activity_notes", &mut lead.activity_notes, notes.as_ref());
    }
    if lead.email_key.is_some() {
        // A person with an address is found by it; the number is only shown.
        lead.phone_key = lead
            .phone
            .as_deref()
            .and_then(|phone| PhoneNumber::parse(phone).ok())
            .map(|phone| phone.as_str().to_owned());
    }
}

fn learn_origin(
    lead: &mut Lead,
    rules: Rules<'_>,
    standing: &Standing,
    attendee: &AttendeeStanding,
    booking: &BookingFace<'_>,
) {
    // The first booking by the provider's clock says why the person came.
    let told_at = &mut lead.told_at.0;
    let first_at = attendee.joined_at;
    if told_at.get("reference").is_none_or(|at| first_at <= *at) {
        told_at.insert("reference".to_owned(), first_at);
        lead.reference = Some(booking.booking_type.to_owned());
        let source = rules
            .tenant
            .source_detail
            .as_deref()
            .unwrap_or("website_direct");
        lead.source_detail = Some(source.to_owned());
    }
    if standing.group && attendee.key != BOOKER {
        return;
    }
    if let Some(told) = &standing.first_utm
        && lead.first_utm_at.is_none_or(|at| told.at < at)
    {
        lead.first_utm = Some(Json(told.value.clone()));
        lead.first_utm_at = Some(told.at);
    }
    if let Some(told) = &standing.last_utm
        && lead.last_utm_at.is_none_or(|at| told.at > at)
    {
        lead.last_utm = Some(Json(told.value.clone()));
        lead.last_utm_at = Some(told.at);
    }
}

/// The lead's current booking is the one that was made last; news of it set the lead's status.
fn learn_booking(
    lead: &mut Lead,
    rules: Rules<'_>,
    chapter: &Chapter,
    attendees: &[&AttendeeStanding],
    booking: &BookingFace<'_>,
) {
    let standing = &chapter.story.standing;
    let Some(attendee) = decisive(standing, attendees.iter().copied()) else {
        return;
    };
    let outlook = standing.outlook(attendee);
    if outlook == Outlook::Elsewhere {
        return;
    }
    let rank = standing.age_rank(attendee);
    // Of bookings that are joined, the lead knows one.
    let current = lead.current_booking_id;
    let was_current = current == Some(booking.id)
        || chapter
            .joined
            .iter()
            .any(|joined| current == Some(joined.id));
    let is_newer = current.is_none()
        || lead
            .current_booking_rank
            .as_ref()
            .is_none_or(|known| *known < rank);
    if !was_current && !is_newer {
        return;
    }
    lead.current_booking_id = Some(booking.id);
    lead.current_booking_rank = Some(rank);
    lead.booking_id = Some(match (booking.provider, standing.number) {
        (Provider::CalCom, Some(number)) => number.to_string(),
        _ => booking.id.to_string(),
    });
    lead.booking_url.clone_from(&standing.meeting_url);
    lead.booked_at = standing.start;

    let outlook_before = chapter
        .old_stories
        .iter()
        .find(|(told_of, _)| current == Some(*told_of))
        .and_then(|(_, story)| {
            let same_person = story
                .standing
                .attendees
                .iter()
                .filter(|old| attendees.iter().any(|new| new.key == old.key));
            let old = decisive(&story.standing, same_person)?;
            Some(story.standing.outlook(old))
        });
    let Some(status) = rules.tenant.lead_statuses.status(outlook) else {
        return;
    };
    // Only news changes the status: what somebody set by hand meanwhile stays until then.
    if outlook_before != Some(outlook) {
        status.as_str().clone_into(&mut lead.status);
    }
    if lead.status == status.as_str() {
        lead.status_at = attendee.changed_at;
    }
}

/// Of one person's places in a booking, the one that says what the booking means for the person: one they still have,
/// and of those the one taken last.
fn decisive<'a>(
    standing: &Standing,
    attendees: impl Iterator<Item = &'a AttendeeStanding>,
) -> Option<&'a AttendeeStanding> {
    attendees.max_by_key(|attendee| {
        let held = attendee.place == Place::Taken;
        (held, standing.age_rank(attendee), attendee.key.clone())
    })
}
