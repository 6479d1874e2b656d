//! The real binary, killed and pestered.
#![cfg(test)]

mod cluster;
mod docs;
mod hostile;
mod kill;
mod load;
mod nodes;
mod server;
