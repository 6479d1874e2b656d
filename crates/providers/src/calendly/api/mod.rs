//! Calendly's API, as values: what to ask, and how the answer is read. The parts are those of Cal.com's.

mod account;
mod answer;
mod events;
mod invitees;

pub use self::{
    account::{Account, me},
    events::{EventsOf, EventsPage, EventsQuery, ScheduledEvent, event, events},
    invitees::{Invitee, InviteesPage, invitees},
};
pub use super::record::facts;
