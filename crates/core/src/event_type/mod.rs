//! What can be booked: what a provider says about an event type, what people of ours changed about it, and what a sync
//! makes of the two.

mod facts;
mod listing;
mod merge;
mod plan;
#[cfg(test)]
mod tests;

pub use facts::{CustomField, Facts, Field, NotEditable, OfferedHost};
pub use listing::{Listing, Offered};
pub use merge::{Edited, FieldChange, KeptEdit, Merged, merge};
pub use plan::{Change, Known, Plan, plan};
