//! `GET /api/v1/event-types/{id}/slots`: free slots by day.

use axum::{
    extract::{RawQuery, State},
    response::Response,
};
use calbridge_core::{availability::by_day, lane::Lane};
use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        api::params,
        auth::Reader,
        extract::{AnyId, read_query},
        problem::Problem,
    },
    slots::{Age, Availability, NoneFree, PageKey, SlotsDoor, SlotsRequest, Span, Zones},
};

/// Days of a page, when the caller does not say.
const USUAL_DAYS: i64 = 7;

/// Which slots.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct SlotsQueryParams {
    /// The first day; today if absent.
    #[param(example = "2026-03-02")]
    from: Option<String>,
    /// The last day; it is included. If absent, `days` decides.
    to: Option<String>,
    /// How many days a page has, 1 to 62; 7 if absent.
    days: Option<i64>,
    /// IANA zone in which the days begin and local times are given; if absent the lead's, the branch's, the tenant's, UTC.
    #[param(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// The lead it is for.
    lead_id: Option<i64>,
    /// The branch where it is.
    branch_id: Option<i64>,
    /// Minutes, where the event type has several lengths.
    duration: Option<u32>,
    /// Only this team member: the provider's number of the person.
    host_id: Option<i64>,
}

/// Free slots of an event type.
#[derive(Serialize, ToSchema)]
#[schema(as = Slots)]
pub struct SlotsBody {
    /// The provider's id of the event type.
    #[schema(example = "2026361")]
    event_type_id: Option<String>,
    /// In which zone the days begin.
    #[schema(example = "Europe/Berlin")]
    time_zone: Option<String>,
    /// The first day.
    from: Date,
    /// The last day.
    to: Date,
    /// The days that have free slots.
    days: Vec<DayBody>,
    /// Why there are none: `not_configured`, `nothing_offered`, `too_soon`, `too_far` or `all_taken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<&'static str>,
    /// The `from` of the next page.
    next_from: Option<Date>,
    /// When the provider was asked.
    as_of: Timestamp,
}

/// A day with free slots.
#[derive(Serialize, ToSchema)]
#[schema(as = DayOfSlots)]
pub struct DayBody {
    /// The day.
    date: Date,
    /// Its slots, in order.
    slots: Vec<SlotBody>,
}

/// A free slot.
#[derive(Serialize, ToSchema)]
#[schema(as = Slot)]
pub struct SlotBody {
    /// Start.
    start: Timestamp,
    /// End.
    end: Timestamp,
    /// Start as the clock on the wall shows it, with its offset.
    #[schema(example = "2026-03-02T10:00:00+01:00")]
    local_start: String,
}

impl SlotsQueryParams {
    fn request(&self, event_type: String, app: &App) -> Result<SlotsRequest, Problem> {
        let named = params::zone("time_zone", self.time_zone.as_deref())?;
        let from = if let Some(from) = &self.from {
            params::date("from", from)?
        } else {
            let zone = named.clone().unwrap_or(jiff::tz::TimeZone::UTC);
            zone.to_datetime(app.clock.now()).date()
        };
        let days = self.days.unwrap_or(USUAL_DAYS);
        if !(1..=62).contains(&days) {
            return Err(Problem::invalid("days", "a page has 1 to 62 days"));
        }
        let to = match &self.to {
            Some(to) => params::date("to", to)?,
            None => from.checked_add((days - 1).days()).unwrap_or(from),
        };
        Ok(SlotsRequest {
            event_type: Some(event_type),
            span: Span::Days(from, to),
            zones: Zones {
                named,
                lead: self.lead_id.map(calbridge_core::ids::LeadId),
                branch: self.branch_id.map(calbridge_core::ids::BranchId),
            },
            duration: self.duration,
            host: self.host_id,
            moving: None,
            age: Age::Remembered,
            lane: Lane::Interactive,
        })
    }
}

/// Free slots of an event type
///
/// By day, in the zone asked for. Without `to`, a page of some days; `next_from` begins the next one.
#[utoipa::path(
    get, path = "/api/v1/event-types/{id}/slots", tag = "slots", operation_id = "list_slots",
    params(("id" = String, Path, description = "Any id of the event type: ours, its UUID, the provider's, `owner/slug` with the slash escaped"), SlotsQueryParams),
    responses((status = 200, description = "The free slots", body = SlotsBody)),
)]
pub async fn list(
    State(app): State<App>,
    Reader(scope): Reader,
    AnyId(id): AnyId,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let key = PageKey {
        tenant: scope.tenant_id(),
        door: SlotsDoor::EventType,
        question: format!("{id}?{query}"),
    };
    let request = || read_query::<SlotsQueryParams>(&query)?.request(id, &app);
    super::answer(&app, &scope, key, request, body).await
}

fn body(found: &Availability) -> SlotsBody {
    let date = |at| found.zone.to_datetime(at).date();
    let last = found.window.end - SignedDuration::from_nanos(1);
    let (from, to) = (date(found.window.start), date(last));
    let subject = found.subject.as_ref();
    SlotsBody {
        event_type_id: subject.map(|subject| subject.external_id.clone()),
        time_zone: found.zone.iana_name().map(str::to_owned),
        from,
        to,
        days: by_day(&found.slots, &found.zone)
            .into_iter()
            .map(|(date, slots)| DayBody {
                date,
                slots: slots
                    .into_iter()
                    .map(|slot| slot_body(found, slot))
                    .collect(),
            })
            .collect(),
        reason: found.reason.map(NoneFree::as_str),
        advice: found.reason.map(NoneFree::advice),
        next_from: to.tomorrow().ok(),
        as_of: found.as_of,
    }
}

fn slot_body(found: &Availability, slot: calbridge_core::availability::Slot) -> SlotBody {
    let local = slot.start.to_zoned(found.zone.clone());
    SlotBody {
        start: slot.start,
        end: slot.end,
        local_start: local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
    }
}
