//! Whether a booking stands here as it stands at its provider, and which facts make it so.
//!
//! The provider's word wins wherever a fact can tell it. What no fact settles is for a person: above all a meeting that
//! was called off here and takes place there.

mod adopt;
mod side;
#[cfg(test)]
mod tests;

pub use self::{adopt::adopt, side::Side};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    change::{AttendanceMark, Attendee, Change, Dated, Details, MarkedBy, What},
    state::BookingState,
    story::{AttendeeStanding, Fact, Place, Standing, tell},
};

/// In what a booking here differs from the provider's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Only the provider knows it.
    MissingHere,
    /// Only we know it.
    MissingThere,
    /// The provider knows a move, or an earlier time, that nobody told us of.
    Rescheduled,
    /// When it takes place.
    Time,
    /// Whether it takes place.
    Status,
    /// Who is met.
    Host,
    /// What was booked.
    EventType,
    /// Who was absent.
    Attendance,
    /// Who has a place in a group meeting.
    Seats,
}

impl Difference {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHere => "missing_here",
            Self::MissingThere => "missing_there",
            Self::Rescheduled => "rescheduled",
            Self::Time => "time",
            Self::Status => "status",
            Self::Host => "host",
            Self::EventType => "event_type",
            Self::Attendance => "attendance",
            Self::Seats => "seats",
        }
    }
}

/// What a comparison found, and what is to be done about it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Finding {
    /// How it differs now.
    pub differences: Vec<Difference>,
    /// Facts that settle it, as far as facts do.
    pub repair: Vec<Change>,
    /// How it differs after that: for a person to look at.
    pub conflicts: Vec<Difference>,
    /// How it stands here, once repaired; nothing while only the provider knows it.
    pub ours: Option<Side>,
    /// How it stands at the provider; nothing of what was given up for another booking there.
    pub theirs: Option<Side>,
}

impl Finding {
    /// Whether both agree.
    pub fn is_agreement(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Compare the facts that are known of a booking with those of the provider's record, read at `read_at`.
pub fn settle(known: &[Fact], record: &[Change], read_at: Timestamp) -> Finding {
    let record_facts: Vec<Fact> = record.iter().cloned().map(Fact::from).collect();
    let (Some(theirs), Some(first)) = (tell(&record_facts), record.first()) else {
        return Finding::default();
    };
    let theirs = theirs.standing;
    let repaired_by = |difference| Finding {
        differences: vec![difference],
        repair: record.to_vec(),
        theirs: Some(Side::of(&theirs)),
        ..Finding::default()
    };
    let Some(ours) = tell(known) else {
        return repaired_by(Difference::MissingHere);
    };
    let ours = ours.standing;
    let told_of_it = |fact: &Fact| fact.change.identity.subject == theirs.subject;
    if !known.iter().any(told_of_it) {
        return repaired_by(Difference::Rescheduled);
    }
    if ours.subject != theirs.subject {
        // A generation that was given up.
        return Finding::default();
    }
    let by_hand = known
        .iter()
        .any(|fact| matches!(fact.change.what, What::StatusSet { .. }));
    let marks = if by_hand { Marks::Ours } else { Marks::Theirs };
    let differences = compare(&ours, &theirs, marks);
    if differences.is_empty() {
        return Finding {
            theirs: Some(Side::of(&theirs)),
            ..Finding::default()
        };
    }
    let mut repair = record.to_vec();
    let after = |repair: &[Change]| {
        let mut all = known.to_vec();
        all.extend(repair.iter().cloned().map(Fact::from));
        tell(&all).map(|story| story.standing)
    };
    if let Some(standing) = after(&repair) {
        let left = compare(&standing, &theirs, marks);
        let desk = Desk {
            ours: &standing,
            theirs: &theirs,
            example: first,
            read_at,
        };
        repair.extend(left.into_iter().flat_map(|one| desk.repair(one)));
    }
    let repaired = after(&repair).unwrap_or(ours);
    let conflicts = compare(&repaired, &theirs, marks);
    if conflicts == differences {
        // Facts that settle nothing are not worth telling.
        repair.clear();
    }
    Finding {
        differences,
        repair,
        conflicts,
        ours: Some(Side::of(&repaired)),
        theirs: Some(Side::of(&theirs)),
    }
}

/// Whose marks of absence count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Marks {
    Theirs,
    /// Somebody here set the status by hand.
    Ours,
}

fn compare(ours: &Standing, theirs: &Standing, marks: Marks) -> Vec<Difference> {
    let called_off = theirs.state.is_called_off();
    let mut found = Vec::new();
    let mut differ = |difference, does: bool| {
        if does {
            found.push(difference);
        }
    };
    differ(Difference::Status, status_differs(ours.state, theirs.state));
    if called_off {
        return found;
    }
    differ(
        Difference::Time,
        (ours.start, ours.end) != (theirs.start, theirs.end),
    );
    differ(Difference::Host, host_differs(ours, theirs));
    differ(
        Difference::EventType,
        theirs.event_type.is_some() && ours.event_type != theirs.event_type,
    );
    differ(
        Difference::Attendance,
        marks == Marks::Theirs && marked_otherwise(ours, theirs).next().is_some(),
    );
    differ(
        Difference::Seats,
        missing(theirs, ours).next().is_some() || gone(ours, theirs).next().is_some(),
    );
    found
}

/// A record says whether a meeting takes place, not how it went.
fn status_differs(ours: BookingState, theirs: BookingState) -> bool {
    use BookingState::{Cancelled, Completed, NoShow, Rejected, Requested, Scheduled, Withdrawn};
    match theirs {
        Requested => ours != Requested,
        Scheduled | Completed | NoShow => !matches!(ours, Scheduled | Completed | NoShow),
        Rejected => ours != Rejected,
        Cancelled | Withdrawn => !matches!(ours, Cancelled | Withdrawn),
    }
}

/// A record names the organizer alone.
fn host_differs(ours: &Standing, theirs: &Standing) -> bool {
    let Some(theirs) = theirs.hosts.first() else {
        return false;
    };
    let is_known = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    !ours.hosts.is_empty()
        && !ours.hosts.iter().any(|host| {
            is_known(&host.email, &theirs.email) || is_known(&host.external_id, &theirs.external_id)
        })
}

fn has_place(standing: &Standing, key: &str) -> bool {
    let mut all = standing.attendees.iter();
    all.any(|one| one.key == key && one.place == Place::Taken)
}

/// Those whose absence the provider sees otherwise.
fn marked_otherwise<'a>(
    ours: &'a Standing,
    theirs: &'a Standing,
) -> impl Iterator<Item = (&'a AttendeeStanding, bool)> {
    theirs.attendees.iter().filter_map(|one| {
        let absent = one.absent == Some(true);
        let known = ours.attendees.iter().find(|known| known.key == one.key)?;
        (known.absent.unwrap_or_default() != absent).then_some((one, absent))
    })
}

