//! Branches: places where meetings are held, and what each one offers.

mod change;
mod find;
mod offer;

pub use change::{BranchEdit, ChangeBranchError, NewBranch, change, create, delete};
pub use find::{FindBranchError, find, list};
pub use offer::{OfferEdit, OfferError, Offered, change_offer, list_offers, map, unmap};
