//! Cal.com's API v2, as values: what to ask, and how the answer is read.
//!
//! Nothing here sends, waits or asks the clock. Whoever carries a [`Call`] decides when, how often and how long. Calendly's
//! calls are built of the same parts.

mod account;
mod base_url;
pub mod bookings;
pub mod calendars;
pub(crate) mod call;
pub mod detect;
mod drift;
mod error;
pub mod event_types;
mod instant;
mod operation;
pub mod organizations;
mod path;
mod profile;
mod quota;
pub(crate) mod quote;
pub(crate) mod reader;
mod refusal;
pub mod schedules;
pub mod slots;
pub mod teams;
mod told;
pub mod webhooks;

pub use account::{Account, me};
pub use base_url::{BaseUrl, BaseUrlError, Note};
pub use bookings::ProviderBooking;
pub use calendars::BusyTime;
pub use call::{Answer, Call, Effect, Response};
pub use drift::{Drift, DriftKind};
pub use error::{ApiError, ErrorKind};
pub use event_types::{EventTypeRef, OfferedEventType, Whose};
pub use operation::Operation;
pub use profile::{Detection, Family, Profile};
pub use quota::Quota;
pub use schedules::Schedule;
pub use slots::{OfferedSlot, Reservation, SlotsQuery};
pub use teams::{Member, Team};
pub use webhooks::{ProviderWebhook, WebhookLevel};

pub use super::record::facts;
