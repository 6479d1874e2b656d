//! `calbridge events quarantine`

use calbridge_store::{
    PageRequest,
    quarantine::{self, QuarantinedDelivery},
};
use clap::Subcommand;

use super::print_raw;
use crate::{
    app::App,
    cli::{
        context::Context,
        exit::CliError,
        output::{at, or_empty},
        paging::{self, Paging},
    },
    http::api::{page::PageBody, quarantine::QuarantinedBody},
};

/// Deliveries that nothing verified, of all tenants: most belong to none
#[derive(Subcommand, Debug)]
#[command(after_help = "\
They are taken in by themselves when a connection gets the secret that verifies them.")]
pub(in crate::cli) enum QuarantineCommand {
    /// List them, newest first
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one with its headers and its body. Nothing in it is to be trusted
    Show {
        /// Its id, as `list` shows it
        id: i64,
    },
}

impl QuarantineCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List { paging } => list(context, paging).await,
            Self::Show { id } => show(context, id).await,
        }
    }
}

async fn list(context: &Context, paging: Paging) -> anyhow::Result<()> {
    let found = context
        .with_app(async |app: &App| {
            let mut tx = app.store.read().await?;
            let found = quarantine::list_of_all_tenants(&mut tx, paging.request()).await?;
            tx.rollback().await?;
            Ok(found)
        })
        .await?;
    if context.out.is_json() {
        return context
            .out
            .json(&PageBody::of(found, QuarantinedBody::from));
    }
    let rows = found
        .data
        .iter()
        .map(|delivery| {
            vec![
                delivery.id.to_string(),
                at(delivery.created_at),
                delivery.provider.to_string(),
                delivery.door.clone(),
                or_empty(delivery.connection_id),
                format!("{} bytes", delivery.body.len()),
                delivery.reason.clone(),
            ]
        })
        .collect();
    let header = [
        "Id",
        "Received",
        "Provider",
        "Through",
        "Connection",
        "Body",
        "Why",
    ];
    context
        .out
        .table(&header, rows, "nothing is in quarantine")?;
    paging::more(context.out, found.next_cursor)
}

async fn show(context: &Context, id: i64) -> anyhow::Result<()> {
    let delivery: QuarantinedDelivery = context
        .with_app(async |app: &App| {
            let mut tx = app.store.read().await?;
            let page = PageRequest {
                below: Some(id.saturating_add(1)),
                ..PageRequest::first(1)
            };
            let found = quarantine::list_of_all_tenants(&mut tx, page)
                .await?
                .data
                .pop();
            tx.rollback().await?;
            let missing = || CliError::no("delivery in quarantine with the id", id);
            Ok(found
                .filter(|delivery| delivery.id == id)
                .ok_or_else(missing)?)
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&QuarantinedBody::from(delivery));
    }
    context.out.facts(&[
        ("delivery", delivery.id.to_string()),
        ("provider", delivery.provider.to_string()),
        (
            "received",
            format!("{} through {}", at(delivery.created_at), delivery.door),
        ),
        ("connection", or_empty(delivery.connection_id)),
        ("why", delivery.reason.clone()),
    ])?;
    print_raw(context, &delivery.headers.0, &delivery.body)
}
