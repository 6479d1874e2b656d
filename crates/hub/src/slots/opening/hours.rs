//! A schedule of Cal.com in our words.

use calbridge_core::availability::{Hours, OpeningRule, Override};
use calbridge_providers::calcom_api::Schedule;
use jiff::civil::Time;

/// The hours of the week, and the days that differ.
pub(super) fn of(schedule: &Schedule) -> (Vec<OpeningRule>, Vec<Override>) {
    let rules = schedule.hours.iter().filter_map(|weekly| {
        Some(OpeningRule {
            days: weekly.days.clone(),
            hours: Hours::new(minute(weekly.from), minute(weekly.to))?,
        })
    });
    let overrides = schedule.overrides.iter().map(|one| Override {
        date: one.date,
        // Hours that end where they begin close the day.
        hours: Hours::new(minute(one.from), minute(one.to)),
    });
    (rules.collect(), overrides.collect())
}

/// Minutes of the day; the last moment of a day is its end.
fn minute(time: Time) -> u16 {
    if time == Time::MAX {
        return 24 * 60;
    }
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}
