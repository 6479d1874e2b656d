//! Timelines, of leads and of bookings.

use calbridge_store::activities::Activity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An entry of a timeline.
#[derive(Serialize, ToSchema)]
#[schema(as = Activity)]
pub struct ActivityBody {
    /// Id.
    id: i64,
    /// Lead.
    lead_id: Option<i64>,
    /// Booking.
    booking_id: Option<i64>,
    /// What it is about, such as the booking type.
    #[schema(example = "level_check")]
    r#type: String,
    /// One line.
    #[schema(example = "Level Check Booked")]
    subject: String,
    /// Further lines.
    body: String,
    /// Who.
    actor: String,
    /// When it happened.
    occurred_at: Timestamp,
    /// When it was recorded.
    created_at: Timestamp,
}

impl From<Activity> for ActivityBody {
    fn from(activity: Activity) -> Self {
        Self {
            id: activity.id,
            lead_id: activity.lead_id.map(i64::from),
            booking_id: activity.booking_id.map(i64::from),
            r#type: activity.activity_type,
            subject: activity.subject,
            body: activity.body,
            actor: activity.actor,
            occurred_at: activity.occurred_at,
            created_at: activity.created_at,
        }
    }
}

/// Which part of a list.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many, 1 to 200; 50 if absent.
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}
