//! Free slots: what the provider offers, less what we know to be taken and what we claimed ourselves. One computation, rendered by each door in its own
//! shape.

mod booking_window;
mod explain;
mod find;
mod offered;
mod opening;
mod pages;
mod subject;
mod taken;
mod warmup;
mod whose;
mod zone;

pub use self::{
    explain::{Explained, Fate, explain},
    find::{Age, Availability, NoneFree, SlotsError, SlotsRequest, Span, find},
    offered::{Offers, SlotsKey},
    opening::{Opening, OpeningRequest, opening},
    pages::{Page, PageKey, Pages, SlotsDoor},
    subject::{Subject, SubjectError, subject},
    warmup::{Warmed, warm_up},
    whose::{Whose, sharing, whose},
    zone::{Zones, zone},
};
