//! When and how an event type may be booked.

use jiff::civil::Date;

use crate::calcom::api::reader::{Misread, Object, Part, Shape};

/// How far ahead one may book.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BookingWindow {
    /// So many days from now.
    Days {
        /// How many.
        count: u32,
        /// Which days are counted.
        of: WindowDays,
        /// Days that are full do not count either.
        rolling: bool,
    },
    /// Between two days, both included.
    Range {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
}

/// Which days a booking window counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum WindowDays {
    /// All.
    Calendar,
    /// Monday to Friday.
    Business,
}

/// Whether the host must accept a booking first.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Confirmation {
    /// No.
    NotNeeded,
    /// Always.
    Always {
        /// A booking that waits takes its slot.
        blocks_slot: bool,
    },
    /// Only when it comes at short notice.
    ShortNotice {
        /// How short.
        count: u32,
        /// In what.
        unit: ThresholdUnit,
        /// A booking that waits takes its slot.
        blocks_slot: bool,
    },
}

/// What short notice is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum ThresholdUnit {
    Minutes,
    Hours,
}

/// One booking makes a series.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Recurrence {
    /// Every so many weeks, months or years.
    pub interval: u32,
    /// At most so often.
    pub occurrences: u32,
    /// Weeks, months or years.
    pub frequency: Option<Frequency>,
}

/// What the interval of a series is counted in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Frequency {
    Weekly,
    Monthly,
    Yearly,
}

/// Several may share a slot.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Seats {
    /// How many.
    pub per_slot: u32,
    /// They see each other's names.
    pub shows_attendees: bool,
    /// They see how many seats are left.
    pub shows_left: bool,
}

const WINDOW: Shape = Shape {
    expected: &["type", "value"],
    possible: &["rolling", "disabled"],
};
const CONFIRMATION: Shape = Shape {
    expected: &["type", "blockUnconfirmedBookingsInBooker"],
    possible: &["noticeThreshold", "disabled"],
};
const THRESHOLD: Shape = Shape {
    expected: &["unit", "count"],
    possible: &[],
};
const RECURRENCE: Shape = Shape {
    expected: &["interval", "occurrences", "frequency"],
    possible: &["disabled"],
};
const SEATS: Shape = Shape {
    expected: &["seatsPerTimeSlot"],
    possible: &["showAttendeeInfo", "showAvailabilityCount", "disabled"],
};

#[derive(Clone, Copy)]
enum WindowKind {
    Days(WindowDays),
    Range,
}

#[derive(Clone, Copy)]
enum Policy {
    Always,
    Time,
}

/// The official document has a list here, and servers an object.
pub(super) fn window(event_type: &Object<'_>) -> Result<Option<BookingWindow>, Misread> {
    const KINDS: &[(&str, WindowKind)] = &[
        ("calendarDays", WindowKind::Days(WindowDays::Calendar)),
        ("businessDays", WindowKind::Days(WindowDays::Business)),
        ("range", WindowKind::Range),
    ];
    let Some(part) = event_type.part("bookingWindow") else {
        return Ok(None);
    };
    let part = if part.raw().is_array() {
        part.items()?.next()
    } else {
        Some(part)
    };
    let Some(window) = part.and_then(|part| part.switched_on(&WINDOW).transpose()) else {
        return Ok(None);
    };
    let window = window?;
    let value = window.need("value")?;
    Ok(match window.need("type")?.word(KINDS)? {
        Some(WindowKind::Days(of)) => Some(BookingWindow::Days {
            count: value.integer()?,
            of,
            rolling: window.flag("rolling")?.unwrap_or_default(),
        }),
        Some(WindowKind::Range) => {
            let days = value.each(day)?;
            let (Some(from), Some(to)) = (days.first(), days.last()) else {
                return Err(value.misread("two days"));
            };
            Some(BookingWindow::Range {
                from: *from,
                to: *to,
            })
        }
        None => None,
    })
}

/// A day, maybe with a time behind it.
fn day(part: &Part<'_>) -> Result<Date, Misread> {
    part.text()?
        .get(..10)
        .and_then(|day| day.parse().ok())
        .ok_or_else(|| part.misread("a day"))
}

pub(super) fn confirmation(event_type: &Object<'_>) -> Result<Confirmation, Misread> {
    const POLICIES: &[(&str, Policy)] = &[("always", Policy::Always), ("time", Policy::Time)];
    const UNITS: &[(&str, ThresholdUnit)] = &[
        ("minutes", ThresholdUnit::Minutes),
        ("hours", ThresholdUnit::Hours),
    ];
    let policy = match event_type.part("confirmationPolicy") {
        Some(part) => part.switched_on(&CONFIRMATION)?,
        None => None,
    };
    let Some(policy) = policy else {
        return Ok(Confirmation::NotNeeded);
    };
    let blocks_slot = policy
        .flag("blockUnconfirmedBookingsInBooker")?
        .unwrap_or_default();
    let always = Confirmation::Always { blocks_slot };
    Ok(match policy.need("type")?.word(POLICIES)? {
        Some(Policy::Time) => {
            let threshold = policy.need("noticeThreshold")?.object(&THRESHOLD)?;
            match threshold.need("unit")?.word(UNITS)? {
                Some(unit) => Confirmation::ShortNotice {
                    count: threshold.need("count")?.integer()?,
                    unit,
                    blocks_slot,
                },
                None => always,
            }
        }
        // Whatever an unknown policy is, the host may have to accept.
        Some(Policy::Always) | None => always,
    })
}

pub(super) fn recurrence(event_type: &Object<'_>) -> Result<Option<Recurrence>, Misread> {
    const FREQUENCIES: &[(&str, Frequency)] = &[
        ("weekly", Frequency::Weekly),
        ("monthly", Frequency::Monthly),
        ("yearly", Frequency::Yearly),
    ];
    let Some(part) = event_type.part("recurrence") else {
        return Ok(None);
    };
    let Some(recurrence) = part.switched_on(&RECURRENCE)? else {
        return Ok(None);
    };
    Ok(Some(Recurrence {
        interval: recurrence.need("interval")?.integer()?,
        occurrences: recurrence.need("occurrences")?.integer()?,
        frequency: recurrence.need("frequency")?.word(FREQUENCIES)?,
    }))
}

pub(super) fn seats(event_type: &Object<'_>) -> Result<Option<Seats>, Misread> {
    let Some(part) = event_type.part("seats") else {
        // The same by its older names.
        let per_slot = event_type.integer("seatsPerTimeSlot")?;
        let shows_left = event_type.flag("seatsShowAvailabilityCount")?;
        return Ok(per_slot.map(|per_slot| Seats {
            per_slot,
            shows_attendees: false,
            shows_left: shows_left.unwrap_or_default(),
        }));
    };
    let Some(seats) = part.switched_on(&SEATS)? else {
        return Ok(None);
    };
    Ok(Some(Seats {
        per_slot: seats.need("seatsPerTimeSlot")?.integer()?,
        shows_attendees: seats.flag("showAttendeeInfo")?.unwrap_or_default(),
        shows_left: seats.flag("showAvailabilityCount")?.unwrap_or_default(),
    }))
}
