//! Asking a provider a few cheap questions, to see whether it still answers as known.
//!
//! What differs is reported by `upstream`, as for every other call. An answer that cannot be read at all, which fails
//! whoever needs it, is reported here before anybody does.

use calbridge_core::{lane::Lane, provider::Provider, scope::Scope};
use calbridge_providers::calcom_api::{
    ApiError, Call, ErrorKind, EventTypeRef, OfferedEventType, WebhookLevel, Whose,
    bookings::{self, BookingsQuery, Position},
    event_types, me,
    slots::{self, SlotsQuery},
    webhooks,
};
use calbridge_store::StoreError;
use jiff::{SignedDuration, Timestamp};

use crate::{
    app::App,
    incidents::{self, Kind, Seen},
    jobs::JobError,
    upstream::{self, AskError, Target, Wish},
};

/// What came of the questions.
#[derive(Debug, Default)]
pub struct Looks {
    /// Each question by its name, such as `slots.list`, with what went wrong.
    pub asked: Vec<(&'static str, Result<(), AskError>)>,
    /// How far the provider's clock is ahead of ours, where it said.
    pub clock_ahead: Option<SignedDuration>,
}

/// Look at every connection that can be asked. Nothing that a provider answers fails this.
pub async fn look_at_all(app: &App) -> Result<(), JobError> {
    if !app.config.sync.canary {
        return Ok(());
    }
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    for known in snapshot.of_provider(Provider::CalCom) {
        let connection = &known.connection;
        if !snapshot.is_asked(connection.id) {
            continue;
        }
        match upstream::target_of(app, known).await {
            Ok(target) => {
                look(app, &target, Lane::Sync).await?;
            }
            Err(error) => tracing::info!(
                connection.id = %connection.id,
                "A connection could not be looked at: {error}"
            ),
        }
    }
    Ok(())
}

/// Ask one of each kind.
pub async fn look(app: &App, target: &Target, lane: Lane) -> Result<Looks, StoreError> {
    let mut canary = Canary {
        app,
        target,
        lane,
        looks: Looks::default(),
    };
    canary.ask(&me()).await?;
    if canary.is_refused() {
        return Ok(canary.looks);
    }
    let offered = canary
        .ask(&event_types::list(target.profile, &Whose::Own))
        .await?;
    if let Some(event_type) = bookable(target, offered.as_deref()) {
        let query = next_week(event_type, app.clock.now());
        canary.ask(&slots::list(target.profile, &query)).await?;
    }
    let one = BookingsQuery {
        page_size: Some(1),
        ..BookingsQuery::default()
    };
    canary
        .ask(&bookings::list(target.profile, &one, &Position::Start))
        .await?;
    canary.ask(&webhooks::list(WebhookLevel::User, 0)).await?;
    Ok(canary.looks)
}

/// The default event type, or any that the account offers.
fn bookable(target: &Target, offered: Option<&[OfferedEventType]>) -> Option<i64> {
    let default = target.known.connection.default_event_type_id.as_deref();
    let default = default.and_then(|id| id.parse().ok());
    default.or_else(|| offered?.first().map(|one| one.id))
}

fn next_week(event_type: i64, now: Timestamp) -> SlotsQuery {
    let after = |days: i64| {
        now.checked_add(SignedDuration::from_hours(24 * days))
            .unwrap_or(now)
    };
    SlotsQuery {
        event_type: EventTypeRef::Id(event_type),
        from: after(1),
        to: after(8),
        duration: None,
        host: None,
        reschedule: None,
    }
}

struct Canary<'a> {
    app: &'a App,
    target: &'a Target,
    lane: Lane,
    looks: Looks,
}

impl Canary<'_> {
    async fn ask<T>(&mut self, call: &Call<T>) -> Result<Option<T>, StoreError> {
        let operation = call.operation.as_str();
        let answer = upstream::ask(self.app, self.target, call, Wish::of(self.lane)).await;
        self.note(operation, answer.as_ref().err()).await?;
        let (value, outcome) = match answer {
            Ok(answered) => {
                let now = self.app.clock.now();
                let ahead = answered.told_at.map(|at| at.duration_since(now));
                self.looks.clock_ahead = self.looks.clock_ahead.or(ahead);
                (Some(answered.value), Ok(()))
            }
            Err(error) => (None, Err(error)),
        };
        self.looks.asked.push((operation, outcome));
        Ok(value)
    }

    /// With a key that is refused, or nobody there, the other questions tell nothing more.
    fn is_refused(&self) -> bool {
        self.looks.asked.iter().any(|(_, outcome)| outcome.is_err())
    }

    /// An answer that cannot be read is an incident until it can.
    async fn note(
        &self,
        operation: &'static str,
        error: Option<&AskError>,
    ) -> Result<(), StoreError> {
        let misread = match error {
            None => None,
            Some(AskError::Provider(
                error @ ApiError {
                    kind: ErrorKind::Misread { .. },
                    ..
                },
            )) => Some(error),
            Some(_) => return Ok(()),
        };
        let id = self.target.connection_id;
        let subject = format!("{operation} unreadable {id}");
        let scope = Scope::system(self.target.tenant_id);
        match misread {
            None => incidents::settle(self.app, &scope, Kind::Drift, &subject).await,
            Some(error) => {
                let seen = Seen {
                    kind: Kind::Drift,
                    connection_id: Some(id),
                    subject,
                    detail: format!(
                        "the answer to {operation} cannot be read: {}",
                        error.message
                    ),
                };
                incidents::raise(self.app, &scope, seen).await.map(drop)
            }
        }
    }
}
