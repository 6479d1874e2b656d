//! Hears the facts one by one.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Brief, Fact, Move, MoveKind, Note, Step,
    standing::{AttendeeStanding, Place, Standing, Told},
};
use crate::{
    change::{Attendee, AttendanceMark, AttendeeRole, BOOKER, Change, Details, MarkedBy, What},
    state::{BookingState, Confirmation},
};

/// What is settled about a booking apart from its attendees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Base {
    /// Only hints so far: it must exist, since somebody speaks of it.
    Hinted,
    Open(Confirmation),
    Completed,
    Cancelled(Confirmation),
    Rejected,
}

/// The outcome of hearing a fact.
enum Heard {
    Moved(Vec<Move>),
    Nothing(Note),
}

pub(super) struct Teller {
    base: Base,
    superseded: BTreeSet<String>,
    attendees: BTreeMap<String, AttendeeStanding>,
    standing: Standing,
}

impl Teller {
    pub fn new(first_fact_at: Timestamp) -> Self {
        Self {
            base: Base::Hinted,
            superseded: BTreeSet::new(),
            attendees: BTreeMap::new(),
            standing: Standing {
                state: BookingState::Scheduled,
                subject: None,
                number: None,
                title: None,
                description: None,
                notes: None,
                start: None,
                end: None,
                previous_start: None,
                rescheduled_count: 0,
                event_type: None,
                event_type_slug: None,
                location: None,
                meeting_url: None,
                cancellation_reason: None,
                group: false,
                capacity: None,
                paid: false,
                price: None,
                currency: None,
                series: None,
                hosts: Vec::new(),
                attendees: Vec::new(),
                lead_id: None,
                claimed_tenant: None,
                utm: None,
                assigned_user: None,
                made_at: None,
                first_fact_at,
                changed_at: first_fact_at,
                told_by: None,
            },
        }
    }

    pub fn hear(&mut self, at: Timestamp, fact: &Fact) -> Step {
        let before = (self.base != Base::Hinted || !self.attendees.is_empty()).then(|| self.brief());
        let heard = self.consider(at, fact);
        let (mut moves, note) = match heard {
            Heard::Moved(moves) => (moves, None),
            Heard::Nothing(note) => (Vec::new(), Some(note)),
        };
        if !moves.is_empty() {
            self.standing.changed_at = at;
        }
        for one in &mut moves {
            if one.concerned.is_empty() {
                one.concerned = self.expected_bookers();
            }
            for attendee in self.attendees.values_mut() {
                if one.concerned.contains(&attendee.key) {
                    attendee.changed_at = at;
                }
            }
        }
        Step {
            fingerprint: fact.fingerprint.clone(),
            at,
            note,
            before,
            after: self.brief(),
            moves,
        }
    }

    pub fn into_standing(mut self) -> Standing {
        self.standing.state = self.state();
        let mut attendees: Vec<_> = self.attendees.into_values().collect();
        attendees.sort_by(|a, b| {
            (a.role, a.joined_at, &a.key).cmp(&(b.role, b.joined_at, &b.key))
        });
        self.standing.attendees = attendees;
        self.standing
    }

    fn consider(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        let change = &fact.change;
        let new_generation = match self.generation(change) {
            Generation::Superseded => return Heard::Nothing(Note::Superseded),
            Generation::Current => false,
            Generation::New => true,
        };
        if new_generation && !matches!(change.what, What::Rescheduled { .. }) {
            // A reschedule happened that nobody told us of.
            return self.hear_of_unannounced_move(at, fact);
        }
        self.hear_what(at, fact, new_generation)
    }

