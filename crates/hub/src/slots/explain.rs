//! Why a day is as free as it is, slot by slot.

use calbridge_core::{
    availability::{NoSlots, Offer, Slot, free},
    lane::Lane,
    scope::Scope,
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{
    Age, NoneFree, SlotsError, SlotsRequest, Span, Zones, booking_window,
    find::{Looked, look},
};
use crate::app::App;

/// What decided over a day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Explained {
    /// The provider's id of the event type.
    pub event_type_id: Option<String>,
    /// Its title, where it was synced.
    pub title: Option<String>,
    /// The connection that offers it.
    pub connection: Option<String>,
    /// The day.
    pub date: Date,
    /// In which zone.
    pub time_zone: Option<String>,
    /// Our rules, in words.
    pub rules: Vec<String>,
    /// Our bookings and holds in the way: from when until when.
    pub taken: Vec<(Timestamp, Timestamp)>,
    /// What the provider offers, and what becomes of it.
    pub offered: Vec<(Timestamp, Fate)>,
    /// How many slots remain.
    pub free: usize,
    /// Why none does, as a word.
    pub reason: Option<String>,
    /// What can be done about it.
    pub advice: Option<String>,
}

/// What becomes of an offered slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// It can be booked.
    Free,
    /// One of our bookings or holds is in its way.
    Taken,
    /// Sooner than the minimum notice.
    TooSoon,
    /// Further ahead than can be booked.
    TooFar,
    /// It begins on another day.
    OtherDay,
}

/// Explain a day of an event type. The provider is asked in any case.
pub async fn explain(
    app: &App,
    scope: &Scope,
    event_type: &str,
    date: Option<Date>,
    zones: Zones,
) -> Result<Explained, SlotsError> {
    let settings = {
        let snapshot = app.registry.current(&app.store, app.clock.now()).await;
        snapshot.settings(scope.tenant_id())
    };
    let mut tx = app.store.read().await?;
    let zone = super::zone(&mut tx, scope, &zones, &settings).await?;
    tx.rollback().await?;
    let date = date.unwrap_or_else(|| app.clock.now().to_zoned(zone).date());
    let request = SlotsRequest {
        event_type: Some(event_type.to_owned()),
        span: Span::Days(date, date),
        zones,
        duration: None,
        host: None,
        moving: None,
        age: Age::New,
        lane: Lane::Interactive,
    };
    let looked = Box::pin(look(app, scope, &request)).await?;
    Ok(explained(&looked, date))
}

fn explained(looked: &Looked, date: Date) -> Explained {
    let subject = looked.subject.as_ref();
    let mut explained = Explained {
        event_type_id: subject.map(|it| it.external_id.clone()),
        title: subject.and_then(|it| Some(it.event_type.as_ref()?.title.clone())),
        connection: subject.map(|it| it.connection.connection.name.clone()),
        date,
        time_zone: looked.zone.iana_name().map(str::to_owned),
        rules: Vec::new(),
        taken: Vec::new(),
        offered: Vec::new(),
        free: 0,
        reason: None,
        advice: None,
    };
    let reason = match &looked.offer {
        None => Some(NoneFree::NotConfigured),
        Some(offer) => {
            let judge = |slots: &[Slot]| {
                let of = Offer { slots };
                free(of, &offer.taken, &offer.rules, looked.window, looked.now)
            };
            let whole = judge(&offer.slots);
            explained.free = whole.slots.len();
            explained.offered = offer
                .slots
                .iter()
                .map(|slot| (slot.start, fate(judge(&[*slot]).reason)))
                .collect();
            let in_the_way = offer.taken.iter();
            explained.taken = in_the_way.map(|taken| (taken.start, taken.end)).collect();
            explained.rules = rules(looked);
            whole.reason.map(NoneFree::Slots)
        }
    };
    explained.reason = reason.map(|why| why.as_str().to_owned());
    explained.advice = reason.map(|why| why.advice().to_owned());
    explained
}

fn fate(reason: Option<NoSlots>) -> Fate {
    match reason {
        None => Fate::Free,
        Some(NoSlots::AllTaken) => Fate::Taken,
        Some(NoSlots::TooSoon) => Fate::TooSoon,
        Some(NoSlots::TooFar) => Fate::TooFar,
        Some(NoSlots::NothingOffered) => Fate::OtherDay,
    }
}

/// The rules that we know of, in words. The provider applies its own beside them.
fn rules(looked: &Looked) -> Vec<String> {
    let Some(event_type) = looked
        .subject
        .as_ref()
        .and_then(|it| it.event_type.as_ref())
    else {
        return vec!["none: the event type was never synced".to_owned()];
    };
    let minutes = |name: &str, value: Option<u32>| {
        let value = value.filter(|value| *value > 0)?;
        Some(format!("{name}: {value} minutes"))
    };
    let seats = event_type.seats.map(|seats| format!("places: {seats}"));
    let window = event_type.booking_window.as_ref();
    let hosts = event_type
        .scheduling_type
        .as_ref()
        .zip(looked.subject.as_ref())
        .map(|(kind, subject)| format!("hosts: {}, {kind}", subject.hosts.len()));
    [
        minutes("minimum notice", event_type.minimum_notice),
        minutes("buffer before", event_type.before_buffer),
        minutes("buffer after", event_type.after_buffer),
        seats,
        window.and_then(booking_window::in_words),
        hosts,
    ]
    .into_iter()
    .flatten()
    .collect()
}
