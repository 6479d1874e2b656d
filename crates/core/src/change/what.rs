//! What happened.

use serde::{Deserialize, Serialize};

use crate::state::Confirmation;

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum What {
    /// The booking exists. On a pending one, `Confirmed` means that the host agreed.
    Created {
        /// Whether the host has agreed.
        confirmation: Confirmation,
    },
    /// The booking got another time; the subject is its new generation.
    Rescheduled {
        /// Whether the host has agreed to the new time.
        confirmation: Confirmation,
    },
    /// The subject was given up for another generation, of which another fact will tell (Calendly's first half).
    Superseded,
    /// The host agreed.
    Confirmed,
    /// The host declined.
    Rejected,
    /// Called off.
    Cancelled {
        /// The host asks for another time.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reschedule_requested: bool,
    },
    /// The scheduled start has come.
    Started,
    /// The meeting is over.
    Completed,
    /// Attendees were marked absent, or the mark was taken back.
    Attendance {
        /// Who, and whether absent.
        marks: Vec<AttendanceMark>,
    },
    /// Paid for.
    Paid,
    /// Details changed, for example the place.
    Updated,
    /// Another host.
    Reassigned,
    /// Attendees (those in the details) took places in a group meeting.
    Joined {
        /// Whether the host has agreed.
        confirmation: Confirmation,
        /// They came over from another meeting.
        moved: bool,
    },
    /// Attendees (those in the details) gave up their places in a group meeting.
    Left {
        /// They went over to another meeting.
        moved: bool,
    },
    /// Somebody set the status directly, in the words of `bookings.status`.
    StatusSet {
        /// The word.
        status: String,
    },
    /// Somebody of the tenant was made responsible, or nobody.
    Assigned {
        /// The user.
        user_id: Option<i64>,
    },
}

impl What {
    /// The word in `booking_changes.kind`.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created {
                confirmation: Confirmation::Pending,
            } => "requested",
            Self::Created { .. } => "created",
            Self::Rescheduled { .. } => "rescheduled",
            Self::Superseded => "superseded",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
            Self::Cancelled { .. } => "cancelled",
            Self::Started => "started",
            Self::Completed => "completed",
            Self::Attendance { marks } if marks.iter().any(|mark| mark.absent) => "no_show",
            Self::Attendance { .. } => "no_show_undone",
            Self::Paid => "paid",
            Self::Updated => "updated",
            Self::Reassigned => "reassigned",
            Self::Joined { .. } => "joined",
            Self::Left { .. } => "left",
            Self::StatusSet { .. } => "status_set",
            Self::Assigned { .. } => "assigned",
        }
    }

    /// Facts of one instant are told in this order.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Self::Created { .. } | Self::Joined { .. } => 0,
            Self::Paid | Self::Confirmed => 1,
            Self::Superseded => 2,
            Self::Rescheduled { .. } => 3,
            Self::Updated | Self::Reassigned => 4,
            Self::Started => 5,
            Self::Completed => 6,
            Self::Attendance { .. } => 7,
            Self::Rejected => 8,
            Self::Cancelled { .. } | Self::Left { .. } => 9,
            Self::StatusSet { .. } | Self::Assigned { .. } => 10,
        }
    }
}

/// One attendee marked absent or present.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AttendanceMark {
    /// Whom the provider named.
    pub whom: MarkedBy,
    /// Absent, or the mark taken back.
    pub absent: bool,
}

/// How a provider names the attendee it marks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MarkedBy {
    /// By [`super::Attendee::key`].
    Key(String),
    /// By e-mail address, normalized.
    Email(String),
}
