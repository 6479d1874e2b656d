//! What is asked, by name.

use std::fmt;

macro_rules! operations {
    (
        $($(#[$doc:meta])* $variant:ident => $name:literal,)+
        ;
        $($(#[$their_doc:meta])* $theirs:ident => $their_name:literal,)+
    ) => {
        /// What a call asks for: the name under which it is counted, logged and cached.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Operation {
            $($(#[$doc])* $variant,)+
            $($(#[$their_doc])* $theirs,)+
        }

        impl Operation {
            /// Every operation of Cal.com.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];
            /// Every operation of Calendly.
            pub const CALENDLY: &'static [Self] = &[$(Self::$theirs,)+];

            /// The name, like `slots.list`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    $(Self::$theirs => $their_name,)+
                }
            }
        }
    };
}

operations! {
    /// Whose key it is.
    MeGet => "me.get",
    /// Which versions the server speaks.
    ProfileProbe => "profile.probe",
    /// What can be booked.
    EventTypesList => "event_types.list",
    /// One event type.
    EventTypesGet => "event_types.get",
    /// When it is free.
    SlotsList => "slots.list",
    /// Keep a slot for a while.
    SlotsReserve => "slots.reserve",
    /// What became of a kept slot.
    SlotsReservation => "slots.reservation",
    /// Let a kept slot go.
    SlotsRelease => "slots.release",
    /// All opening hours.
    SchedulesList => "schedules.list",
    /// The opening hours that apply where an event type names none.
    SchedulesDefault => "schedules.default",
    /// The opening hours of one schedule.
    SchedulesGet => "schedules.get",
    /// Connected calendars.
    CalendarsList => "calendars.list",
    /// When connected calendars are busy.
    CalendarsBusyTimes => "calendars.busy_times",
    /// One booking.
    BookingsGet => "bookings.get",
    /// A page of bookings.
    BookingsList => "bookings.list",
    /// Book.
    BookingsCreate => "bookings.create",
    /// Move a booking.
    BookingsReschedule => "bookings.reschedule",
    /// Cancel a booking.
    BookingsCancel => "bookings.cancel",
    /// Accept a requested booking.
    BookingsConfirm => "bookings.confirm",
    /// Reject a requested booking.
    BookingsDecline => "bookings.decline",
    /// Say who did not come.
    BookingsMarkAbsent => "bookings.mark_absent",
    /// Give a booking to another host.
    BookingsReassign => "bookings.reassign",
    /// Teams of the key's owner.
    TeamsList => "teams.list",
    /// Who is in a team.
    TeamsMembers => "teams.members",
    /// Teams of an organization.
    OrganizationsTeams => "organizations.teams",
    /// Who is in an organization.
    OrganizationsMembers => "organizations.members",
    /// Registered webhooks.
    WebhooksList => "webhooks.list",
    /// Register a webhook.
    WebhooksCreate => "webhooks.create",
    /// Change a webhook.
    WebhooksUpdate => "webhooks.update",
    /// Remove a webhook.
    WebhooksDelete => "webhooks.delete",
    // Of Calendly.
    ;
    /// Whose token it is.
    UsersMe => "users.me",
    /// A page of scheduled events.
    ScheduledEventsList => "scheduled_events.list",
    /// One scheduled event.
    ScheduledEventsGet => "scheduled_events.get",
    /// A page of those who come.
    InviteesList => "invitees.list",
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
