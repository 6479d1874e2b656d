//! This process among others on the same database: what it does, and how the others know that it lives.

mod ears;
mod heartbeat;
mod list;

pub use self::{
    heartbeat::{beat, prune, this_node},
    list::{NodeState, SeenNode, list},
};

use std::{net::SocketAddr, time::Duration};

use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    jobs::{self, schedule},
    upstream,
};

/// What a node does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Answers requests and does jobs.
    All,
    /// Answers requests.
    Api,
    /// Does jobs.
    Work,
}

impl Role {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Api => "api",
            Self::Work => "work",
        }
    }

    fn does_jobs(self) -> bool {
        self != Self::Api
    }
}

/// What a node does beside answering requests.
pub struct Background {
    tasks: JoinSet<()>,
    heart: JoinHandle<()>,
    heart_stop: CancellationToken,
}

/// Begin what a node does beside answering requests.
pub fn start(
    app: &App,
    role: Role,
    address: Option<SocketAddr>,
    stop: &CancellationToken,
) -> Background {
    let mut tasks = JoinSet::new();
    tasks.spawn(ears::listen_until_stopped(app.clone(), stop.clone()));
    tasks.spawn(upstream::follow_until_stopped(app.clone(), stop.clone()));
    if role.does_jobs() {
        tasks.spawn(jobs::run_until_stopped(app.clone(), stop.clone()));
        tasks.spawn(schedule::run_until_stopped(app.clone(), stop.clone()));
    }
    // It goes on until the last job is finished.
    let heart_stop = CancellationToken::new();
    let node = this_node(app, role, address);
    let heart = heartbeat::beat_until_stopped(app.clone(), node, heart_stop.clone());
    Background {
        tasks,
        heart: tokio::spawn(heart),
        heart_stop,
    }
}

impl Background {
    /// After the stop: wait for the jobs under way, but not longer than this, and take leave of the other nodes.
    pub async fn finish(mut self, patience: Duration) {
        let all_ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(patience, all_ended).await.is_err() {
            tracing::warn!(
                "A job was still under way when the time to stop was over; it will be run again"
            );
            self.tasks.shutdown().await;
        }
        self.heart_stop.cancel();
        if let Err(error) = self.heart.await {
            tracing::debug!(%error, "The heartbeat had ended");
        }
    }
}
