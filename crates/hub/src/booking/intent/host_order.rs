//! What a host does with a booking that is there: agree to it, decline it, say who did not come, give it away.
//!
//! None of these makes something new: the booking shows whether it was done, and asking twice does no harm.

use calbridge_core::intent::IntentKind;
use calbridge_providers::calcom_api::{
    Call, Profile,
    bookings::{self, Absences, Attendance, BookingStatus, Bookings, ProviderBooking, Reassigned},
};
use serde::{Deserialize, Serialize};

/// Something to be done with a booking.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(in crate::booking) struct HostOrder {
    /// The provider's name of the booking.
    pub uid: String,
    /// What.
    pub act: HostAct,
}

/// What a host does.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::booking) enum HostAct {
    /// Agree.
    Confirm,
    /// Decline.
    Decline {
        /// Why.
        reason: Option<String>,
    },
    /// Say who did not come, or that they did after all.
    NoShow {
        /// Addresses of attendees, as the provider has them.
        attendees: Vec<String>,
        /// The host as well.
        host: bool,
        /// Did not come; otherwise the mark is taken back.
        absent: bool,
    },
    /// Give it to another host.
    Assign {
        /// The provider's number of the host it has.
        from: Option<i64>,
        /// That of the host who gets it; `None` leaves that to the provider.
        to: Option<i64>,
        /// Why.
        reason: Option<String>,
    },
}

/// A call, by what is answered.
pub(super) enum OrderCall {
    /// With the booking.
    Booking(Call<Bookings>),
    /// With the new host alone.
    Host(Call<Reassigned>),
}

impl HostOrder {
    pub(super) fn kind(&self) -> IntentKind {
        match self.act {
            HostAct::Confirm => IntentKind::Confirm,
            HostAct::Decline { .. } => IntentKind::Decline,
            HostAct::NoShow { .. } => IntentKind::NoShow,
            HostAct::Assign { .. } => IntentKind::Assign,
        }
    }

    pub(super) fn call(&self, profile: Profile) -> OrderCall {
        let uid = &self.uid;
        OrderCall::Booking(match &self.act {
            HostAct::Confirm => bookings::confirm(profile, uid),
            HostAct::Decline { reason } => bookings::decline(profile, uid, reason.as_deref()),
            HostAct::NoShow {
                attendees,
                host,
                absent,
            } => {
                let mark = if *absent {
                    Attendance::Absent
                } else {
                    Attendance::Present
                };
                let absences = Absences {
                    host: host.then_some(mark),
                    attendees: attendees.iter().map(|one| (one.clone(), mark)).collect(),
                };
                bookings::mark_absent(profile, uid, &absences)
            }
            HostAct::Assign { to, reason, .. } => {
                return OrderCall::Host(bookings::reassign(profile, uid, *to, reason.as_deref()));
            }
        })
    }

    /// Whether the booking is as it should be.
    pub(super) fn is_done(&self, booking: &ProviderBooking) -> bool {
        match &self.act {
            HostAct::Confirm => booking.status == BookingStatus::Accepted,
            HostAct::Decline { .. } => booking.status == BookingStatus::Rejected,
            HostAct::NoShow {
                attendees,
                host,
                absent,
            } => {
                let is_marked = |email: &String| {
                    let mut all = booking.attendees.iter();
                    all.any(|one| one.email.as_ref() == Some(email) && one.absent == *absent)
                };
                attendees.iter().all(is_marked) && (!host || booking.host_absent == *absent)
            }
            HostAct::Assign { from, to, .. } => {
                let now = booking.hosts.first().and_then(|host| host.id);
                to.map_or(now.is_some() && now != *from, |to| now == Some(to))
            }
        }
    }

    /// Whether the booking became something with which it cannot be done any more.
    pub(super) fn is_overtaken(&self, booking: &ProviderBooking) -> bool {
        let is_off = match &self.act {
            // A declined booking can still be confirmed.
            HostAct::Confirm | HostAct::Decline { .. } => {
                booking.status == BookingStatus::Cancelled
            }
            HostAct::NoShow { .. } | HostAct::Assign { .. } => matches!(
                booking.status,
                BookingStatus::Cancelled | BookingStatus::Rejected
            ),
        };
        is_off || booking.rescheduled_to.is_some()
    }

    /// What is said when the provider answered well and the booking is as it was.
    pub(super) fn left_alone(&self) -> &'static str {
        match self.act {
            HostAct::Confirm => "the provider did not confirm the booking",
            HostAct::Decline { .. } => "the provider did not decline the booking",
            HostAct::NoShow { .. } => "the provider marked nobody",
            HostAct::Assign { .. } => {
                "the provider left the booking with its host: it reassigns only bookings whose hosts take turns"
            }
        }
    }
}
