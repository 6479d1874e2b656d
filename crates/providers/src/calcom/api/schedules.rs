//! Opening hours.

use jiff::civil::{Date, Time, Weekday};

use super::{
    Call, Family, Operation, Profile,
    call::get as call,
    reader::{Misread, Object, Part, Shape},
};

/// When a host is there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Schedule {
    /// Cal.com's id.
    pub id: i64,
    /// Cal.com's id of the user.
    pub owner_id: i64,
    /// The name.
    pub name: String,
    /// The IANA zone of all the times in here.
    pub time_zone: String,
    /// It applies where an event type names none.
    pub is_default: bool,
    /// The hours of a week.
    pub hours: Vec<WeeklyHours>,
    /// Days that differ.
    pub overrides: Vec<DateOverride>,
}

/// The same hours on some days of the week.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WeeklyHours {
    /// Which days.
    pub days: Vec<Weekday>,
    /// From when.
    pub from: Time,
    /// Until when.
    pub to: Time,
}

/// A day that differs from its week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DateOverride {
    /// Which day.
    pub date: Date,
    /// From when.
    pub from: Time,
    /// Until when; not after `from` when nobody is there.
    pub to: Time,
}

const SCHEDULE: Shape = Shape {
    expected: &[
        "id",
        "ownerId",
        "name",
        "timeZone",
        "availability",
        "isDefault",
        "overrides",
    ],
    possible: &[],
};
const HOURS: Shape = Shape {
    expected: &["days", "startTime", "endTime"],
    possible: &[],
};
const OVERRIDE: Shape = Shape {
    expected: &["date", "startTime", "endTime"],
    possible: &[],
};
const WEEKDAYS: &[(&str, Weekday)] = &[
    ("Monday", Weekday::Monday),
    ("Tuesday", Weekday::Tuesday),
    ("Wednesday", Weekday::Wednesday),
    ("Thursday", Weekday::Thursday),
    ("Friday", Weekday::Friday),
    ("Saturday", Weekday::Saturday),
    ("Sunday", Weekday::Sunday),
];

/// Ask for the opening hours that apply where an event type names none, if there are any.
pub fn default(profile: Profile) -> Call<Option<Schedule>> {
    get_as(
        Operation::SchedulesDefault,
        profile,
        &"default",
        |envelope| {
            envelope.recognize("data", "a schedule, or `null`")?;
            envelope
                .part("data")
                .map(|part| schedule(&part))
                .transpose()
        },
    )
}

/// Ask for one schedule.
pub fn get(profile: Profile, id: i64) -> Call<Schedule> {
    get_as(Operation::SchedulesGet, profile, &id, |envelope| {
        schedule(&envelope.need("data")?)
    })
}

/// Ask for all schedules of the key's owner.
pub fn list(profile: Profile) -> Call<Vec<Schedule>> {
    call(Operation::SchedulesList, &[&"schedules"], |envelope| {
        envelope.need("data")?.each(schedule)
    })
    .version(profile.version(Family::Schedules))
}

fn get_as<T>(
    operation: Operation,
    profile: Profile,
    which: &dyn std::fmt::Display,
    read: fn(&Object<'_>) -> Result<T, Misread>,
) -> Call<T> {
    call(operation, &[&"schedules", which], read).version(profile.version(Family::Schedules))
}

/// A schedule of 2024-06-11. That of 2024-04-15 has no `overrides`.
fn schedule(part: &Part<'_>) -> Result<Schedule, Misread> {
    const EXPECTED: &str = "a schedule of 2024-06-11";
    let it = part.unknown_object()?;
    for name in ["id", "availability", "overrides"] {
        it.recognize(name, EXPECTED)?;
    }
    let it = part.object(&SCHEDULE)?;
    Ok(Schedule {
        id: it.need("id")?.integer()?,
        owner_id: it.need("ownerId")?.integer()?,
        name: it.string("name")?.unwrap_or_default(),
        time_zone: it.need("timeZone")?.string()?,
        is_default: it.flag("isDefault")?.unwrap_or_default(),
        hours: it.each("availability", weekly)?,
        overrides: it.each("overrides", day)?,
    })
}

fn weekly(part: &Part<'_>) -> Result<WeeklyHours, Misread> {
    let it = part.object(&HOURS)?;
    let days = it.need("days")?.each(|day| day.word(WEEKDAYS))?;
    Ok(WeeklyHours {
        days: days.into_iter().flatten().collect(),
        from: clock(&it.need("startTime")?)?,
        to: clock(&it.need("endTime")?)?,
    })
}

fn day(part: &Part<'_>) -> Result<DateOverride, Misread> {
    let it = part.object(&OVERRIDE)?;
    let date = it.need("date")?;
    Ok(DateOverride {
        date: date
            .text()?
            .parse()
            .map_err(|_| date.misread("a day like 2026-09-14"))?,
        from: clock(&it.need("startTime")?)?,
        to: clock(&it.need("endTime")?)?,
    })
}

/// A time on the wall.
fn clock(part: &Part<'_>) -> Result<Time, Misread> {
    match part.text()? {
        "24:00" => Ok(Time::MAX),
        text => text.parse().map_err(|_| part.misread("a time like 09:00")),
    }
}
