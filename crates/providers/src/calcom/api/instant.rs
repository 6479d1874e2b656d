//! How times are written for Cal.com.

use jiff::{Timestamp, fmt::temporal::DateTimePrinter};

/// UTC with milliseconds, as Cal.com itself writes it.
pub(super) fn instant(at: Timestamp) -> String {
    const MILLISECONDS: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
    MILLISECONDS.timestamp_to_string(&at)
}
