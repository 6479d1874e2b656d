//! One event type, as either version describes it.

use serde_json::Value;

use super::{
    field::{BookingField, field},
    rules::{
        BookingWindow, Confirmation, Recurrence, Seats, confirmation, recurrence, seats, window,
    },
    whom::{
        EventTypeHost, EventTypeOwner, EventTypeTeam, SCHEDULING, Scheduling, host, owner, team,
    },
};
use crate::calcom::api::reader::{Misread, Object, Part, Shape};

/// What can be booked.
#[derive(Clone, PartialEq, Debug)]
pub struct OfferedEventType {
    /// Cal.com's id.
    pub id: i64,
    /// The name in links, without its owner's; see [`OfferedEventType::link_name`].
    pub slug: String,
    /// The name.
    pub title: String,
    /// What it is about.
    pub description: Option<String>,
    /// Minutes; absent where there is no single length.
    pub length: Option<u32>,
    /// The lengths one may choose from.
    pub length_options: Vec<u32>,
    /// What it costs.
    pub price: Option<Price>,
    /// Not shown to everybody; it can be booked nevertheless.
    pub hidden: bool,
    /// Where it may take place.
    pub locations: Vec<EventLocation>,
    /// What people are asked.
    pub fields: Vec<BookingField>,
    /// Several may share a slot.
    pub seats: Option<Seats>,
    /// One booking makes a series.
    pub recurrence: Option<Recurrence>,
    /// Whether the host must accept first.
    pub confirmation: Confirmation,
    /// How far ahead one may book.
    pub window: Option<BookingWindow>,
    /// Minutes between booking and start.
    pub minimum_notice: u32,
    /// Minutes kept free before.
    pub before_buffer: u32,
    /// Minutes kept free after.
    pub after_buffer: u32,
    /// Minutes between two possible starts, where it is not the length.
    pub slot_interval: Option<u32>,
    /// The opening hours; absent: those of the host.
    pub schedule_id: Option<i64>,
    /// Nobody may bring guests.
    pub guests_disabled: bool,
    /// Attendees may not cancel.
    pub cancelling_disabled: bool,
    /// Attendees may not reschedule.
    pub rescheduling_disabled: bool,
    /// Only owner, hosts and administrators may book.
    pub requires_authentication: bool,
    /// The address of the attendee must be proved first.
    pub requires_verified_email: bool,
    /// A host is called at once.
    pub instant: bool,
    /// The page on which it is booked.
    pub booking_url: Option<String>,
    /// The person it belongs to.
    pub owner_id: Option<i64>,
    /// The people it belongs to, for a personal one.
    pub users: Vec<EventTypeOwner>,
    /// The team it belongs to.
    pub team_id: Option<i64>,
    /// More about that team.
    pub team: Option<EventTypeTeam>,
    /// How the hosts share the bookings.
    pub scheduling: Option<Scheduling>,
    /// The hosts, for a team's.
    pub hosts: Vec<EventTypeHost>,
    /// Everybody in the team is a host.
    pub everyone_hosts: bool,
    /// The template it was made from.
    pub parent_id: Option<i64>,
    /// The whole of it, as sent.
    pub raw: Value,
}

/// An amount of money.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Price {
    /// In the smallest unit of the currency; 0 is free.
    pub minor_units: i64,
    /// The ISO 4217 code in capitals.
    pub currency: Option<String>,
}

/// Where an event type may take place.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct EventLocation {
    /// Cal.com's word: `address`, `link`, `integration`, `phone`, `attendeePhone`, ..
    pub kind: String,
    /// The address, link, number or name of the video service.
    pub detail: Option<String>,
}

impl OfferedEventType {
    /// The name in links with its owner's before it, such as `ann/intro` or `team/sales/intro`, if it has one owner.
    pub fn link_name(&self) -> Option<String> {
        if let Some(team) = self.team.as_ref() {
            let team = team.slug.as_ref()?;
            return Some(format!("team/{team}/{}", self.slug));
        }
        match self.users.as_slice() {
            [owner] => Some(format!("{}/{}", owner.username.as_ref()?, self.slug)),
            _ => None,
        }
    }

    /// A template that nobody can book: only the event types made from it can be.
    pub fn is_managed_parent(&self) -> bool {
        self.scheduling == Some(Scheduling::Managed) && self.parent_id.is_none()
    }
}

