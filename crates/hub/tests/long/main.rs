//! The real binary, killed and pestered.
#![cfg(test)]

mod backup;
mod bench;
mod bookings;
mod clock;
mod cluster;
mod disk;
mod docs;
mod hostile;
mod kill;
mod load;
mod network;
mod nodes;
mod server;
mod soak;
mod storm;
mod traces;
