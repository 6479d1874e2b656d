//! The kinds of jobs, each with its lane and the use case it calls.

use calbridge_core::{
    ids::{BookingId, IntentId, LeadId, SyncRunId, WebhookEventId},
    lane::Lane,
    scope::Scope,
};
use calbridge_store::{StoreError, jobs::Job, sql::Tx};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};

use super::JobError;
use crate::{agreement, app::App, booking, event_types, inbox, retention};

/// What there is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Apply a webhook event that failed.
    ApplyEvent,
    /// Complete a booking whose end has come.
    CompleteBooking,
    /// Tell the story of a booking again, after somebody wrote to the database.
    RetellBooking,
    /// Compress and delete what is old. There is one such job.
    Retention,
    /// Read the event types of a connection. There is one such job for each.
    SyncEventTypes,
    /// Compare the bookings of a connection with its provider's. There is one such job for each.
    SyncBookings,
    /// See to what we want of a provider until it is known what became of it. There is one such job for each intent.
    SettleIntent,
    /// Give back a slot that a provider keeps for a hold of ours which is over.
    ReleaseReservation,
    /// Book a lead that nobody asked for. There is one such job for each lead.
    BookLead,
}

impl Kind {
    /// Every kind that this release knows; it leaves others to newer ones.
    pub const ALL: [Self; 9] = [
        Self::ApplyEvent,
        Self::CompleteBooking,
        Self::RetellBooking,
        Self::Retention,
        Self::SyncEventTypes,
        Self::SyncBookings,
        Self::SettleIntent,
        Self::ReleaseReservation,
        Self::BookLead,
    ];

    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApplyEvent => "apply_event",
            Self::CompleteBooking => "complete_booking",
            Self::RetellBooking => "retell_booking",
            Self::Retention => "retention",
            Self::SyncEventTypes => "sync_event_types",
            Self::SyncBookings => "sync_bookings",
            Self::SettleIntent => "settle_intent",
            Self::ReleaseReservation => "release_reservation",
            Self::BookLead => "book_lead",
        }
    }

    /// What goes first when there is more to do than workers.
    pub fn lane(self) -> Lane {
        match self {
            Self::ApplyEvent
            | Self::RetellBooking
            | Self::SettleIntent
            | Self::ReleaseReservation => Lane::FollowUp,
            Self::CompleteBooking
            | Self::Retention
            | Self::SyncEventTypes
            | Self::SyncBookings
            | Self::BookLead => Lane::Sync,
        }
    }

    /// The key of the one job of this kind for an object.
    pub fn key(self, id: impl std::fmt::Display) -> String {
        format!("{}:{id}", self.as_str())
    }

    /// Back from the word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

#[derive(Deserialize)]
struct OfEvent {
    webhook_event_id: WebhookEventId,
}

#[derive(Deserialize)]
struct OfBooking {
    booking_id: BookingId,
}

#[derive(Deserialize)]
struct OfRun {
    run_id: SyncRunId,
}

#[derive(Deserialize)]
struct OfLead {
    lead_id: LeadId,
}

#[derive(Deserialize)]
struct OfIntent {
    intent_id: IntentId,
}

/// Do a job. Each may run twice, and at the same time as another about the same booking: what a booking looks like
/// follows from the set of its facts, and whoever tells its story holds its row until the commit.
pub(super) async fn run(app: &App, job: &Job) -> Result<(), JobError> {
    let scope = Scope::system(job.tenant_id);
    match Kind::from_word(&job.kind) {
        Some(Kind::ApplyEvent) => {
            let of: OfEvent = payload(job)?;
            inbox::retry(app, job.tenant_id, of.webhook_event_id).await
        }
        Some(Kind::CompleteBooking) => {
            let of: OfBooking = payload(job)?;
            booking::complete(app, &scope, of.booking_id).await
        }
        Some(Kind::RetellBooking) => {
            let of: OfBooking = payload(job)?;
            booking::retell(app, &scope, of.booking_id).await
        }
        Some(Kind::Retention) => retention::run_job(app).await,
        Some(Kind::SyncEventTypes) => {
            let of: OfRun = payload(job)?;
            event_types::sync::run_job(app, &scope, of.run_id).await
        }
        Some(Kind::SyncBookings) => {
            let of: OfRun = payload(job)?;
            Box::pin(agreement::run_job(app, &scope, of.run_id)).await
        }
        Some(Kind::SettleIntent) => {
            let of: OfIntent = payload(job)?;
            Box::pin(booking::settle(app, &scope, of.intent_id)).await
        }
        Some(Kind::ReleaseReservation) => {
            Box::pin(booking::release_reservation(app, &scope, payload(job)?)).await
        }
        Some(Kind::BookLead) => {
            let of: OfLead = payload(job)?;
            Box::pin(booking::automatic::run_job(app, &scope, of.lead_id)).await
        }
        // Only known kinds are taken.
        None => Err(JobError::fail(format!(
            "this release does not know jobs of kind {}",
            job.kind
        ))),
    }
}

/// A job has failed for good: whether something else waits for somebody to look because of it.
pub(super) async fn give_up(
    tx: &mut Tx,
    job: &Job,
    why: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    match (Kind::from_word(&job.kind), payload::<OfEvent>(job)) {
        (Some(Kind::ApplyEvent), Ok(of)) => {
            let scope = Scope::system(job.tenant_id);
            inbox::park(tx, &scope, of.webhook_event_id, why, now).await
        }
        _ => Ok(false),
    }
}

fn payload<T: DeserializeOwned>(job: &Job) -> Result<T, JobError> {
    serde_json::from_value(job.payload.clone())
        .map_err(|_| JobError::fail("the payload is not what it should be"))
}
