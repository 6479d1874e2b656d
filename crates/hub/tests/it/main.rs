//! The running system, through its front doors.
#![cfg(test)]

mod booking;
mod control;
mod documents;
mod hostile;
mod hub;
mod idempotency;
mod invalidations;
mod lead_orders;
mod leads;
mod metrics;
mod nodes;
mod permutations;
mod poison;
mod provider;
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
