//! What each provider can do for us, and where a person can do what it cannot.

use serde::Serialize;

use crate::provider::Provider;

/// Something that may be wanted of a provider.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// Keep a slot for a while, at the provider.
    Hold,
    /// Make a booking.
    Book,
    /// Move it.
    Reschedule,
    /// Call it off.
    Cancel,
    /// Call off one attendee of a group.
    CancelSeat,
    /// Agree to a booking that waits for its host.
    Confirm,
    /// Decline it.
    Decline,
    /// Say that somebody did not come.
    MarkNoShow,
    /// Take that back.
    UnmarkNoShow,
    /// Give a booking to another host.
    Assign,
    /// List bookings by when they changed last.
    ListByUpdate,
    /// List bookings by when they start.
    ListByStart,
    /// Send our own words along with a booking, and get them back.
    CarryMetadata,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 13] = [
        Self::Hold,
        Self::Book,
        Self::Reschedule,
        Self::Cancel,
        Self::CancelSeat,
        Self::Confirm,
        Self::Decline,
        Self::MarkNoShow,
        Self::UnmarkNoShow,
        Self::Assign,
        Self::ListByUpdate,
        Self::ListByStart,
        Self::CarryMetadata,
    ];

    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Book => "book",
            Self::Reschedule => "reschedule",
            Self::Cancel => "cancel",
            Self::CancelSeat => "cancel_seat",
            Self::Confirm => "confirm",
            Self::Decline => "decline",
            Self::MarkNoShow => "mark_no_show",
            Self::UnmarkNoShow => "unmark_no_show",
            Self::Assign => "assign",
            Self::ListByUpdate => "list_by_update",
            Self::ListByStart => "list_by_start",
            Self::CarryMetadata => "carry_metadata",
        }
    }
}

/// Whether a provider can do something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ability {
    /// It can.
    Can,
    /// It can, within limits.
    Partly(Limit),
    /// It has no call for it, and a person can do it there.
    ByHand(Place),
    /// There is no such thing at the provider.
    Cannot(Reason),
}

/// What bounds an ability.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// Others do not see the slot, but who knows of it can book it. It runs out by itself.
    SoftHold,
    /// Only bookings of teams whose hosts take turns.
    RoundRobinOnly,
    /// Changes of attendees and seats do not count as changes of the booking.
    NotOfAttendees,
    /// In the fields that are for campaigns: `utm_content` is ours.
    InTracking,
}

/// Where a person is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// The attendee's own page for moving the booking.
    ReschedulePage,
    /// The provider's pages, signed in as the host.
    HostPages,
}

/// Why there is no such thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Slots cannot be kept there. Our own hold keeps it from everybody who books through us.
    NoHolds,
    /// Bookings need nobody's agreement there.
    NothingToConfirm,
    /// A booking is called off for everybody or not at all.
    WholeBookingOnly,
    /// Lists go by start.
    NoListByUpdate,
}

/// What a provider can do.
pub fn ability(provider: Provider, operation: Operation) -> Ability {
    match provider {
        Provider::CalCom => at_calcom(operation),
        Provider::Calendly => at_calendly(operation),
    }
}

fn at_calcom(operation: Operation) -> Ability {
    match operation {
        Operation::Book
        | Operation::Reschedule
        | Operation::Cancel
        | Operation::CancelSeat
        | Operation::Confirm
        | Operation::Decline
        | Operation::MarkNoShow
        | Operation::UnmarkNoShow
        | Operation::ListByStart
        | Operation::CarryMetadata => Ability::Can,
        Operation::Hold => Ability::Partly(Limit::SoftHold),
        Operation::Assign => Ability::Partly(Limit::RoundRobinOnly),
        Operation::ListByUpdate => Ability::Partly(Limit::NotOfAttendees),
    }
}

fn at_calendly(operation: Operation) -> Ability {
    match operation {
        Operation::Book
        | Operation::Cancel
        | Operation::MarkNoShow
        | Operation::UnmarkNoShow
        | Operation::ListByStart => Ability::Can,
        Operation::CarryMetadata => Ability::Partly(Limit::InTracking),
        Operation::Reschedule => Ability::ByHand(Place::ReschedulePage),
        Operation::Assign => Ability::ByHand(Place::HostPages),
        Operation::Hold => Ability::Cannot(Reason::NoHolds),
        Operation::Confirm | Operation::Decline => Ability::Cannot(Reason::NothingToConfirm),
        Operation::CancelSeat => Ability::Cannot(Reason::WholeBookingOnly),
        Operation::ListByUpdate => Ability::Cannot(Reason::NoListByUpdate),
    }
}

impl Ability {
    /// Whether there is a call for it.
    pub fn has_call(self) -> bool {
        matches!(self, Self::Can | Self::Partly(_))
    }

    /// What a person should know about it, as part of a sentence; nothing when it simply can.
    pub fn explanation(self) -> Option<&'static str> {
        match self {
            Self::Can => None,
            Self::Partly(limit) => Some(limit.explanation()),
            Self::ByHand(place) => Some(place.explanation()),
            Self::Cannot(reason) => Some(reason.explanation()),
        }
    }
}

impl Limit {
    fn explanation(self) -> &'static str {
        match self {
            Self::SoftHold => "the provider hides the slot and still lets it be booked",
            Self::RoundRobinOnly => "the provider reassigns only bookings whose hosts take turns",
            Self::NotOfAttendees => {
                "the provider does not count changes of attendees and seats as changes"
            }
            Self::InTracking => "the provider takes our words only as tracking parameters",
        }
    }
}

impl Place {
    fn explanation(self) -> &'static str {
        match self {
            Self::ReschedulePage => {
                "the provider has no call for it; the attendee's own page moves the booking"
            }
            Self::HostPages => "the provider has no call for it; the host can do it there",
        }
    }
}

impl Reason {
    fn explanation(self) -> &'static str {
        match self {
            Self::NoHolds => "the provider cannot keep slots",
            Self::NothingToConfirm => "bookings need nobody's agreement at the provider",
            Self::WholeBookingOnly => "the provider calls off a booking for everybody only",
            Self::NoListByUpdate => "the provider lists bookings by their start only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_matrix_is_what_the_providers_document() {
        let lines: Vec<String> = Operation::ALL
            .into_iter()
            .map(|operation| {
                let [calcom, calendly] = [Provider::CalCom, Provider::Calendly]
                    .map(|provider| format!("{:?}", ability(provider, operation)));
                format!("{:<15} {calcom:<25} {calendly}", operation.as_str())
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        hold            Partly(SoftHold)          Cannot(NoHolds)
        book            Can                       Can
        reschedule      Can                       ByHand(ReschedulePage)
        cancel          Can                       Can
        cancel_seat     Can                       Cannot(WholeBookingOnly)
        confirm         Can                       Cannot(NothingToConfirm)
        decline         Can                       Cannot(NothingToConfirm)
        mark_no_show    Can                       Can
        unmark_no_show  Can                       Can
        assign          Partly(RoundRobinOnly)    ByHand(HostPages)
        list_by_update  Partly(NotOfAttendees)    Cannot(NoListByUpdate)
        list_by_start   Can                       Can
        carry_metadata  Can                       Partly(InTracking)
        ");
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        for operation in Operation::ALL {
            for provider in [Provider::CalCom, Provider::Calendly] {
                let ability = ability(provider, operation);
                let word = serde_json::to_value(operation).unwrap();
                assert_eq!(word, operation.as_str());
                assert!(ability.has_call() || ability.explanation().is_some());
            }
        }
    }
}
