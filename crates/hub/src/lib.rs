//! The application: use cases, their front doors, and what runs in the background.

pub mod app;
pub mod booking;
pub mod clock;
pub mod config;
pub mod connections;
pub mod inbox;
pub mod jobs;
mod secret;
