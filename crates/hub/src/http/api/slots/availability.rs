//! `GET /api/v1/bookings/availability`: the free starts of the default event type, as a bare list.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use calbridge_core::lane::Lane;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{api::params, auth::Reader, extract::read_query, problem::Problem},
    slots::{Age, PageKey, SlotsDoor, SlotsRequest, Span, Zones},
};

/// Which days.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AvailabilityQuery {
    /// The first day.
    #[param(example = "2026-03-02")]
    date_from: String,
    /// The last day; it is included.
    #[param(example = "2026-03-06")]
    date_to: String,
    /// Any id of an event type; the default one if absent.
    event_type: Option<String>,
    /// IANA zone in which the days begin; if absent the lead's, the branch's, the tenant's, UTC.
    time_zone: Option<String>,
    /// The lead it is for.
    lead_id: Option<i64>,
    /// The branch where it is.
    branch_id: Option<i64>,
    /// Minutes, where the event type has several lengths.
    duration: Option<u32>,
}

/// A time that is free.
#[derive(Serialize, ToSchema)]
#[schema(as = FreeTime)]
pub struct FreeTimeBody {
    /// When it begins.
    time: Timestamp,
    /// Always true: what is not free is not listed.
    available: bool,
}

impl AvailabilityQuery {
    fn request(&self) -> Result<SlotsRequest, Problem> {
        Ok(SlotsRequest {
            event_type: self.event_type.clone(),
            span: Span::Days(
                params::date("date_from", &self.date_from)?,
                params::date("date_to", &self.date_to)?,
            ),
            zones: Zones {
                named: params::zone("time_zone", self.time_zone.as_deref())?,
                lead: self.lead_id.map(calbridge_core::ids::LeadId),
                branch: self.branch_id.map(calbridge_core::ids::BranchId),
            },
            duration: self.duration,
            host: None,
            moving: None,
            age: Age::Remembered,
            lane: Lane::Interactive,
        })
    }
}

/// Free times
///
/// The times at which a meeting can begin, in order. Where there is none, the header `Calbridge-Reason` says why:
/// `not_configured`, `nothing_offered`, `too_soon`, `too_far` or `all_taken`.
#[utoipa::path(
    get, path = "/api/v1/bookings/availability", tag = "slots", operation_id = "list_availability",
    params(AvailabilityQuery),
    responses((status = 200, description = "The free times", body = Vec<FreeTimeBody>)),
)]
pub async fn availability(
    State(app): State<App>,
    Reader(scope): Reader,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let key = PageKey {
        tenant: scope.tenant_id(),
        door: SlotsDoor::Availability,
        question: query.clone(),
    };
    let request = || read_query::<AvailabilityQuery>(&query)?.request();
    super::answer(&app, &scope, key, request, |found| {
        let slots = found.slots.iter();
        slots
            .map(|slot| FreeTimeBody {
                time: slot.start,
                available: true,
            })
            .collect::<Vec<_>>()
    })
    .await
}
