//! `/cal-availability`: opening hours of an event type and what is taken of them, as Cal.com says at this moment.

use axum::{
    Json,
    extract::{Request, State},
    http::request::Parts,
};
use calbridge_core::{availability::Range, lane::Lane};
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

use crate::{
    app::App,
    http::{
        api::{params, slots::problem},
        auth::{self, Anybody},
        body,
        problem::{Code, Problem},
    },
    keys,
    slots::{self, Opening, OpeningRequest, Zones},
};

/// A body says what is asked, in a few words.
const MOST_BYTES: usize = 16 * 1024;

/// From when until when.
#[derive(Serialize, ToSchema)]
#[schema(as = CalTimeRange)]
pub struct TimeRange {
    /// From when.
    #[schema(example = "2025-10-16T10:00:00Z")]
    start: Timestamp,
    /// Until when.
    #[schema(example = "2025-10-16T10:30:00Z")]
    end: Timestamp,
}

impl From<Range> for TimeRange {
    fn from(Range { start, end }: Range) -> Self {
        Self { start, end }
    }
}

/// When it is open, and what is taken.
#[derive(Serialize, ToSchema)]
#[schema(as = CalAvailability)]
pub struct AvailabilityBody {
    /// What is taken: busy times of the connected calendars, and bookings.
    busy: Vec<TimeRange>,
    /// Opening hours. What is taken is not subtracted.
    #[serde(rename = "dateRanges")]
    date_ranges: Vec<TimeRange>,
}

impl From<Opening> for AvailabilityBody {
    fn from(opening: Opening) -> Self {
        Self {
            busy: opening.busy.into_iter().map(Into::into).collect(),
            date_ranges: opening.open.into_iter().map(Into::into).collect(),
        }
    }
}

/// What is asked.
#[derive(Deserialize, Default, utoipa::IntoParams, ToSchema)]
#[serde(default, rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
#[schema(as = CalAvailabilityQuestion)]
pub struct Question {
    /// The event type: any id of it, or its slug.
    #[serde(deserialize_with = "text_or_number")]
    #[schema(example = "123")]
    event_type_id: Option<String>,
    /// The first day.
    #[schema(example = "2025-10-16")]
    date_from: Option<String>,
    /// The last day; it is included.
    #[schema(example = "2025-10-23")]
    date_to: Option<String>,
    /// IANA zone in which the days begin; if absent the tenant's, UTC.
    time_zone: Option<String>,
}

/// Pages send ids either way.
fn text_or_number<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(i64),
    }
    Ok(Option::<Id>::deserialize(value)?.map(|id| match id {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    }))
}

impl Question {
    /// What this one does not say, the other may.
    fn or(self, other: Self) -> Self {
        Self {
            event_type_id: self.event_type_id.or(other.event_type_id),
            date_from: self.date_from.or(other.date_from),
            date_to: self.date_to.or(other.date_to),
            time_zone: self.time_zone.or(other.time_zone),
        }
    }

    fn request(self) -> Result<OpeningRequest, Problem> {
        let needed = |field: &'static str, value: Option<String>| {
            let value = value.filter(|value| !value.trim().is_empty());
            value.ok_or_else(|| {
                Problem::new(Code::MissingField, format!("{field} is missing")).at(field)
            })
        };
        Ok(OpeningRequest {
            event_type: needed("eventTypeId", self.event_type_id)?,
            from: params::date("dateFrom", &needed("dateFrom", self.date_from)?)?,
            to: params::date("dateTo", &needed("dateTo", self.date_to)?)?,
            zones: Zones {
                named: params::zone("timeZone", self.time_zone.as_deref())?,
                ..Zones::default()
            },
            lane: Lane::Interactive,
        })
    }
}

macro_rules! doors {
    ($($get:ident $post:ident $path:literal;)+) => {$(
        /// Availability, as a function
        ///
        /// Opening hours of an event type that can be booked, and what is taken of them; Cal.com is asked each time. No key
        /// is needed; with several tenants, `X-Tenant-Id` names one.
        #[utoipa::path(
            get, path = $path, tag = "functions",
            params(Question),
            responses((status = 200, description = "Opening hours, and what is taken", body = AvailabilityBody)),
            security((), ("bearer" = []), ("api_key" = [])),
        )]
        pub async fn $get(State(app): State<App>, request: Request) -> Result<Json<AvailabilityBody>, Problem> {
            answer(&app, request).await
        }

        /// Availability, as a function with a body
        ///
        /// The same; what is asked stands in the body.
        #[utoipa::path(
            post, path = $path, tag = "functions",
            params(Question),
            request_body = Option<Question>,
            responses((status = 200, description = "Opening hours, and what is taken", body = AvailabilityBody)),
            security((), ("bearer" = []), ("api_key" = [])),
        )]
        pub async fn $post(State(app): State<App>, request: Request) -> Result<Json<AvailabilityBody>, Problem> {
            answer(&app, request).await
        }
    )+};
}

doors! {
    cal_availability post_cal_availability "/cal-availability";
    functions_cal_availability post_functions_cal_availability "/functions/v1/cal-availability";
}

async fn answer(app: &App, request: Request) -> Result<Json<AvailabilityBody>, Problem> {
    let (parts, body) = request.into_parts();
    let bytes = body::read(&parts.headers, body, MOST_BYTES).await?;
    let request = in_query(&parts)?.or(in_body(&bytes)?).request()?;
    let scope = match auth::anybody(&parts, app).await? {
        Anybody::Known(scope) => scope,
        Anybody::Unknown(tenant) => keys::visitor(app, tenant).await?,
    };
    let opening = slots::opening(app, &scope, &request)
        .await
        .map_err(|error| problem(app.clock.now(), &error))?;
    Ok(Json(opening.into()))
}

fn in_query(parts: &Parts) -> Result<Question, Problem> {
    axum::extract::Query::try_from_uri(&parts.uri)
        .map(|query| query.0)
        .map_err(|error| Problem::new(Code::InvalidField, error.body_text()))
}

fn in_body(bytes: &[u8]) -> Result<Question, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Question::default());
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Problem::new(Code::MalformedJson, error.to_string()))
}
