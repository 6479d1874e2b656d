//! Where a booking stands after all its facts.

use jiff::Timestamp;

use crate::{
    change::{AttendeeRole, Host, Utm},
    person::PersonName,
    state::BookingState,
};

/// A value and when it was told. The later telling wins; of two at once, the greater value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told<T> {
    /// What was told.
    pub value: T,
    /// When.
    pub at: Timestamp,
}

impl<T: Clone + PartialEq> Told<T> {
    pub(super) fn tell(slot: &mut Option<Self>, value: Option<&T>, at: Timestamp) {
        if let Some(value) = value {
            *slot = Some(Self {
                value: value.clone(),
                at,
            });
        }
    }
}

/// Where a booking stands.
#[derive(Clone, PartialEq, Debug)]
pub struct Standing {
    /// State.
    pub state: BookingState,
    /// The provider's name of the current generation.
    pub subject: Option<String>,
    /// The provider's integer of the current generation.
    pub number: Option<i64>,
    /// Title.
    pub title: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// What the booker wrote, and when.
    pub notes: Option<Told<String>>,
    /// Start.
    pub start: Option<Timestamp>,
    /// End.
    pub end: Option<Timestamp>,
    /// Start before the last reschedule.
    pub previous_start: Option<Timestamp>,
    /// How often it was moved.
    pub rescheduled_count: i32,
    /// The provider's event type id or URI.
    pub event_type: Option<String>,
    /// The provider's slug of the event type.
    pub event_type_slug: Option<String>,
    /// Place.
    pub location: Option<String>,
    /// Link to the meeting.
    pub meeting_url: Option<String>,
    /// Why it was called off or declined.
    pub cancellation_reason: Option<String>,
    /// Several may book places.
    pub group: bool,
    /// How many places.
    pub capacity: Option<i64>,
    /// Paid for.
    pub paid: bool,
    /// Price in minor units.
    pub price: Option<i64>,
    /// ISO 4217 code.
    pub currency: Option<String>,
    /// Series of a recurring booking.
    pub series: Option<String>,
    /// Who is met.
    pub hosts: Vec<Host>,
    /// Who comes, in the order in which we would list them.
    pub attendees: Vec<AttendeeStanding>,
    /// The lead named by the booking's metadata.
    pub lead_id: Option<i64>,
    /// The tenant named by the booking's metadata.
    pub claimed_tenant: Option<String>,
    /// Where the booker came from, as it was told first.
    pub first_utm: Option<Told<Utm>>,
    /// Where the booker came from, as it was told last.
    pub last_utm: Option<Told<Utm>>,
    /// The user of ours who is responsible.
    pub assigned_user: Option<i64>,
    /// When it was made, if a fact tells.
    pub made_at: Option<Timestamp>,
    /// The earliest fact.
    pub first_fact_at: Timestamp,
    /// The last real change.
    pub changed_at: Timestamp,
    /// The fact that told the details last; its body is the booking's payload.
    pub told_by: Option<String>,
}

impl Standing {
    /// Orders an attendee's bookings by when they were made: the greatest is the current one. Bookings whose
    /// making nobody told of come first, so that a late word about it never moves a booking back.
    pub fn age_rank(&self, attendee: &AttendeeStanding) -> String {
        let made_at = if self.group {
            attendee.made_at
        } else {
            self.made_at
        };
        let at = made_at.unwrap_or(attendee.joined_at);
        let known = u8::from(made_at.is_some());
        format!(
            "{known}|{at:.6}|{}",
            self.subject.as_deref().unwrap_or_default()
        )
    }

    /// What the booking means for one attendee.
    pub fn outlook(&self, attendee: &AttendeeStanding) -> Outlook {
        let missed = attendee.absent == Some(true);
        match (attendee.place, self.state) {
            (Place::Moved, _) => Outlook::Elsewhere,
            (Place::Left, _)
            | (_, BookingState::Withdrawn | BookingState::Cancelled | BookingState::Rejected) => {
                Outlook::Lost
            }
            (Place::Taken, BookingState::NoShow) => Outlook::Missed,
            (Place::Taken, _) if missed => Outlook::Missed,
            (Place::Taken, BookingState::Requested | BookingState::Scheduled) => Outlook::Ahead,
            (Place::Taken, BookingState::Completed) => Outlook::Over,
        }
    }
}

/// What a booking means for a person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outlook {
    /// A meeting is ahead.
    Ahead,
    /// The meeting took place.
    Over,
    /// The person did not come.
    Missed,
    /// There will be no meeting.
    Lost,
    /// The person's place is in another booking now.
    Elsewhere,
}

/// Whether an attendee has a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Comes.
    Taken,
    /// Called off their part.
    Left,
    /// Went over to another meeting.
    Moved,
}

impl Place {
    /// The word in `attendees.status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "active",
            Self::Left => "cancelled",
            Self::Moved => "moved",
        }
    }
}

/// Where one attendee stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AttendeeStanding {
    /// Names the attendee within the booking.
    pub key: String,
    /// Booked, or brought along.
    pub role: AttendeeRole,
    /// Name.
    pub name: Option<Told<PersonName>>,
    /// E-mail address.
    pub email: Option<Told<String>>,
    /// Phone number as given.
    pub phone: Option<Told<String>>,
    /// IANA zone.
    pub time_zone: Option<Told<String>>,
    /// Language tag.
    pub language: Option<Told<String>>,
    /// The provider's name for the place.
    pub external_id: Option<String>,
    /// The first e-mail address heard of: it identifies the person, whatever is told later.
    pub first_email: Option<String>,
    /// The first phone number heard of.
    pub first_phone: Option<String>,
    /// Whether they have a place.
    pub place: Place,
    /// Marked absent, marked present again, or never marked.
    pub absent: Option<bool>,
    /// When they were first heard of.
    pub joined_at: Timestamp,
    /// When they took their place in a group meeting, if a fact tells.
    pub made_at: Option<Timestamp>,
    /// The last real change that concerns them.
    pub changed_at: Timestamp,
}
