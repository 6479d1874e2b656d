//! Ask ahead of time, so that the first callers do not wait.

use calbridge_core::{lane::Lane, scope::Scope};
use calbridge_store::{StoreError, event_types::EventTypeFilter};
use jiff::Span as Days;
use serde::{Deserialize, Serialize};

use super::{Age, SlotsError, SlotsRequest, Span, Zones, find};
use crate::{app::App, event_types, upstream::AskError};

/// So many days from today on.
const DAYS: i64 = 7;

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Warmed {
    /// Event types that can be booked.
    pub event_types: usize,
    /// Those whose slots are remembered now.
    pub remembered: usize,
    /// Their free slots.
    pub free_slots: usize,
    /// What went wrong, by event type.
    pub failures: Vec<String>,
}

impl Warmed {
    /// Both together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.event_types += other.event_types;
        self.remembered += other.remembered;
        self.free_slots += other.free_slots;
        self.failures.extend(other.failures);
        self
    }
}

/// Ask for the coming days of every event type of the tenant that can be booked, behind everybody who waits. Where the
/// budget is used up or the provider fails, the rest is left alone.
pub async fn warm_up(app: &App, scope: &Scope) -> Result<Warmed, StoreError> {
    let filter = EventTypeFilter {
        active: Some(true),
        ..EventTypeFilter::default()
    };
    let mut all = event_types::list_whole(app, scope, &filter).await?;
    all.retain(|event_type| event_type.is_offered);
    let mut warmed = Warmed {
        event_types: all.len(),
        ..Warmed::default()
    };
    let mut silent = Vec::new();
    for event_type in all {
        if silent.contains(&event_type.connection_id) {
            continue;
        }
        let request = request(app, event_type.public_id.to_string());
        match Box::pin(find(app, scope, &request)).await {
            Ok(found) => {
                warmed.remembered += usize::from(found.subject.is_some());
                warmed.free_slots += found.slots.len();
            }
            Err(error) => {
                if is_about_the_connection(&error) {
                    silent.push(event_type.connection_id);
                }
                let failure = format!("{} ({error})", event_type.title);
                warmed.failures.push(failure);
            }
        }
    }
    Ok(warmed)
}

fn request(app: &App, event_type: String) -> SlotsRequest {
    let today = app.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let last = today.saturating_add(Days::new().days(DAYS - 1));
    SlotsRequest {
        event_type: Some(event_type),
        span: Span::Days(today, last),
        zones: Zones::default(),
        duration: None,
        host: None,
        moving: None,
        age: Age::Remembered,
        lane: Lane::Sync,
    }
}

/// Whether the next event type would fare the same.
fn is_about_the_connection(error: &SlotsError) -> bool {
    match error {
        SlotsError::Target(_) => true,
        SlotsError::Ask(error) => matches!(
            **error,
            AskError::BudgetExhausted { .. }
                | AskError::CircuitOpen { .. }
                | AskError::NotSent(_)
                | AskError::NoAnswer(_)
        ),
        SlotsError::Subject(_)
        | SlotsError::Inverted
        | SlotsError::TooLong
        | SlotsError::NoSuchLength(_)
        | SlotsError::Store(_) => false,
    }
}
