//! The product's own API, under `/api/v1`.

pub mod audit_log;
pub mod bookings;
pub mod leads;
mod page;
mod params;
pub mod quarantine;
mod raw;
mod timeline;
pub mod webhook_events;
