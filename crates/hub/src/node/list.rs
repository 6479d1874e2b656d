//! The nodes as they look from here.

use calbridge_store::{
    StoreError,
    nodes::{self, Node},
    sql::Tx,
};
use jiff::SignedDuration;

/// A node that was silent for this long is gone: it missed three beats.
const GONE_AFTER: SignedDuration = SignedDuration::from_secs(16);

/// Whether a node is still there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It was heard from lately.
    Alive,
    /// It went without a word, is paused, or cannot reach the database.
    Gone,
}

impl NodeState {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Alive => "alive",
            Self::Gone => "gone",
        }
    }
}

/// A node and whether it is still there.
#[derive(Clone, PartialEq, Debug)]
pub struct SeenNode {
    /// The node.
    pub node: Node,
    /// Whether it is still there.
    pub state: NodeState,
}

/// The nodes of the installation, the oldest first.
pub async fn list(tx: &mut Tx) -> Result<Vec<SeenNode>, StoreError> {
    let now = nodes::database_time(tx).await?;
    let nodes = nodes::list(tx).await?;
    let seen = nodes.into_iter().map(|node| SeenNode {
        state: if now.duration_since(node.heartbeat_at) > GONE_AFTER {
            NodeState::Gone
        } else {
            NodeState::Alive
        },
        node,
    });
    Ok(seen.collect())
}
