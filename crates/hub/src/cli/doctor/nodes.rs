//! The nodes: whether they are there, of one release, and agree on the time.

use std::collections::BTreeSet;

use calbridge_store::{StoreError, sql::Tx};

use super::Finding;
use crate::node::{self, NodeState, SeenNode};

/// Clocks that differ by more than this, in milliseconds, are worth a word: leases are counted in seconds.
const NOTICEABLE_MS: i64 = 2000;

pub(super) async fn nodes(tx: &mut Tx) -> Result<Vec<Finding>, StoreError> {
    Ok(judge(&node::list(tx).await?))
}

fn judge(nodes: &[SeenNode]) -> Vec<Finding> {
    let alive: Vec<_> = nodes
        .iter()
        .filter(|seen| seen.state == NodeState::Alive)
        .map(|seen| &seen.node)
        .collect();
    let mut findings = Vec::new();
    for SeenNode { node, state } in nodes {
        if *state == NodeState::Gone {
            let says = format!(
                "{} (process {}) was heard last at {}",
                node.name,
                node.process_id,
                crate::cli::output::at(node.heartbeat_at)
            );
            let remedy = "see whether it was killed, is paused or cannot reach the database; others do its jobs";
            findings.push(Finding::warn("nodes", says, remedy));
        }
    }
    let releases: BTreeSet<&str> = alive.iter().map(|node| node.release.as_str()).collect();
    if releases.len() > 1 {
        let all: Vec<&str> = releases.into_iter().collect();
        findings.push(Finding::warn(
            "nodes",
            format!("several releases are at work: {}", all.join(", ")),
            "during an upgrade this is as it should be; finish it",
        ));
    }
    for node in &alive {
        if node.clock_ahead_ms.abs() > NOTICEABLE_MS {
            let says = format!(
                "the clock of {} is {} ms {} that of the database",
                node.name,
                node.clock_ahead_ms.abs(),
                if node.clock_ahead_ms > 0 {
                    "ahead of"
                } else {
                    "behind"
                },
            );
            findings.push(Finding::warn(
                "nodes",
                says,
                "let both follow a time server",
            ));
        }
    }
    if !alive.is_empty() && alive.iter().all(|node| node.role == "api") {
        let remedy = "`calbridge work`, or `calbridge serve` without --no-worker";
        findings.push(Finding::warn("nodes", "no node does jobs", remedy));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("nodes", format!("{} at work", alive.len())));
    }
    findings
}

#[cfg(test)]
mod tests {
    use calbridge_store::nodes::Node;
    use uuid::Uuid;

    use super::*;

    fn seen(name: &str) -> SeenNode {
        let at = "2026-03-01T12:00:00Z".parse().unwrap();
        SeenNode {
            node: Node {
                id: Uuid::nil(),
                name: name.to_owned(),
                process_id: 7,
                role: "all".to_owned(),
                address: None,
                release: "0.1.0".to_owned(),
                schema_version: 5,
                started_at: at,
                heartbeat_at: at,
                clock_ahead_ms: 3,
                leases_lost: 0,
            },
            state: NodeState::Alive,
        }
    }

    fn says(nodes: &[SeenNode]) -> Vec<String> {
        judge(nodes)
            .into_iter()
            .map(|finding| finding.says)
            .collect()
    }

    #[test]
    fn nodes_that_agree_are_counted() {
        assert_eq!(says(&[seen("a"), seen("b")]), ["2 at work"]);
        assert_eq!(says(&[]), ["0 at work"]);
    }

    #[test]
    fn releases_and_clocks_that_differ_are_told() {
        let mut ahead = seen("b");
        ahead.node.release = "0.2.0".to_owned();
        ahead.node.clock_ahead_ms = -86_400_000;
        assert_eq!(
            says(&[seen("a"), ahead]),
            [
                "several releases are at work: 0.1.0, 0.2.0",
                "the clock of b is 86400000 ms behind that of the database",
            ]
        );
    }

    #[test]
    fn a_node_that_went_without_a_word_is_told() {
        let mut gone = seen("b");
        gone.state = NodeState::Gone;
        gone.node.release = "0.0.9".to_owned();
        assert_eq!(
            says(&[seen("a"), gone]),
            ["b (process 7) was heard last at 2026-03-01 12:00:00Z"]
        );
    }

    #[test]
    fn somebody_must_do_the_jobs() {
        let mut api = seen("a");
        api.node.role = "api".to_owned();
        assert_eq!(says(&[api]), ["no node does jobs"]);
    }
}
