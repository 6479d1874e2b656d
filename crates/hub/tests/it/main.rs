//! The running system, through its front doors.
#![cfg(test)]

mod agreement;
mod booking;
mod calcom_faces;
mod checkup;
mod cli;
mod connections;
mod control;
mod documents;
mod event_types;
mod hostile;
mod hub;
mod idempotency;
mod incidents;
mod invalidations;
mod lead_orders;
mod leads;
mod metrics;
mod nodes;
mod permutations;
mod poison;
mod provider;
mod provider_webhooks;
mod rebuild;
mod records;
mod replay;
mod retention;
mod settings;
mod silence;
mod slots;
mod stories;
mod tenants;
mod webhooks;