    fn hear_what(&mut self, at: Timestamp, fact: &Fact, new_generation: bool) -> Heard {
        let change = &fact.change;
        match &change.what {
            What::Created { confirmation } => self.hear_created(at, fact, *confirmation),
            What::Rescheduled { confirmation } => self.hear_rescheduled(at, fact, *confirmation, new_generation),
            What::Superseded => Heard::Nothing(Note::AwaitsOtherHalf),
            What::Confirmed => match self.base {
                Base::Hinted | Base::Open(Confirmation::Pending) | Base::Rejected => {
                    self.hear_created(at, fact, Confirmation::Confirmed)
                }
                _ => Heard::Nothing(self.settled_note()),
            },
            What::Rejected => match self.base {
                Base::Hinted | Base::Open(_) => {
                    self.absorb(at, fact, Times::IfUnknown);
                    self.base = Base::Rejected;
                    self.standing.cancellation_reason.clone_from(&change.details.reason);
                    self.moved(MoveKind::Declined, change)
                }
                _ => Heard::Nothing(self.settled_note()),
            },
            What::Cancelled { .. } => match self.base {
                Base::Open(confirmation) => self.cancel(at, fact, confirmation),
                Base::Hinted | Base::Completed => self.cancel(at, fact, Confirmation::Confirmed),
                Base::Cancelled(_) | Base::Rejected => Heard::Nothing(self.settled_note()),
            },
            What::Started => {
                if self.is_stale(&change.details) {
                    return Heard::Nothing(Note::StaleTime);
                }
                self.witness(at, fact);
                Heard::Nothing(Note::Informational)
            }
            What::Completed => self.hear_completed(at, fact),
            What::Attendance { marks } => self.hear_attendance(at, fact, marks),
            What::Paid => {
                self.witness(at, fact);
                if self.standing.paid {
                    return Heard::Nothing(Note::Repeated);
                }
                self.standing.paid = true;
                self.moved(MoveKind::Paid, change)
            }
            What::Updated => {
                let place = (self.standing.location.clone(), self.standing.meeting_url.clone());
                self.witness(at, fact);
                let now = (self.standing.location.clone(), self.standing.meeting_url.clone());
                if place == now || place == (None, None) {
                    return Heard::Nothing(Note::Repeated);
                }
                self.moved(MoveKind::Relocated, change)
            }
            What::Reassigned => {
                let hosts = std::mem::take(&mut self.standing.hosts);
                self.witness(at, fact);
                if self.standing.hosts.is_empty() {
                    self.standing.hosts = hosts;
                    return Heard::Nothing(Note::Informational);
                }
                if hosts == self.standing.hosts {
                    return Heard::Nothing(Note::Repeated);
                }
                self.moved(MoveKind::Reassigned, change)
            }
            What::Joined { confirmation, moved } => self.hear_joined(at, fact, *confirmation, *moved),
            What::Left { moved } => self.hear_left(at, fact, *moved),
            What::StatusSet { status } => self.hear_status_set(status, change),
            What::Assigned { user_id } => {
                if self.standing.assigned_user == *user_id {
                    return Heard::Nothing(Note::Repeated);
                }
                self.standing.assigned_user = *user_id;
                self.moved(MoveKind::Assigned, change)
            }
        }
    }

    // What was heard, by kind.

    fn hear_created(&mut self, at: Timestamp, fact: &Fact, confirmation: Confirmation) -> Heard {
        let change = &fact.change;
        let kind = match (self.base, confirmation) {
            (Base::Cancelled(_), _) | (Base::Rejected, Confirmation::Pending | Confirmation::Rejected) => {
                return Heard::Nothing(Note::AfterTheEnd);
            }
            (Base::Completed, _) => {
                self.absorb(at, fact, Times::IfUnknown);
                return Heard::Nothing(Note::Repeated);
            }
            (Base::Hinted, Confirmation::Pending) => MoveKind::Requested,
            (Base::Hinted, _) => MoveKind::Booked,
            (Base::Open(Confirmation::Pending) | Base::Rejected, Confirmation::Confirmed) => MoveKind::Confirmed,
            (Base::Open(_), _) => {
                // A copy; it may still know of a move that nobody told us of.
                let moves: Vec<_> = self.retime(change).into_iter().collect();
                self.absorb(at, fact, Times::IfUnknown);
                return if moves.is_empty() {
                    Heard::Nothing(Note::Repeated)
                } else {
                    Heard::Moved(moves)
                };
            }
        };
        if self.base == Base::Hinted && matches!(change.what, What::Created { .. }) {
            self.standing.made_at = Some(at);
        }
        if kind == MoveKind::Confirmed {
            self.standing.cancellation_reason = None;
        }
        self.base = Base::Open(confirmation);
        self.absorb(at, fact, Times::Take);
        self.moved(kind, change)
    }

    fn hear_rescheduled(
        &mut self,
        at: Timestamp,
        fact: &Fact,
        confirmation: Confirmation,
        new_generation: bool,
    ) -> Heard {
        let change = &fact.change;
        let same_time = change.details.start.is_none() || change.details.start == self.standing.start;
        let ended = matches!(self.base, Base::Cancelled(_) | Base::Rejected);
        if !new_generation && self.base != Base::Hinted {
            if ended {
                return Heard::Nothing(Note::AfterTheEnd);
            }
            if same_time {
                self.absorb(at, fact, Times::IfUnknown);
                return Heard::Nothing(Note::Repeated);
            }
        }
        self.base = Base::Open(confirmation);
        self.begin_generation(change.details.previous_start);
        self.absorb(at, fact, Times::Take);
        self.moved(MoveKind::Rescheduled, change)
    }

