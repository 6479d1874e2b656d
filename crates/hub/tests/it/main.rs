//! The running system, through its front doors.
#![cfg(test)]

mod connections;
mod control;
mod documents;
mod hostile;
mod hub;
mod incidents;
mod lead_orders;
mod leads;
mod metrics;
mod nodes;
mod permutations;
mod poison;
mod rebuild;
mod replay;
mod retention;
mod settings;
mod stories;
mod tenants;
mod webhooks;
