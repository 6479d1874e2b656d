//! What else can be set on an event type.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The settings of an event type, with what a new one has as defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The lengths one may choose from, in minutes; empty when there is one.
    pub lengths: Vec<i32>,
    /// How long before its start one must book, in minutes.
    pub minimum_notice: i32,
    /// Free minutes before.
    pub buffer_before: i32,
    /// Free minutes after.
    pub buffer_after: i32,
    /// Minutes from one start to the next; the length, when not set.
    pub slot_interval: Option<i32>,
    /// Minutes after the full slot at which meetings start.
    pub offset_start: i32,
    /// How far ahead one may book.
    pub window: Option<BookingWindow>,
    /// Not shown to others.
    pub hidden: bool,
    /// The currency of the price, lower case.
    pub currency: Option<String>,
    /// At most so many bookings on one day.
    pub most_per_day: Option<u32>,
    /// The schedule it is offered by; the host's own, when not set.
    pub schedule: Option<i64>,
    /// Guests cannot be added.
    pub disable_guests: bool,
    /// Only its host may book it by API.
    pub requires_authentication: bool,
    /// Bookings cannot be cancelled.
    pub disable_cancelling: bool,
    /// Says that bookings cannot be moved, which the API does not enforce.
    pub disable_rescheduling: bool,
    /// Those who have a seat are shown to everybody.
    pub show_attendees: bool,
}

/// How far ahead one may book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingWindow {
    /// So many days from now, weekends not counted.
    BusinessDays(i32),
    /// So many days from now.
    CalendarDays(i32),
    /// From one day to another, both included.
    Range(Date, Date),
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lengths: Vec::new(),
            // `api_006` of the captures.
            minimum_notice: 120,
            buffer_before: 0,
            buffer_after: 0,
            slot_interval: None,
            offset_start: 0,
            window: None,
            hidden: false,
            currency: None,
            most_per_day: None,
            schedule: None,
            disable_guests: false,
            requires_authentication: false,
            disable_cancelling: false,
            disable_rescheduling: false,
            // `api_012`: seated types show who comes unless told otherwise.
            show_attendees: true,
        }
    }
}
