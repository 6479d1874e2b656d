//! What we hear about an intent.

use std::time::Duration;

use super::Fit;

/// Whether an answer can be believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Certainty {
    /// The provider says this before it does anything.
    Sure,
    /// It has been seen to say this after doing what it was asked. Cal.com: 400 from within the booking, and the booking there.
    Doubtful,
}

/// How a call ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// With a booking.
    Done {
        /// The provider's id of it, as it was made: not of what it became when it was moved later.
        made: String,
        /// Whether it is what was wanted.
        fit: Fit,
    },
    /// The slot is taken: 409, or Calendly's `already_filled`.
    Taken(Certainty),
    /// The provider refuses: what is missing, a limit, a credential.
    Refused(Certainty),
    /// The request was not looked at: too many of them, no connection, or our own breaker or budget stopped it.
    NotProcessed,
    /// No answer in time, the connection broke, or the server did (5xx).
    Nothing,
}

/// What was found when we looked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Sighting {
    /// Something with our key.
    Ours {
        /// The provider's id of it, as it was made.
        made: String,
        /// Whether it is what was wanted.
        fit: Fit,
    },
    /// Nothing with our key; or the booking to be changed is as it was.
    NotThere {
        /// How long it has been unknown.
        waited: Duration,
        /// How often somebody has looked, this time included.
        looks: u32,
    },
    /// The booking to be changed became something else meanwhile.
    Overtaken,
}

/// Something that moves an intent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A call ended.
    Answered(Answer),
    /// The worker that asked is gone, and nobody knows how far it got.
    Interrupted,
    /// Somebody looked, or a webhook with our key came.
    Looked(Sighting),
    /// It has taken too long.
    GivenUp,
}
