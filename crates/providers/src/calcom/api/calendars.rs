//! Connected calendars, and when they are busy.

use jiff::{Timestamp, civil::Date};

use super::{
    Call, Operation,
    call::get,
    reader::{Misread, Object, Part, Shape},
};

/// The calendars of the key's owner.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendars {
    /// The accounts that are connected.
    pub connected: Vec<CalendarAccount>,
    /// Where new bookings are entered.
    pub destination: Option<CalendarRef>,
}

/// A connected account of a calendar service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CalendarAccount {
    /// The kind of service, such as `google_calendar`.
    pub kind: Option<String>,
    /// Cal.com's id of the connection.
    pub credential_id: Option<i64>,
    /// Cal.com could not read it: its times are unknown, not free.
    pub broken: bool,
    /// Its calendars.
    pub calendars: Vec<Calendar>,
}

/// A calendar of a connected account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Calendar {
    /// The calendar itself.
    pub id: CalendarRef,
    /// The name.
    pub name: Option<String>,
    /// What is in it keeps slots from being offered.
    pub selected: bool,
    /// Nothing can be entered there.
    pub read_only: bool,
}

/// A calendar by the names that calls need.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct CalendarRef {
    /// Cal.com's id of the connection.
    pub credential_id: i64,
    /// The service's name for it.
    pub external_id: String,
}

/// Whose busy times, and when.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BusyTimesQuery {
    /// The IANA zone in which the days begin and end.
    pub time_zone: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Which calendars.
    pub calendars: Vec<CalendarRef>,
}

/// Somebody is busy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BusyTime {
    /// From.
    pub start: Timestamp,
    /// Until.
    pub end: Timestamp,
    /// According to which service.
    pub source: Option<String>,
}

const CALENDARS: Shape = Shape {
    expected: &["connectedCalendars", "destinationCalendar"],
    possible: &[],
};
const ACCOUNT: Shape = Shape {
    expected: &["integration", "credentialId"],
    possible: &[
        "primary",
        "calendars",
        "delegationCredentialId",
        "error",
        "cacheUpdatedAt",
        "googleChannelProps",
    ],
};
const CALENDAR: Shape = Shape {
    expected: &["externalId", "readOnly", "isSelected", "credentialId"],
    possible: &[
        "name",
        "integration",
        "primary",
        "email",
        "delegationCredentialId",
        "integrationTitle",
        "error",
    ],
};
const BUSY: Shape = Shape {
    expected: &["start", "end"],
    possible: &["source", "title", "timeZone"],
};

/// Ask which calendars are connected.
pub fn list() -> Call<Calendars> {
    get(Operation::CalendarsList, &[&"calendars"], calendars)
}

/// Ask when connected calendars are busy. Bookings count only if they were entered there.
pub fn busy_times(query: &BusyTimesQuery) -> Call<Vec<BusyTime>> {
    let mut call = get(
        Operation::CalendarsBusyTimes,
        &[&"calendars", &"busy-times"],
        |envelope| envelope.need("data")?.each(busy),
    )
    .query("timeZone", Some(&query.time_zone))
    .query("dateFrom", Some(query.from))
    .query("dateTo", Some(query.to));
    for (at, calendar) in query.calendars.iter().enumerate() {
        let name = |field| format!("calendarsToLoad[{at}][{field}]");
        call = call
            .query(name("credentialId"), Some(calendar.credential_id))
            .query(name("externalId"), Some(&calendar.external_id));
    }
    call
}

fn calendars(envelope: &Object<'_>) -> Result<Calendars, Misread> {
    let it = envelope.need("data")?.object(&CALENDARS)?;
    let destination = match it.part("destinationCalendar") {
        Some(part) => destination(&part)?,
        None => None,
    };
    Ok(Calendars {
        connected: it.need("connectedCalendars")?.each(account)?,
        destination,
    })
}

/// An empty object where there is none.
fn destination(part: &Part<'_>) -> Result<Option<CalendarRef>, Misread> {
    let it = part.unknown_object()?;
    let (id, external) = (it.integer("credentialId")?, it.string("externalId")?);
    Ok(id
        .zip(external)
        .map(|(credential_id, external_id)| CalendarRef {
            credential_id,
            external_id,
        }))
}

fn account(part: &Part<'_>) -> Result<CalendarAccount, Misread> {
    let it = part.object(&ACCOUNT)?;
    let integration = it.need("integration")?.unknown_object()?;
    Ok(CalendarAccount {
        kind: integration.string("type")?,
        credential_id: it.integer("credentialId")?,
        broken: it.part("error").is_some() || it.part("calendars").is_none(),
        calendars: it.each("calendars", calendar)?,
    })
}

fn calendar(part: &Part<'_>) -> Result<Calendar, Misread> {
    let it = part.object(&CALENDAR)?;
    Ok(Calendar {
        id: CalendarRef {
            credential_id: it.need("credentialId")?.integer()?,
            external_id: it.need("externalId")?.string()?,
        },
        name: it.string("name")?,
        selected: it.flag("isSelected")?.unwrap_or_default(),
        read_only: it.flag("readOnly")?.unwrap_or_default(),
    })
}

fn busy(part: &Part<'_>) -> Result<BusyTime, Misread> {
    let it = part.object(&BUSY)?;
    Ok(BusyTime {
        start: it.need("start")?.time()?,
        end: it.need("end")?.time()?,
        source: it.string("source")?,
    })
}
