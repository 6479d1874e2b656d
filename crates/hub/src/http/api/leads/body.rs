//! A lead as JSON.

use std::collections::BTreeMap;

use calbridge_store::leads::Lead;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A person the tenant follows.
#[derive(Serialize, ToSchema)]
#[schema(as = Lead)]
pub struct LeadBody {
    /// Id.
    id: i64,
    /// The same, under the name that bookings use.
    lead_id: i64,
    /// Id, as a UUID.
    public_id: Uuid,
    /// Name as one text.
    name: String,
    /// First name.
    first_name: String,
    /// Everything else.
    last_name: String,
    /// E-mail address.
    email: Option<String>,
    /// Phone number.
    phone: Option<String>,
    /// Status, one of the tenant's own words.
    #[schema(example = "new")]
    status: String,
    /// When what led to the status happened.
    status_at: Timestamp,
    /// Through which channel the lead came.
    channel: Option<String>,
    /// The booking type of the first booking.
    reference: Option<String>,
    /// Where the person came from.
    source_detail: Option<String>,
    /// Notes.
    notes: Option<String>,
    /// What the person agreed to.
    consent: ConsentBody,
    /// The provider's number of the current booking, or ours where it has none.
    booking_id: Option<String>,
    /// Link to the current booking.
    booking_url: Option<String>,
    /// Start of the current booking.
    booked_at: Option<Timestamp>,
    /// Our id of the current booking.
    current_booking_id: Option<i64>,
    /// IANA zone.
    time_zone: Option<String>,
    /// Language tag.
    language: Option<String>,
    /// Where the person came from first.
    first_utm: Option<BTreeMap<String, String>>,
    /// Where the person came from last.
    last_utm: Option<BTreeMap<String, String>>,
    /// The user responsible.
    assigned_user_id: Option<i64>,
    /// When the lead was created.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
}

/// What a person agreed to; null where nobody asked.
#[derive(Serialize, ToSchema)]
#[schema(as = Consent)]
pub struct ConsentBody {
    /// To the processing of personal data.
    gdpr: Option<bool>,
    /// To be sent advertising.
    marketing: Option<bool>,
    /// When that was recorded.
    recorded_at: Option<Timestamp>,
}

impl From<Lead> for LeadBody {
    fn from(lead: Lead) -> Self {
        Self {
            id: lead.id.0,
            lead_id: lead.id.0,
            public_id: lead.public_id,
            name: lead.name,
            first_name: lead.first_name,
            last_name: lead.last_name,
            email: lead.email,
            phone: lead.phone,
            status: lead.status,
            status_at: lead.status_at,
            channel: lead.channel,
            reference: lead.reference,
            source_detail: lead.source_detail,
            notes: lead.activity_notes,
            consent: ConsentBody {
                gdpr: lead.consent_gdpr,
                marketing: lead.consent_marketing,
                recorded_at: lead.consent_at,
            },
            booking_id: lead.booking_id,
            booking_url: lead.booking_url,
            booked_at: lead.booked_at,
            current_booking_id: lead.current_booking_id.map(i64::from),
            time_zone: lead.time_zone,
            language: lead.language,
            first_utm: lead.first_utm.map(|utm| utm.0),
            last_utm: lead.last_utm.map(|utm| utm.0),
            assigned_user_id: lead.assigned_user_id.map(i64::from),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
        }
    }
}
