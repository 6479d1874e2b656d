//! Looking at the provider for what became of a request.

use std::time::Duration;

use calbridge_core::{
    intent::{Event, Fit, IntentKey, Sighting},
    lane::Lane,
    scope::Scope,
};
use calbridge_providers::calcom_api::{
    ErrorKind,
    bookings::{self, BookingStatus, BookingsQuery, Position, ProviderBooking},
};
use calbridge_store::intents::Intent;
use jiff::SignedDuration;

use super::{
    BookOrder, Order, RescheduleOrder, SettleError,
    answer::fit,
    host_order::HostOrder,
    record::{News, record},
};
use crate::{
    app::App,
    crash::Point,
    upstream::{AskError, Target, Wish, ask, target},
};

/// Around the start, in case the provider made it another one.
const AROUND: SignedDuration = SignedDuration::from_hours(24);

/// One person has no more bookings of one event type in two days than fit on so many pages.
const MOST_PAGES: usize = 10;

/// Look once, and write down what was seen. `waited` is at least how long it has been unknown, for callers that measure
/// it themselves.
pub(super) async fn look(
    app: &App,
    scope: &Scope,
    intent: Intent,
    waited: Duration,
    lane: Lane,
) -> Result<Intent, SettleError> {
    let order = Order::of(&intent)?;
    let target = target(app, scope, intent.connection_id).await?;
    let eyes = Eyes {
        app,
        target: &target,
        wish: Wish::of(lane),
        key: &intent.key,
    };
    app.crash_points.pass(Point::Looking).await;
    let seen = match &order {
        Order::Book(book) => eyes.find_new(&order, book).await?,
        Order::Reschedule(to) => eyes.find_moved(&order, to).await?,
        Order::Cancel(cancel) => eyes.find_cancelled(&cancel.uid).await?,
        Order::Host(order) => eyes.find_done(order).await?,
    };
    app.crash_points.pass(Point::Looked).await;
    let now = app.clock.now();
    let since = intent.doubted_at.unwrap_or(now);
    let by_clock = now.duration_since(since).max(SignedDuration::ZERO);
    let looks = u32::try_from(intent.looks).unwrap_or_default();
    let (sighting, booking) = match seen {
        Seen::Ours(booking, fit) => {
            let made = booking.uid.clone();
            (Sighting::Ours { made, fit }, Some(*booking))
        }
        Seen::Overtaken(booking) => (Sighting::Overtaken, booking.map(|booking| *booking)),
        Seen::Nothing => {
            let sighting = Sighting::NotThere {
                waited: by_clock.unsigned_abs().max(waited),
                looks: looks.saturating_add(1),
            };
            (sighting, None)
        }
    };
    let news = News {
        event: Event::Looked(sighting),
        booking,
        said: None,
        again_at: None,
    };
    record(app, scope, intent, &news).await
}

/// What was seen.
enum Seen {
    /// What was ordered, or what came of it.
    Ours(Box<ProviderBooking>, Fit),
    /// The booking became something else.
    Overtaken(Option<Box<ProviderBooking>>),
    /// Nothing of it.
    Nothing,
}

/// Looks at one connection's bookings for one key.
#[derive(Clone, Copy)]
struct Eyes<'a> {
    app: &'a App,
    target: &'a Target,
    wish: Wish,
    key: &'a IntentKey,
}

impl Eyes<'_> {
    /// Cal.com cannot be asked for metadata: the bookings of the person around the time are compared.
    async fn find_new(self, order: &Order, book: &BookOrder) -> Result<Seen, AskError> {
        let query = BookingsQuery {
            attendee_email: Some(book.email.clone()),
            event_types: vec![book.event_type],
            after_start: book.start.checked_sub(AROUND).ok(),
            before_end: book.start.checked_add(AROUND + AROUND).ok(),
            ..BookingsQuery::default()
        };
        let mut position = Position::Start;
        let mut ours: Vec<(ProviderBooking, Fit)> = Vec::new();
        for _ in 0..MOST_PAGES {
            let call = bookings::list(self.target.profile, &query, &position);
            let page = ask(self.app, self.target, &call, self.wish).await?.value;
            for booking in page.bookings {
                match fit(order, self.key, &booking) {
                    Fit::Stranger => {}
                    fits => ours.push((booking, fits)),
                }
            }
            match page.next {
                Some(next) => position = next,
                None => break,
            }
        }
        // If it was moved meanwhile, each generation has our key: the first one is what we made.
        let first = ours
            .into_iter()
            .min_by_key(|(booking, _)| (booking.rescheduled_from.is_some(), booking.created_at));
        Ok(match first {
            Some((booking, fits)) => Seen::Ours(Box::new(booking), fits),
            None => Seen::Nothing,
        })
    }

    async fn find_moved(self, order: &Order, to: &RescheduleOrder) -> Result<Seen, AskError> {
        let Some(former) = self.get(&to.uid).await? else {
            return Ok(Seen::Overtaken(None));
        };
        let Some(successor) = &former.rescheduled_to else {
            return Ok(match former.status {
                BookingStatus::Cancelled | BookingStatus::Rejected => {
                    Seen::Overtaken(Some(Box::new(former)))
                }
                _ => Seen::Nothing,
            });
        };
        Ok(match self.get(successor).await? {
            Some(moved) => match fit(order, self.key, &moved) {
                Fit::Right => Seen::Ours(Box::new(moved), Fit::Right),
                // Somebody else moved it to another time.
                Fit::Wrong | Fit::Stranger => Seen::Overtaken(Some(Box::new(moved))),
            },
            None => Seen::Overtaken(None),
        })
    }

    async fn find_cancelled(self, uid: &str) -> Result<Seen, AskError> {
        let Some(booking) = self.get(uid).await? else {
            return Ok(Seen::Overtaken(None));
        };
        Ok(match booking.status {
            _ if booking.rescheduled_to.is_some() => Seen::Overtaken(Some(Box::new(booking))),
            BookingStatus::Cancelled => Seen::Ours(Box::new(booking), Fit::Right),
            BookingStatus::Rejected => Seen::Overtaken(Some(Box::new(booking))),
            _ => Seen::Nothing,
        })
    }

    async fn find_done(self, order: &HostOrder) -> Result<Seen, AskError> {
        Ok(match self.get(&order.uid).await? {
            None => Seen::Overtaken(None),
            Some(booking) if order.is_done(&booking) => Seen::Ours(Box::new(booking), Fit::Right),
            Some(booking) if order.is_overtaken(&booking) => {
                Seen::Overtaken(Some(Box::new(booking)))
            }
            Some(_) => Seen::Nothing,
        })
    }

    async fn get(self, uid: &str) -> Result<Option<ProviderBooking>, AskError> {
        let call = bookings::get(self.target.profile, uid);
        match ask(self.app, self.target, &call, self.wish).await {
            Ok(answered) => Ok(Some(answered.value.first)),
            Err(AskError::Provider(error)) if error.kind == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
