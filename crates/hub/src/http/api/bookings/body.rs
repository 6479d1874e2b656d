//! A booking as JSON.

use calbridge_core::change::{Host, ReferenceKind};
use calbridge_store::{attendees::Attendee, booking_references::ReferenceRow, bookings::Booking};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::booking::FoundBooking;

/// One agreed meeting, the same through all its reschedules.
#[derive(Serialize, ToSchema)]
#[schema(as = Booking)]
pub struct BookingBody {
    /// Id.
    id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// The provider's number, or our id where it has none.
    booking_id: i64,
    /// The provider's current id.
    booking_uid: Option<String>,
    /// Link to the meeting.
    booking_url: Option<String>,
    /// The lead of the first who booked.
    lead_id: Option<i64>,
    /// `cal.com` or `calendly`.
    #[schema(example = "cal.com")]
    provider: &'static str,
    /// Connection.
    connection_id: i64,
    /// `scheduled`, `completed`, `cancelled` or `no_show`.
    #[schema(example = "scheduled")]
    status: String,
    /// Whether the host has agreed: `pending`, `confirmed` or `rejected`.
    #[schema(example = "confirmed")]
    confirmation: &'static str,
    /// Start.
    start_time: Option<Timestamp>,
    /// End.
    end_time: Option<Timestamp>,
    /// Start before the last reschedule.
    previous_start_time: Option<Timestamp>,
    /// How often it was moved.
    rescheduled_count: i32,
    /// IANA zone of the one who booked.
    time_zone: Option<String>,
    /// Every id it ever had at the provider.
    external_ids: Vec<ExternalIdBody>,
    /// Booking type.
    #[schema(example = "level_check")]
    booking_type: String,
    /// What was booked, as the provider calls it.
    event_type: EventTypeBody,
    /// Title.
    title: Option<String>,
    /// Description.
    description: Option<String>,
    /// What the booker wrote.
    notes: Option<String>,
    /// Place.
    location: Option<String>,
    /// Why it was called off or declined.
    cancellation_reason: Option<String>,
    /// Who is met.
    hosts: Vec<HostBody>,
    /// Who comes.
    attendees: Vec<AttendeeBody>,
    /// Whether several may book places.
    is_group: bool,
    /// How many places.
    capacity: Option<i64>,
    /// Price in minor units of the currency.
    price: Option<i64>,
    /// ISO 4217 code.
    currency: Option<String>,
    /// Paid for.
    paid: bool,
    /// The user responsible.
    assigned_teacher_id: Option<i64>,
    /// When it was recorded.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

/// An id somebody else uses for a booking.
#[derive(Serialize, ToSchema)]
#[schema(as = ExternalId)]
pub struct ExternalIdBody {
    /// `uid` and `number` of Cal.com, `event` and `invitee` of Calendly; `former` is one of ours.
    #[schema(example = "uid")]
    kind: &'static str,
    /// The id.
    value: String,
    /// Whether the provider uses it now; former ones still find the booking.
    current: bool,
}

/// What was booked, as the provider calls it.
#[derive(Serialize, ToSchema)]
#[schema(as = EventTypeOfBooking)]
pub struct EventTypeBody {
    /// The provider's id.
    id: Option<String>,
    /// The provider's slug.
    slug: Option<String>,
}

/// Somebody who is met.
#[derive(Serialize, ToSchema)]
#[schema(as = Host)]
pub struct HostBody {
    /// The provider's id.
    external_id: Option<String>,
    /// Name.
    name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// IANA zone.
    time_zone: Option<String>,
}

/// Somebody who comes.
#[derive(Serialize, ToSchema)]
#[schema(as = Attendee)]
pub struct AttendeeBody {
    /// Id.
    id: i64,
    /// `booker` or `guest`.
    role: String,
    /// Lead, of those who booked.
    lead_id: Option<i64>,
    /// Name.
    name: Option<String>,
    /// First name.
    first_name: Option<String>,
    /// Everything else.
    last_name: Option<String>,
    /// E-mail address.
    email: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// IANA zone.
    time_zone: Option<String>,
    /// Language tag.
    language: Option<String>,
    /// `active`, `cancelled` or `moved`.
    status: String,
    /// Marked absent, marked present again, or null: never marked.
    no_show: Option<bool>,
}

impl From<FoundBooking> for BookingBody {
    fn from(found: FoundBooking) -> Self {
        let FoundBooking {
            booking,
            attendees,
            references,
        } = found;
        let external_ids = references
            .into_iter()
            .map(|row| ExternalIdBody::of(&booking, row))
            .collect();
        Self {
            id: booking.id.0,
            public_id: booking.public_id,
            booking_id: booking.external_number.unwrap_or(booking.id.0),
            booking_uid: booking.external_booking_id,
            booking_url: booking.meeting_url,
            lead_id: booking.lead_id.map(i64::from),
            provider: booking.booking_provider.as_str(),
            connection_id: booking.connection_id.0,
            status: booking.status,
            confirmation: booking.confirmation.as_str(),
            start_time: booking.scheduled_at,
            end_time: booking.ends_at,
            previous_start_time: booking.previous_start,
            rescheduled_count: booking.rescheduled_count,
            time_zone: booking.time_zone,
            external_ids,
            booking_type: booking.booking_type,
            event_type: EventTypeBody {
                id: booking.event_type_id,
                slug: booking.event_type_slug,
            },
            title: booking.title,
            description: booking.description,
            notes: booking.notes,
            location: booking.location,
            cancellation_reason: booking.cancellation_reason,
            hosts: booking.hosts.0.into_iter().map(HostBody::from).collect(),
            attendees: attendees.into_iter().map(AttendeeBody::from).collect(),
            is_group: booking.is_group,
            capacity: booking.capacity,
            price: booking.price,
            currency: booking.currency,
            paid: booking.paid,
            assigned_teacher_id: booking.assigned_teacher_id.map(i64::from),
            created_at: booking.created_at,
            updated_at: booking.updated_at,
        }
    }
}

impl ExternalIdBody {
    fn of(booking: &Booking, row: ReferenceRow) -> Self {
        let value = row.reference.value;
        let uid = booking.external_booking_id.as_deref().unwrap_or_default();
        // Calendly's URI of an invitee begins with that of the event.
        let invited = |event: &str, invitee: &str| {
            invitee
                .strip_prefix(event)
                .is_some_and(|rest| rest.starts_with("/invitees/"))
        };
        let current = match row.reference.kind {
            ReferenceKind::Uid => uid == value,
            ReferenceKind::Event => uid == value || invited(&value, uid),
            ReferenceKind::Invitee => uid == value || invited(uid, &value),
            ReferenceKind::Number => booking
                .external_number
                .is_some_and(|number| number.to_string() == value),
            ReferenceKind::Former => false,
        };
        Self {
            kind: row.reference.kind.as_str(),
            value,
            current,
        }
    }
}

impl From<Host> for HostBody {
    fn from(host: Host) -> Self {
        Self {
            external_id: host.external_id,
            name: host.name,
            email: host.email,
            time_zone: host.time_zone,
        }
    }
}

impl From<Attendee> for AttendeeBody {
    fn from(attendee: Attendee) -> Self {
        Self {
            id: attendee.id.0,
            role: attendee.role,
            lead_id: attendee.lead_id.map(i64::from),
            name: attendee.name,
            first_name: attendee.first_name,
            last_name: attendee.last_name,
            email: attendee.email,
            phone: attendee.phone,
            time_zone: attendee.time_zone,
            language: attendee.language,
            status: attendee.status,
            no_show: attendee.no_show,
        }
    }
}
