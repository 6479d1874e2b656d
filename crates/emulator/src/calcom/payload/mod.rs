//! Webhook payloads, one form per file. Field by field after the captured samples and table 3.5 of the contract.

mod answered;
mod cancelled;
mod clock;
mod live;
mod people;
mod requested;
mod responses;
mod seat;

use super::event_type::{EventType, Host};
use super::{Booking, Place};
use crate::json::{Json, object};

/// The address of the booking pages.
pub(super) const BOOKER_URL: &str = "https://cal.com";

/// The id and name of the account's one team.
pub(super) const TEAM: (i64, &str) = (742, "Studio Falk Tours");

/// A booking together with what its messages quote.
pub(super) struct View<'a> {
    pub(super) booking: &'a Booking,
    pub(super) event_type: &'a EventType,
    pub(super) host: &'a Host,
    pub(super) hosts: &'a [Host],
}

impl View<'_> {
    /// The booker's notes take the place of a missing description.
    fn description(&self) -> String {
        self.event_type
            .description
            .clone()
            .unwrap_or_else(|| self.notes())
    }

    fn notes(&self) -> String {
        self.booking.notes.clone().unwrap_or_default()
    }

    fn is_video(&self) -> bool {
        self.event_type.place == Place::Video && !self.booking.location_changed
    }

    /// The location as stored: a marker for video, the text otherwise.
    fn stored_location(&self) -> &str {
        if self.is_video() {
            "integrations:daily"
        } else {
            &self.booking.location
        }
    }

    fn video_url(&self) -> Option<&str> {
        self.is_video().then_some(self.booking.location.as_str())
    }

    /// `recurringEvent`: weekly, so `freq` is 2.
    pub(super) fn recurring_event(&self) -> Json {
        if self.booking.series.is_none() {
            return Json::Absent;
        }
        object! { "freq": 2, "count": self.booking.series_count, "interval": 1 }
    }
}
