//! What a fact tells besides what happened: details and people.

use jiff::Timestamp;

use super::{Base, Teller, Times};
use crate::{
    change::{Attendee, AttendeeRole, BOOKER, Change, Dated, What},
    state::Confirmation,
    story::{AttendeeStanding, Fact, Place, Told, snapshot},
};

/// What a fact's details are worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worth {
    /// They say how it is now.
    News,
    /// They only fill gaps.
    Gaps,
}

impl Teller {
    /// A fact that does not say how the booking stands proves that it exists.
    pub(super) fn witness(&mut self, at: Timestamp, fact: &Fact) {
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return;
        }
        self.absorb(at, fact, Times::IfUnknown);
        if self.base == Base::Hinted && fact.change.details.start.is_some() {
            self.base = Base::Open(Confirmation::Confirmed);
        }
    }

    /// Whether a record tells of a beginning that a message has told of, which knows better how it was.
    pub(super) fn knows_the_beginning(&self, change: &Change, new_generation: bool) -> bool {
        change.dated == Dated::BySnapshot
            && snapshot::begins(&change.what)
            && !matches!(change.what, What::Joined { .. })
            && !new_generation
            && self.base != Base::Hinted
    }

    /// What a record tells is no newer than what messages told, nor is its reading the time of anything.
    pub(super) fn fill_gaps(&mut self, at: Timestamp, fact: &Fact) {
        self.take_in(at, fact, Times::IfUnknown, Worth::Gaps);
    }

    pub(super) fn absorb(&mut self, at: Timestamp, fact: &Fact, times: Times) {
        // Cal.com makes its clock messages when the booking is made: they know nothing newer (section 3.6).
        let worth = match fact.change.what {
            What::Started | What::Completed => Worth::Gaps,
            _ => Worth::News,
        };
        self.take_in(at, fact, times, worth);
    }

    fn take_in(&mut self, at: Timestamp, fact: &Fact, times: Times, worth: Worth) {
        let details = &fact.change.details;
        let standing = &mut self.standing;
        let only_gaps = worth == Worth::Gaps;
        let keep = |slot: &mut Option<String>, told: &Option<String>| {
            if told.is_some() && (slot.is_none() || !only_gaps) {
                slot.clone_from(told);
            }
        };
        // Nor is a marker for a video room newer than the room.
        let marker = details
            .location
            .as_deref()
            .is_some_and(|place| place.starts_with("integrations:"));
        if !(marker && standing.location.is_some()) {
            keep(&mut standing.location, &details.location);
        }
        keep(&mut standing.title, &details.title);
        keep(&mut standing.description, &details.description);
        keep(&mut standing.event_type, &details.event_type);
        keep(&mut standing.event_type_slug, &details.event_type_slug);
        keep(&mut standing.meeting_url, &details.meeting_url);
        keep(&mut standing.currency, &details.currency);
        keep(&mut standing.series, &details.series);
        keep(&mut standing.claimed_tenant, &details.claimed_tenant);
        Told::tell(&mut standing.notes, details.notes.as_ref(), at);
        standing.number = details.number.or(standing.number);
        standing.capacity = details.capacity.or(standing.capacity);
        standing.price = details.price.or(standing.price);
        standing.lead_id = details.lead_id.or(standing.lead_id);
        standing.group = details.group.unwrap_or(standing.group);
        if !details.hosts.is_empty() && (standing.hosts.is_empty() || !only_gaps) {
            standing.hosts.clone_from(&details.hosts);
        }
        if !details.utm.is_empty() {
            Told::tell(&mut standing.last_utm, Some(&details.utm), at);
            standing.first_utm = standing.first_utm.take().or(standing.last_utm.clone());
        }
        if fact.change.identity.subject.is_some() && (standing.told_by.is_none() || !only_gaps) {
            standing.told_by = Some(fact.fingerprint.clone());
        }
        let tells_end = self.standing.end.is_none() && details.start == self.standing.start;
        if times == Times::Take || self.standing.start.is_none() || tells_end {
            self.take_times(details);
        }
        if !self.standing.group {
            for attendee in &details.attendees {
                if only_gaps {
                    self.recognize(attendee, at);
                } else {
                    self.meet(attendee, at);
                }
            }
            // Metadata may name the booker's lead without a word about the booker.
            if details.lead_id.is_some() && details.attendees.is_empty() {
                let booker = Attendee {
                    key: BOOKER.to_owned(),
                    ..Attendee::default()
                };
                self.meet(&booker, at);
            }
        }
    }

    /// Somebody is described by a message that knows nothing newer than their booking: it only fills gaps, and
    /// whatever anybody else tells, whenever, is newer.
    pub(super) fn recognize(&mut self, described: &Attendee, at: Timestamp) {
        let known = self.attendees.get(&described.key).cloned();
        let attendee = self.meet(described, Timestamp::UNIX_EPOCH);
        if let Some(known) = known {
            attendee.name = known.name.or(attendee.name.take());
            attendee.email = known.email.or(attendee.email.take());
            attendee.phone = known.phone.or(attendee.phone.take());
            attendee.time_zone = known.time_zone.or(attendee.time_zone.take());
            attendee.language = known.language.or(attendee.language.take());
        } else {
            attendee.joined_at = at;
            attendee.changed_at = at;
        }
    }

    pub(super) fn meet(&mut self, described: &Attendee, at: Timestamp) -> &mut AttendeeStanding {
        let attendee = self
            .attendees
            .entry(described.key.clone())
            .or_insert_with(|| AttendeeStanding {
                key: described.key.clone(),
                role: described.role,
                name: None,
                email: None,
                phone: None,
                time_zone: None,
                language: None,
                external_id: None,
                first_email: None,
                first_phone: None,
                place: Place::Taken,
                absent: None,
                joined_at: at,
                made_at: None,
                changed_at: at,
            });
        // The one who booked is never demoted to somebody brought along.
        if described.role == AttendeeRole::Booker {
            attendee.role = AttendeeRole::Booker;
        }
        Told::tell(&mut attendee.name, described.name.as_ref(), at);
        Told::tell(&mut attendee.email, described.email.as_ref(), at);
        Told::tell(&mut attendee.phone, described.phone.as_ref(), at);
        Told::tell(&mut attendee.time_zone, described.time_zone.as_ref(), at);
        Told::tell(&mut attendee.language, described.language.as_ref(), at);
        if attendee.first_email.is_none() {
            attendee.first_email.clone_from(&described.email);
        }
        if attendee.first_phone.is_none() {
            attendee.first_phone.clone_from(&described.phone);
        }
        if described.external_id.is_some() {
            attendee.external_id.clone_from(&described.external_id);
        }
        attendee
    }
}
