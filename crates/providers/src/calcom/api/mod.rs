//! Cal.com's API v2, as values: what to ask, and how the answer is read.
//!
//! Nothing here sends, waits or asks the clock. Whoever carries a [`Call`] decides when, how often and how long.

mod account;
mod base_url;
mod call;
pub mod detect;
mod drift;
mod error;
pub mod event_types;
mod instant;
mod operation;
mod path;
mod profile;
mod quota;
mod quote;
mod reader;
mod refusal;
pub mod slots;
mod told;

pub use account::{Account, me};
pub use base_url::{BaseUrl, BaseUrlError, Note};
pub use call::{Answer, Call, Effect, Response};
pub use drift::{Drift, DriftKind};
pub use error::{ApiError, ErrorKind};
pub use event_types::{EventTypeRef, OfferedEventType, Whose};
pub use operation::Operation;
pub use profile::{Detection, Family, Profile};
pub use quota::Quota;
pub use slots::{OfferedSlot, SlotsQuery};
