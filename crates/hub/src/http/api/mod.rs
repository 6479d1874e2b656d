//! The product's own API, under `/api/v1`.

pub mod audit_log;
pub mod automatic_bookings;
pub mod bookings;
pub mod branches;
pub mod calcom;
pub mod connections;
pub mod event_types;
pub mod findings;
pub mod host_matches;
pub mod incidents;
pub mod leads;
pub mod ledger;
pub mod nodes;
pub mod page;
pub(super) mod params;
pub mod price;
pub mod provider_webhooks;
pub mod quarantine;
pub mod raw;
pub mod slots;
pub mod sync_runs;
pub mod timeline;
pub mod users;
pub mod webhook_events;
