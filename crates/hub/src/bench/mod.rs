//! Benchmarks of the hub on scratch databases, each beside the limit of the machine measured in the same run.
//!
//! `ingest` does the full work over real HTTP; `storage` and `http` are what the engine and the HTTP stack could do
//! if that were all; `grow` is `ingest` on tables of several sizes, `nodes` by several processes. What the numbers mean
//! is in docs/performance.md.

mod book;
mod children;
mod copies;
mod grow;
mod hub;
mod idle;
mod ingest;
mod load;
mod meter;
mod mix;
mod nodes;
mod preload;
mod provider;
mod report;
mod sample;
mod scratch;
mod sheet;
mod slots;
mod storage;
mod template;
#[cfg(test)]
mod tests;
mod traffic;
mod wire;

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

pub use self::{
    book::{Pace, book},
    grow::grow,
    ingest::{http, ingest},
    mix::{Kind, Mix},
    nodes::nodes,
    report::{
        BookReport, GrowReport, HttpReport, IngestReport, Latency, NodesReport, ProcessesReport,
        SizeReport, SlotsReport, StorageReport, Usage,
    },
    slots::slots,
    storage::storage,
};

/// What to measure with.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How long, without the warm-up.
    pub time: Duration,
    /// Connections that send, each one request after the other.
    pub connections: usize,
    /// What they send.
    pub mix: Mix,
    /// Transactions at the same time, on PostgreSQL.
    pub writers: usize,
    /// The server on which to make scratch databases; `None` for SQLite.
    pub server: Option<SecretString>,
    /// The folder in which scratch files are made, which decides on the disk.
    pub dir: PathBuf,
}
