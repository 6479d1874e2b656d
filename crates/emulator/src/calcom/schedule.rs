//! When hosts are there: opening hours by the wall clock of a zone.

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::calcom::CalCom;
use crate::spelling::zone_or_utc;

/// A host's opening hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The integer id.
    pub id: i64,
    /// Whose it is.
    pub owner: i64,
    /// The name.
    pub name: String,
    /// The IANA zone its times are in.
    pub time_zone: String,
    /// What is used unless an event type names another.
    pub is_default: bool,
    /// By weekday.
    pub availability: Vec<Hours>,
    /// For single days, instead of the weekday's.
    pub overrides: Vec<DayOverride>,
}

/// The same hours on some weekdays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hours {
    /// On these days.
    pub days: Vec<Day>,
    /// From this time.
    #[serde(with = "hours_and_minutes")]
    pub start_time: Time,
    /// To this time.
    #[serde(with = "hours_and_minutes")]
    pub end_time: Time,
}

/// The hours of one day; none when they start and end at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DayOverride {
    /// On this day.
    pub date: Date,
    /// From this time.
    #[serde(with = "hours_and_minutes")]
    pub start_time: Time,
    /// To this time.
    #[serde(with = "hours_and_minutes")]
    pub end_time: Time,
}

/// A weekday, written out in English.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// From one instant to another, the other not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
}

impl Schedule {
    /// Monday to Friday from nine to five.
    pub fn working_hours(id: i64, owner: i64, time_zone: impl Into<String>) -> Self {
        Self {
            id,
            owner,
            name: "Working hours".to_owned(),
            time_zone: time_zone.into(),
            is_default: true,
            availability: vec![Hours {
                days: vec![
                    Day::Monday,
                    Day::Tuesday,
                    Day::Wednesday,
                    Day::Thursday,
                    Day::Friday,
                ],
                start_time: Time::constant(9, 0, 0, 0),
                end_time: Time::constant(17, 0, 0, 0),
            }],
            overrides: Vec::new(),
        }
    }

    /// When it is open between two instants. Spans are whole: they may begin earlier and end later.
    pub(crate) fn open(&self, span: Span) -> Vec<Span> {
        let zone = zone_or_utc(&self.time_zone);
        // A day earlier, because opening hours may have begun in the day before.
        let first = span.start.to_zoned(zone.clone()).date();
        let last = span.end.to_zoned(zone.clone()).date();
        let mut open = Vec::new();
        for date in first
            .yesterday()
            .unwrap_or(first)
            .series(jiff::ToSpan::days(1))
        {
            if date > last {
                break;
            }
            for (from, to) in self.hours_on(date) {
                // The wall clock decides: a day of a clock change is an hour shorter or longer.
                let instant = |time: Time| date.to_datetime(time).to_zoned(zone.clone());
                if let (Ok(start), Ok(end)) = (instant(from), instant(to)) {
                    let (start, end) = (start.timestamp(), end.timestamp());
                    if start < end && start < span.end && span.start < end {
                        open.push(Span { start, end });
                    }
                }
            }
        }
        open.sort();
        open
    }

    fn hours_on(&self, date: Date) -> Vec<(Time, Time)> {
        let of_this_day: Vec<_> = self
            .overrides
            .iter()
            .filter(|one| one.date == date)
            .map(|one| (one.start_time, one.end_time))
            .collect();
        if !of_this_day.is_empty() {
            return of_this_day;
        }
        let day = Day::from(date.weekday());
        self.availability
            .iter()
            .filter(|hours| hours.days.contains(&day))
            .map(|hours| (hours.start_time, hours.end_time))
            .collect()
    }
}

impl Span {
    pub(crate) fn new(start: Timestamp, minutes: i32) -> Self {
        Self {
            start,
            end: super::account::end_of(start, minutes),
        }
    }

    /// The span with so many minutes more on both sides.
    pub(crate) fn widened(self, before: i32, after: i32) -> Self {
        let before = SignedDuration::from_mins(before.into());
        Self {
            start: self.start.checked_sub(before).unwrap_or(Timestamp::MIN),
            end: super::account::end_of(self.end, after),
        }
    }

    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    pub(crate) fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

impl From<Weekday> for Day {
    fn from(weekday: Weekday) -> Self {
        match weekday {
            Weekday::Monday => Self::Monday,
            Weekday::Tuesday => Self::Tuesday,
            Weekday::Wednesday => Self::Wednesday,
            Weekday::Thursday => Self::Thursday,
            Weekday::Friday => Self::Friday,
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
        }
    }
}

impl CalCom {
    /// All schedules of all hosts.
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    /// Add a schedule, or put another in the place of the one with its id.
    pub fn set_schedule(&mut self, schedule: Schedule) {
        if schedule.is_default {
            for other in &mut self.schedules {
                other.is_default &= other.owner != schedule.owner;
            }
        }
        self.schedules.retain(|known| known.id != schedule.id);
        self.schedules.push(schedule);
        self.schedules.sort_by_key(|known| known.id);
    }

    /// The schedule a host uses unless told otherwise.
    pub fn default_schedule(&self, host: i64) -> Option<&Schedule> {
        self.schedules
            .iter()
            .find(|schedule| schedule.owner == host && schedule.is_default)
    }
}

/// `09:00`, as schedules spell a time.
mod hours_and_minutes {
    use jiff::civil::Time;
    use serde::{Deserialize, Deserializer, Serializer, de};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands out references"
    )]
    pub(super) fn serialize<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&time.strftime("%H:%M"))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
        let text = String::deserialize(from)?;
        Time::strptime("%H:%M", &text).map_err(|_| {
            de::Error::custom(format!("{text} must be a valid time in the format HH:MM"))
        })
    }
}
