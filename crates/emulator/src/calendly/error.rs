//! Why a move was refused.

/// A refusal, as the provider's API or pages would give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendlyError {
    /// No event type has this slug.
    #[error("no such event type")]
    NoSuchEventType,
    /// No invitee has this URI.
    #[error("no such invitee")]
    NoSuchInvitee,
    /// No scheduled event has this URI.
    #[error("no such scheduled event")]
    NoSuchEvent,
    /// No webhook event has this name.
    #[error("no webhook event with this name")]
    NoSuchWebhookEvent,
    /// The slot is taken: HTTP 400 with the code `already_filled`.
    #[error("that start time has been filled")]
    AlreadyFilled,
    /// The wished start is not in the future.
    #[error("start_time must be in the future")]
    NotInTheFuture,
    /// The event or the invitee is canceled.
    #[error("the event is canceled already")]
    AlreadyCanceled,
    /// The event is over.
    #[error("the event is in the past")]
    InThePast,
    /// The event has not started.
    #[error("the event has not started")]
    NotStarted,
    /// The invitee is marked as a no-show.
    #[error("the invitee is marked as a no-show already")]
    AlreadyMarked,
    /// The invitee is not marked as a no-show.
    #[error("the invitee is not marked as a no-show")]
    NotMarked,
}