const EVENT_TYPE: Shape = Shape {
    expected: &[
        "id",
        "slug",
        "title",
        "description",
        "lengthInMinutes",
        "locations",
        "bookingFields",
        "disableGuests",
        "recurrence",
        "metadata",
        "price",
        "currency",
        "lockTimeZoneToggleOnBookingPage",
        "forwardParamsSuccessRedirect",
        "successRedirectUrl",
        "isInstantEvent",
        "scheduleId",
        "hidden",
        "bookingRequiresAuthentication",
    ],
    possible: &[
        "lengthInMinutesOptions",
        "slotInterval",
        "minimumBookingNotice",
        "beforeEventBuffer",
        "afterEventBuffer",
        "offsetStart",
        "seats",
        "seatsPerTimeSlot",
        "seatsShowAvailabilityCount",
        "bookingLimitsCount",
        "bookingLimitsDuration",
        "bookerActiveBookingsLimit",
        "onlyShowFirstAvailableSlot",
        "bookingWindow",
        "bookerLayouts",
        "confirmationPolicy",
        "requiresBookerEmailVerification",
        "hideCalendarNotes",
        "hideCalendarEventDetails",
        "hideOrganizerEmail",
        "color",
        "customName",
        "destinationCalendar",
        "useDestinationCalendarEmail",
        "calVideoSettings",
        "disableCancelling",
        "disableRescheduling",
        "interfaceLanguage",
        "allowReschedulingPastBookings",
        "allowReschedulingCancelledBookings",
        "showOptimizedSlots",
        "bookingUrl",
        "ownerId",
        "users",
        // Of a team.
        "teamId",
        "team",
        "hosts",
        "assignAllTeamMembers",
        "schedulingType",
        "parentEventTypeId",
        "emailSettings",
        "rescheduleWithSameRoundRobinHost",
        "allowRRHostChoiceOnReschedule",
        // Of 2026-06-12.
        "bookingProposalCount",
        "skipAttendeeEmailDeliverabilityCheck",
        "privateNoteEnabled",
        "privateNoteMode",
        "privateNoteTemplate",
    ],
};

const LOCATION: Shape = Shape {
    expected: &["type"],
    possible: &[
        "address",
        "link",
        "integration",
        "phone",
        "location",
        "public",
        "credentialId",
    ],
};

const SWITCH: Shape = Shape {
    expected: &["disabled"],
    possible: &["minutesBefore"],
};

/// An event type of 2024-06-14 or later. The shape of 2024-04-15 has `length` instead of these fields.
pub(super) fn offered(part: &Part<'_>) -> Result<OfferedEventType, Misread> {
    const EXPECTED: &str = "an event type of 2024-06-14 or later";
    let it = part.unknown_object()?;
    for name in ["id", "slug", "lengthInMinutes", "bookingFields"] {
        it.recognize(name, EXPECTED)?;
    }
    let it = part.object(&EVENT_TYPE)?;
    let scheduling = it.part("schedulingType").map(|part| part.word(SCHEDULING));
    Ok(OfferedEventType {
        id: it.need("id")?.integer()?,
        slug: it.need("slug")?.string()?,
        title: it.string("title")?.unwrap_or_default(),
        description: it.string("description")?,
        length: it.integer("lengthInMinutes")?,
        length_options: it.each("lengthInMinutesOptions", Part::integer)?,
        price: price(&it)?,
        hidden: it.flag("hidden")?.unwrap_or_default(),
        locations: it.each("locations", location)?,
        fields: it.each("bookingFields", field)?,
        seats: seats(&it)?,
        recurrence: recurrence(&it)?,
        confirmation: confirmation(&it)?,
        window: window(&it)?,
        minimum_notice: it.integer("minimumBookingNotice")?.unwrap_or_default(),
        before_buffer: it.integer("beforeEventBuffer")?.unwrap_or_default(),
        after_buffer: it.integer("afterEventBuffer")?.unwrap_or_default(),
        slot_interval: it.integer("slotInterval")?,
        schedule_id: it.integer("scheduleId")?,
        guests_disabled: it.flag("disableGuests")?.unwrap_or_default(),
        cancelling_disabled: disabled(&it, "disableCancelling")?,
        rescheduling_disabled: disabled(&it, "disableRescheduling")?,
        requires_authentication: it
            .flag("bookingRequiresAuthentication")?
            .unwrap_or_default(),
        requires_verified_email: it
            .flag("requiresBookerEmailVerification")?
            .unwrap_or_default(),
        instant: it.flag("isInstantEvent")?.unwrap_or_default(),
        booking_url: it.string("bookingUrl")?,
        owner_id: it.integer("ownerId")?,
        users: it.each("users", owner)?,
        team_id: it.integer("teamId")?,
        team: it.part("team").map(|part| team(&part)).transpose()?,
        scheduling: scheduling.transpose()?.flatten(),
        hosts: it.each("hosts", host)?,
        everyone_hosts: it.flag("assignAllTeamMembers")?.unwrap_or_default(),
        parent_id: it.integer("parentEventTypeId")?,
        raw: part.raw().clone(),
    })
}

fn price(it: &Object<'_>) -> Result<Option<Price>, Misread> {
    let Some(minor_units) = it.integer("price")? else {
        return Ok(None);
    };
    let currency = it.string("currency")?;
    Ok(Some(Price {
        minor_units,
        currency: currency.map(|code| code.to_ascii_uppercase()),
    }))
}

fn location(part: &Part<'_>) -> Result<EventLocation, Misread> {
    let location = part.object(&LOCATION)?;
    let kind = location.need("type")?.string()?;
    let mut detail = None;
    for name in ["address", "link", "phone", "integration", "location"] {
        if detail.is_none() {
            detail = location.string(name)?;
        }
    }
    Ok(EventLocation { kind, detail })
}

/// `minutesBefore` switches off only near the start, so that alone is no answer.
fn disabled(it: &Object<'_>, name: &str) -> Result<bool, Misread> {
    let Some(part) = it.part(name) else {
        return Ok(false);
    };
    Ok(part.object(&SWITCH)?.flag("disabled")? == Some(true))
}
