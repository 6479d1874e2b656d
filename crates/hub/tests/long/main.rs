//! The real binary, killed and pestered.
#![cfg(test)]

mod backup;
mod clock;
mod disk;
mod docs;
mod hostile;
mod kill;
mod network;
mod server;
mod soak;
mod storm;
