//! The real binary, killed and pestered.
#![cfg(test)]

mod docs;
mod hostile;
mod kill;
mod server;
