//! `calbridge nodes`

use clap::Args;

use super::{
    context::Context,
    output::{at, or_empty},
};
use crate::{
    app::App,
    http::api::{nodes::NodeBody, page::PageBody},
    node::{self, SeenNode},
};

/// List the processes at work on the database
///
/// One that stops in order takes leave. One that is silent for 16 seconds is shown as gone, for an hour; its jobs are
/// taken over by the others.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge nodes
  calbridge nodes --json")]
pub(super) struct Nodes {}

impl Nodes {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let nodes = context
            .with_app(async |app: &App| {
                let mut tx = app.store.read().await?;
                let nodes = node::list(&mut tx).await?;
                tx.rollback().await?;
                Ok(nodes)
            })
            .await?;
        if context.out.is_json() {
            let data = nodes.into_iter().map(NodeBody::from).collect();
            return context.out.json(&PageBody::whole(data));
        }
        let header = [
            "Name", "Process", "Role", "Address", "Release", "Schema", "Started", "Heard", "State",
        ];
        let rows = nodes.into_iter().map(row).collect();
        let if_empty = "no node is at work; `calbridge serve` starts one";
        context.out.table(&header, rows, if_empty)
    }
}

fn row(SeenNode { node, state }: SeenNode) -> Vec<String> {
    vec![
        node.name,
        node.process_id.to_string(),
        node.role,
        or_empty(node.address),
        node.release,
        node.schema_version.to_string(),
        at(node.started_at),
        at(node.heartbeat_at),
        state.as_str().to_owned(),
    ]
}
