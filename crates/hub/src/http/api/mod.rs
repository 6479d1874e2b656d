//! The product's own API, under `/api/v1`.

pub mod audit_log;
pub mod bookings;
pub mod connections;
pub mod incidents;
pub mod leads;
pub mod nodes;
pub mod page;
mod params;
pub mod quarantine;
pub mod raw;
pub mod timeline;
pub mod webhook_events;
