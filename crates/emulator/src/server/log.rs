//! What was sent, and what the receivers said. The last thousand attempts.

use std::collections::VecDeque;

use jiff::Timestamp;
use serde::Serialize;

/// So many attempts are remembered.
const CAPACITY: usize = 1000;

/// So much of an answer is remembered.
const ANSWER_LIMIT: usize = 500;

/// One attempt to deliver one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogEntry {
    /// When.
    pub at: Timestamp,
    /// `cal.com` or `calendly`.
    pub provider: &'static str,
    /// Trigger or event name.
    pub event: String,
    /// Where to.
    pub url: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The receiver's status, if it answered.
    pub status: Option<u16>,
    /// The beginning of its answer.
    pub answer: String,
    /// Why there was no answer.
    pub error: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct DeliveryLog {
    entries: VecDeque<LogEntry>,
}

impl DeliveryLog {
    pub(super) fn record(&mut self, mut entry: LogEntry) {
        if self.entries.len() == CAPACITY {
            self.entries.pop_front();
        }
        let end = entry.answer.floor_char_boundary(ANSWER_LIMIT);
        entry.answer.truncate(end);
        self.entries.push_back(entry);
    }

    pub(super) fn entries(&self) -> Vec<LogEntry> {
        self.entries.iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_thousand_attempts_are_remembered() {
        let mut log = DeliveryLog::default();
        for attempt in 0..1200 {
            log.record(LogEntry {
                at: Timestamp::UNIX_EPOCH,
                provider: "calendly",
                event: "invitee.created".to_owned(),
                url: "http://127.0.0.1/".to_owned(),
                attempt,
                status: Some(200),
                answer: "ü".repeat(400),
                error: None,
            });
        }
        assert_eq!(log.entries().len(), 1000);
        assert_eq!(log.entries()[0].attempt, 200);
        assert_eq!(log.entries()[0].answer.len(), 500);
    }
}
