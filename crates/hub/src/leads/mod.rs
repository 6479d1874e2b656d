//! Use cases about leads, one verb per file.

mod change;
mod create;
mod edit;
mod find;

pub use change::{ChangeLeadError, change};
pub use create::{CreateLeadError, Created, NewLead, create};
pub use edit::{Consent, LeadEdit, UnknownStatus};
pub use find::{FindLeadError, find, list, timeline};