/// Those who have a place in a group meeting there and not here.
fn missing<'a>(
    theirs: &'a Standing,
    ours: &'a Standing,
) -> impl Iterator<Item = &'a AttendeeStanding> {
    let places = theirs.attendees.iter();
    places.filter(|one| theirs.group && one.place == Place::Taken && !has_place(ours, &one.key))
}

/// Those who have a place here and not there. A record that names nobody may only not be allowed to.
fn gone<'a>(
    ours: &'a Standing,
    theirs: &'a Standing,
) -> impl Iterator<Item = &'a AttendeeStanding> {
    let is_open = theirs.group && !theirs.attendees.is_empty();
    let places = ours.attendees.iter();
    places.filter(move |one| is_open && one.place == Place::Taken && !has_place(theirs, &one.key))
}

/// Makes facts of what is otherwise at the provider since some time that nobody tells: as of now.
struct Desk<'a> {
    ours: &'a Standing,
    theirs: &'a Standing,
    example: &'a Change,
    read_at: Timestamp,
}

impl Desk<'_> {
    fn repair(&self, difference: Difference) -> Vec<Change> {
        match difference {
            Difference::Time => vec![self.fact(
                What::Rescheduled {
                    confirmation: self.ours.state.confirmation(),
                },
                Details {
                    start: self.theirs.start,
                    end: self.theirs.end,
                    ..Details::default()
                },
            )],
            Difference::Status => self.status().into_iter().collect(),
            Difference::Host => vec![self.fact(
                What::Reassigned,
                Details {
                    hosts: self.theirs.hosts.clone(),
                    ..Details::default()
                },
            )],
            Difference::EventType => vec![self.fact(
                What::Updated,
                Details {
                    event_type: self.theirs.event_type.clone(),
                    event_type_slug: self.theirs.event_type_slug.clone(),
                    ..Details::default()
                },
            )],
            Difference::Attendance => vec![self.attendance()],
            Difference::Seats => self.seats(),
            Difference::MissingHere | Difference::MissingThere | Difference::Rescheduled => {
                Vec::new()
            }
        }
    }

    /// Only what ends a meeting, or agrees to it, is told again.
    fn status(&self) -> Option<Change> {
        let what = match self.theirs.state {
            BookingState::Rejected => What::Rejected,
            BookingState::Cancelled | BookingState::Withdrawn => What::Cancelled {
                reschedule_requested: false,
            },
            BookingState::Scheduled => What::Confirmed,
            BookingState::Requested | BookingState::Completed | BookingState::NoShow => {
                return None;
            }
        };
        Some(self.fact(
            what,
            Details {
                reason: self.theirs.cancellation_reason.clone(),
                ..Details::default()
            },
        ))
    }

    fn attendance(&self) -> Change {
        let marks = marked_otherwise(self.ours, self.theirs)
            .map(|(one, absent)| AttendanceMark {
                whom: MarkedBy::Key(one.key.clone()),
                absent,
            })
            .collect();
        self.fact(What::Attendance { marks }, Details::default())
    }

    fn seats(&self) -> Vec<Change> {
        let joined = missing(self.theirs, self.ours).map(|one| {
            let what = What::Joined {
                confirmation: self.theirs.state.confirmation(),
                moved: false,
            };
            Change {
                // Others may have told of an earlier place of the same person.
                dated: Dated::BySnapshot,
                ..self.fact(what, described(one))
            }
        });
        let left = gone(self.ours, self.theirs)
            .map(|one| self.fact(What::Left { moved: false }, described(one)));
        joined.chain(left).collect()
    }

    fn fact(&self, what: What, details: Details) -> Change {
        Change {
            identity: self.example.identity.clone(),
            occurred_at: self.read_at,
            dated: Dated::ByReceipt,
            cause: self.example.cause.clone(),
            what,
            details: Box::new(details),
        }
    }
}

fn described(attendee: &AttendeeStanding) -> Details {
    let attendee = Attendee {
        key: attendee.key.clone(),
        role: attendee.role,
        name: attendee.name.as_ref().map(|told| told.value.clone()),
        email: attendee.email.as_ref().map(|told| told.value.clone()),
        phone: attendee.phone.as_ref().map(|told| told.value.clone()),
        time_zone: attendee.time_zone.as_ref().map(|told| told.value.clone()),
        language: attendee.language.as_ref().map(|told| told.value.clone()),
        external_id: attendee.external_id.clone(),
    };
    Details {
        group: Some(true),
        attendees: vec![attendee],
        ..Details::default()
    }
}
