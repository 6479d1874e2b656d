//! The running system, through its front doors.
#![cfg(test)]

mod documents;
mod hostile;
mod hub;
mod lead_orders;
mod leads;
mod nodes;
mod permutations;
mod replay;
mod settings;
mod stories;
mod tenants;
mod webhooks;
