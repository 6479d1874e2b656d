//! Instants as the engines hold them: TIMESTAMPTZ in PostgreSQL, fixed-width UTC text in SQLite, both to the microsecond.

use std::fmt::Write;

use jiff::{Timestamp, civil::DateTime, tz::Offset};

/// 2000-01-01, where PostgreSQL counts from.
const POSTGRES_EPOCH: i64 = 946_684_800_000_000;
/// 0000-01-01, the oldest instant that the text form can write.
const OLDEST: i64 = -62_167_219_200_000_000;

/// The instant as it will be read back: cut to the microsecond, towards the past.
///
/// What is older than the year 0000 becomes its first instant, on both engines.
#[must_use]
pub fn cut_to_micros(time: Timestamp) -> Timestamp {
    from_micros(micros(time)).unwrap_or(time)
}

/// `Timestamp::from_microsecond` stops a fraction of a second short of `Timestamp::MAX`.
fn from_micros(micros: i64) -> Option<Timestamp> {
    let nanos = i32::try_from(micros.rem_euclid(1_000_000) * 1000).ok()?;
    Timestamp::new(micros.div_euclid(1_000_000), nanos).ok()
}

fn micros(time: Timestamp) -> i64 {
    let floor = time.as_nanosecond().div_euclid(1000);
    i64::try_from(floor).unwrap_or(OLDEST).max(OLDEST)
}

pub(super) fn to_postgres(time: Timestamp) -> i64 {
    micros(time) - POSTGRES_EPOCH
}

/// `None` for `infinity` and for years that jiff does not have.
pub(super) fn from_postgres(micros: i64) -> Option<Timestamp> {
    from_micros(micros.checked_add(POSTGRES_EPOCH)?)
}

/// `YYYY-MM-DD HH:MM:SS.ffffff`: sorts like the instants and compares with `datetime('now')`.
pub(super) fn to_text(time: Timestamp) -> String {
    let at = Offset::UTC.to_datetime(cut_to_micros(time));
    let mut text = String::with_capacity(26);
    let written = write!(
        text,
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        at.subsec_nanosecond() / 1000
    );
    debug_assert!(written.is_ok(), "a String takes whatever is written to it");
    text
}

/// Reads our own form, and what people write by hand: fewer digits, a `T`, a `Z`, an offset, a bare date.
pub(super) fn from_text(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().ok().or_else(|| {
        let civil = text.parse::<DateTime>().ok()?;
        Offset::UTC.to_timestamp(civil).ok()
    })?;
    Some(cut_to_micros(time))
}
