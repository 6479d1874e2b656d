//! The real binary, killed and pestered.
#![cfg(test)]

mod hostile;
mod kill;
mod server;
