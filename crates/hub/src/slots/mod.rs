//! Free slots: what the provider offers, less what we know to be taken. One computation, rendered by each door in its own
//! shape.

mod find;
mod offered;
mod pages;
mod subject;
mod taken;
mod zone;

pub use self::{
    find::{Age, Availability, NoneFree, SlotsError, SlotsRequest, Span, find},
    offered::{Offers, SlotsKey},
    pages::{Page, PageKey, Pages, SlotsDoor},
    subject::{Subject, SubjectError, subject},
    zone::{Zones, zone},
};
