//! A Calendly organization in memory: what it holds, the verbs that change it, and the webhook bodies those
//! changes send. No I/O, no clock of its own; everything random comes from the seed.

mod account;
mod book;
mod cancel;
mod error;
mod event_type;
mod no_show;
mod offer;
mod payload;
mod reschedule;
mod resource;
mod routing;
mod state;
#[cfg(test)]
mod tests;
mod trigger;

pub use account::{Calendly, PayloadForm};
pub use book::{BookedThrough, NewInvitee};
pub use error::CalendlyError;
pub use event_type::{Audience, EventType, Place, User};
pub use routing::{RoutingResult, RoutingSubmission};
pub use state::{Canceler, Cancellation, EventUri, Invitee, InviteeUri, NoShow, ScheduledEvent};
pub use trigger::EVENTS;