    fn hear_of_unannounced_move(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        let start = fact.change.details.start;
        let known = self.base != Base::Hinted;
        let mut moves = Vec::new();
        if known && start.is_some() && start != self.standing.start {
            self.begin_generation(None);
            if !matches!(self.base, Base::Open(_)) {
                self.base = Base::Open(Confirmation::Confirmed);
            }
            self.take_times(&fact.change.details);
            moves.push(self.one_move(MoveKind::Rescheduled, &fact.change));
        }
        match self.hear_what(at, fact, false) {
            Heard::Moved(more) => {
                moves.extend(more);
                Heard::Moved(moves)
            }
            Heard::Nothing(note) if moves.is_empty() => Heard::Nothing(note),
            Heard::Nothing(_) => Heard::Moved(moves),
        }
    }

    fn cancel(&mut self, at: Timestamp, fact: &Fact, confirmation: Confirmation) -> Heard {
        self.absorb(at, fact, Times::IfUnknown);
        self.base = Base::Cancelled(confirmation);
        self.standing
            .cancellation_reason
            .clone_from(&fact.change.details.reason);
        self.moved(MoveKind::Cancelled, &fact.change)
    }

    fn hear_completed(&mut self, at: Timestamp, fact: &Fact) -> Heard {
        if self.is_stale(&fact.change.details) {
            return Heard::Nothing(Note::StaleTime);
        }
        match self.base {
            Base::Hinted | Base::Open(_) if self.state() != BookingState::Cancelled => {
                self.absorb(at, fact, Times::IfUnknown);
                self.base = Base::Completed;
                self.moved(MoveKind::Completed, &fact.change)
            }
            _ => Heard::Nothing(self.settled_note()),
        }
    }

    fn hear_attendance(&mut self, at: Timestamp, fact: &Fact, marks: &[AttendanceMark]) -> Heard {
        self.absorb(at, fact, Times::IfUnknown);
        let mut moves = Vec::new();
        let mut note = Note::NobodyByThatAddress;
        for mark in marks {
            let Some(key) = self.marked(mark, at) else { continue };
            note = Note::Repeated;
            let Some(attendee) = self.attendees.get_mut(&key) else { continue };
            let was = attendee.absent;
            attendee.absent = Some(mark.absent);
            let kind = match (was, mark.absent) {
                (Some(true), false) => MoveKind::NoShowUndone,
                (None | Some(false), true) => MoveKind::NoShow,
                _ => continue,
            };
            moves.push(Move {
                concerned: vec![key],
                ..self.one_move(kind, &fact.change)
            });
        }
        if moves.is_empty() {
            Heard::Nothing(note)
        } else {
            Heard::Moved(moves)
        }
    }

    /// The key of the attendee a mark names. While nobody is known, the mark itself makes somebody known.
    fn marked(&mut self, mark: &AttendanceMark, at: Timestamp) -> Option<String> {
        match &mark.whom {
            MarkedBy::Key(key) => {
                if !self.attendees.contains_key(key) && self.base == Base::Hinted {
                    let attendee = Attendee {
                        key: key.clone(),
                        ..Attendee::default()
                    };
                    self.meet(&attendee, at);
                }
                self.attendees.contains_key(key).then(|| key.clone())
            }
            MarkedBy::Email(email) => {
                let known = self
                    .attendees
                    .values()
                    .find(|attendee| attendee.email.as_ref().is_some_and(|told| told.value == *email))
                    .map(|attendee| attendee.key.clone());
                if known.is_none() && self.base == Base::Hinted {
                    let attendee = Attendee {
                        key: format!("email:{email}"),
                        email: Some(email.clone()),
                        ..Attendee::default()
                    };
                    self.meet(&attendee, at);
                    return Some(attendee.key);
                }
                known
            }
        }
    }

