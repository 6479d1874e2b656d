//! The hosts' calendars: which are connected, and when they say busy.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::schedule::Span;
use super::{CalCom, CalComError};

/// A time at which a calendar says busy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusyBlock {
    /// Whose calendar.
    pub host: i64,
    /// From.
    pub start: Timestamp,
    /// To.
    pub end: Timestamp,
}

impl CalCom {
    /// The host has something else to do.
    pub fn add_busy(&mut self, block: BusyBlock) -> Result<(), CalComError> {
        if self.hosts.iter().all(|host| host.id != block.host) {
            return Err(CalComError::NoSuchHost);
        }
        self.busy.push(block);
        Ok(())
    }

    /// Nobody has anything else to do.
    pub fn clear_busy(&mut self) {
        self.busy.clear();
    }

    /// When calendars say busy.
    pub fn busy(&self) -> &[BusyBlock] {
        &self.busy
    }

    /// Connect the hosts' calendars, or take them away; without them, nothing but bookings makes a host busy.
    pub fn connect_calendars(&mut self, calendars: Calendars) {
        self.calendars = calendars;
    }

    /// Whether the hosts' calendars are connected.
    pub fn calendars(&self) -> Calendars {
        self.calendars
    }

    pub(super) fn calendar_spans(&self, host: i64) -> Vec<Span> {
        match self.calendars {
            Calendars::Connected => self
                .busy
                .iter()
                .filter(|block| block.host == host)
                .map(|block| Span {
                    start: block.start,
                    end: block.end,
                })
                .collect(),
            Calendars::None => Vec::new(),
        }
    }
}

/// Whether the hosts' calendars are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendars {
    /// Each host has one.
    #[default]
    Connected,
    /// No host has one.
    None,
}
