//! The running system, through its front doors.
#![cfg(test)]

mod documents;
mod hub;
mod permutations;
mod stories;
mod tenants;
mod webhooks;