    fn hear_joined(&mut self, at: Timestamp, fact: &Fact, confirmation: Confirmation, came_over: bool) -> Heard {
        let change = &fact.change;
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return Heard::Nothing(Note::AfterTheEnd);
        }
        if self.base == Base::Hinted {
            self.base = Base::Open(confirmation);
            self.standing.made_at = Some(at);
        } else if self.base == Base::Open(Confirmation::Pending) {
            self.base = Base::Open(confirmation);
        }
        let mut moves: Vec<_> = self.retime(change).into_iter().collect();
        self.absorb(at, fact, Times::IfUnknown);
        let kind = match (came_over, confirmation) {
            (true, _) => MoveKind::Rescheduled,
            (false, Confirmation::Pending) => MoveKind::Requested,
            (false, _) => MoveKind::Booked,
        };
        for described in &change.details.attendees {
            let new = !self.attendees.contains_key(&described.key);
            let attendee = self.meet(described, at);
            attendee.made_at.get_or_insert(at);
            if new || attendee.place != Place::Taken {
                attendee.place = Place::Taken;
                attendee.absent = None;
                moves.push(Move {
                    concerned: vec![described.key.clone()],
                    ..self.one_move(kind, change)
                });
            }
        }
        if moves.is_empty() {
            Heard::Nothing(Note::Repeated)
        } else {
            Heard::Moved(moves)
        }
    }

    fn hear_left(&mut self, at: Timestamp, fact: &Fact, goes_over: bool) -> Heard {
        let change = &fact.change;
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return Heard::Nothing(Note::AfterTheEnd);
        }
        if self.base == Base::Hinted {
            self.base = Base::Open(Confirmation::Confirmed);
        }
        self.absorb(at, fact, Times::IfUnknown);
        let mut moves = Vec::new();
        let mut changed = false;
        for described in &change.details.attendees {
            let new = !self.attendees.contains_key(&described.key);
            let attendee = self.meet(described, at);
            if !new && attendee.place != Place::Taken {
                continue;
            }
            attendee.place = if goes_over { Place::Moved } else { Place::Left };
            attendee.changed_at = at;
            changed = true;
            if !goes_over {
                self.standing.cancellation_reason.clone_from(&change.details.reason);
                moves.push(Move {
                    concerned: vec![described.key.clone()],
                    ..self.one_move(MoveKind::Cancelled, change)
                });
            }
        }
        if changed {
            Heard::Moved(moves)
        } else {
            Heard::Nothing(Note::Repeated)
        }
    }

    fn hear_status_set(&mut self, status: &str, change: &Change) -> Heard {
        let now = self.state();
        if now.status() == status {
            return Heard::Nothing(Note::Repeated);
        }
        for attendee in self.attendees.values_mut() {
            if status == "no_show" {
                attendee.absent = Some(true);
            } else if now == BookingState::NoShow {
                attendee.absent = Some(false);
            }
        }
        let (base, kind) = match status {
            "completed" => (Base::Completed, MoveKind::Completed),
            "cancelled" => (Base::Cancelled(now.confirmation()), MoveKind::Cancelled),
            "no_show" => (Base::Completed, MoveKind::NoShow),
            _ => (Base::Open(Confirmation::Confirmed), MoveKind::Booked),
        };
        self.base = base;
        self.moved(kind, change)
    }

    // Generations and times.

    fn generation(&mut self, change: &Change) -> Generation {
        let Some(subject) = &change.identity.subject else {
            return Generation::Current;
        };
        let introduces = matches!(change.what, What::Rescheduled { .. });
        if self.standing.subject.as_ref() == Some(subject) {
            return Generation::Current;
        }
        if self.superseded.contains(subject) && !introduces {
            return Generation::Superseded;
        }
        let first = self.standing.subject.is_none();
        if let Some(old) = self.standing.subject.replace(subject.clone()) {
            self.superseded.insert(old);
        }
        self.superseded.extend(change.identity.former.iter().cloned());
        self.superseded.remove(subject);
        if first { Generation::Current } else { Generation::New }
    }

    /// What belonged to the time that is given up ends with it.
    fn begin_generation(&mut self, previous_start: Option<Timestamp>) {
        self.standing.previous_start = self.standing.start.or(previous_start);
        self.standing.rescheduled_count += 1;
        self.standing.cancellation_reason = None;
        for attendee in self.attendees.values_mut() {
            attendee.absent = None;
        }
    }

    /// A fact about the current generation that knows another start tells of a move nobody announced.
    fn retime(&mut self, change: &Change) -> Option<Move> {
        let told = change.details.start?;
        let known = self.standing.start?;
        if told == known {
            return None;
        }
        self.begin_generation(None);
        self.take_times(&change.details);
        Some(self.one_move(MoveKind::Rescheduled, change))
    }

    fn take_times(&mut self, details: &Details) {
        let Some(start) = details.start else { return };
        let length = match (self.standing.start, self.standing.end) {
            (Some(start), Some(end)) => Some(end.duration_since(start)),
            _ => None,
        };
        let length = details.minutes.map(SignedDuration::from_mins).or(length);
        self.standing.start = Some(start);
        self.standing.end = details
            .end
            .or_else(|| length.and_then(|length| start.checked_add(length).ok()));
    }

    fn is_stale(&self, details: &Details) -> bool {
        let differs = |told: Option<Timestamp>, known: Option<Timestamp>| {
            matches!((told, known), (Some(told), Some(known)) if told != known)
        };
        differs(details.start, self.standing.start) || differs(details.end, self.standing.end)
    }

    // Details and attendees.

    /// A fact that does not say how the booking stands proves that it exists.
    fn witness(&mut self, at: Timestamp, fact: &Fact) {
        if matches!(self.base, Base::Cancelled(_) | Base::Rejected) {
            return;
        }
        self.absorb(at, fact, Times::IfUnknown);
        if self.base == Base::Hinted && fact.change.details.start.is_some() {
            self.base = Base::Open(Confirmation::Confirmed);
        }
    }

    fn absorb(&mut self, at: Timestamp, fact: &Fact, times: Times) {
        let details = &fact.change.details;
        let standing = &mut self.standing;
        // Cal.com makes its clock messages when the booking is made: they know nothing newer (section 3.6).
        let snapshot = matches!(fact.change.what, What::Started | What::Completed);
        let keep = |slot: &mut Option<String>, told: &Option<String>| {
            if told.is_some() && (slot.is_none() || !snapshot) {
                slot.clone_from(told);
            }
        };
        // Nor is a marker for a video room newer than the room.
        let marker = details.location.as_deref().is_some_and(|place| place.starts_with("integrations:"));
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
        if !details.hosts.is_empty() && (standing.hosts.is_empty() || !snapshot) {
            standing.hosts.clone_from(&details.hosts);
        }
        if standing.utm.is_none() && !details.utm.is_empty() {
            standing.utm = Some(Told {
                value: details.utm.clone(),
                at,
            });
        }
        if fact.change.identity.subject.is_some() && (standing.told_by.is_none() || !snapshot) {
            standing.told_by = Some(fact.fingerprint.clone());
        }
        let tells_end = self.standing.end.is_none() && details.start == self.standing.start;
        if times == Times::Take || self.standing.start.is_none() || tells_end {
            self.take_times(details);
        }
        if !self.standing.group {
            for attendee in &details.attendees {
                if snapshot {
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
    fn recognize(&mut self, described: &Attendee, at: Timestamp) {
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

    fn meet(&mut self, described: &Attendee, at: Timestamp) -> &mut AttendeeStanding {
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

    // Summaries.

    fn state(&self) -> BookingState {
        let expected = || {
            self.attendees
                .values()
                .filter(|attendee| attendee.place == Place::Taken)
        };
        let everybody_left = !self.attendees.is_empty() && expected().next().is_none();
        let nobody_came =
            expected().next().is_some() && expected().all(|attendee| attendee.absent == Some(true));
        match self.base {
            Base::Rejected => BookingState::Rejected,
            Base::Cancelled(Confirmation::Pending) => BookingState::Withdrawn,
            Base::Cancelled(_) => BookingState::Cancelled,
            Base::Open(Confirmation::Pending) if everybody_left => BookingState::Withdrawn,
            Base::Hinted | Base::Open(_) | Base::Completed if everybody_left => BookingState::Cancelled,
            Base::Hinted | Base::Open(_) | Base::Completed if nobody_came => BookingState::NoShow,
            Base::Open(Confirmation::Pending) => BookingState::Requested,
            Base::Hinted | Base::Open(_) => BookingState::Scheduled,
            Base::Completed => BookingState::Completed,
        }
    }

    fn expected_bookers(&self) -> Vec<String> {
        self.attendees
            .values()
            .filter(|attendee| attendee.place == Place::Taken && attendee.role == AttendeeRole::Booker)
            .map(|attendee| attendee.key.clone())
            .collect()
    }

    fn brief(&self) -> Brief {
        Brief::of(self.state(), self.standing.start, self.standing.end)
    }

    fn settled_note(&self) -> Note {
        match self.base {
            Base::Cancelled(_) | Base::Rejected => Note::AfterTheEnd,
            _ => Note::Repeated,
        }
    }

    fn moved(&self, kind: MoveKind, change: &Change) -> Heard {
        Heard::Moved(vec![self.one_move(kind, change)])
    }

    fn one_move(&self, kind: MoveKind, change: &Change) -> Move {
        Move {
            kind,
            concerned: Vec::new(),
            start: self.standing.start,
            previous_start: (kind == MoveKind::Rescheduled)
                .then_some(self.standing.previous_start.or(change.details.previous_start))
                .flatten(),
            reason: change.details.reason.clone(),
        }
    }
}

/// Which generation of the booking a fact speaks of.
enum Generation {
    Current,
    New,
    Superseded,
}

/// What a fact's times are worth.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// They are the booking's times from now on.
    Take,
    /// They only fill a gap.
    IfUnknown,
}
