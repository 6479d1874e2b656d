//! `calbridge events`

mod quarantine;
mod replay;
mod tail;

pub(super) use self::replay::print_rows;

use calbridge_core::{ids::ConnectionId, provider::Provider};
use calbridge_store::{
    PageRequest,
    webhook_events::{EventFilter, EventStatus, WebhookEvent},
};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Exit,
    context::{Context, TenantOption},
    exit::CliError,
    output::{at, or_empty, printable, times},
    paging::{self, Paging},
    parse::{self, Moment},
};
use crate::{
    http::api::{page::PageBody, raw::RawBody, webhook_events::body::EventBody},
    reads,
};

/// Webhook events: what providers told, and what became of it
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge events list --status failed
  calbridge events list --parked
  calbridge events show 17
  calbridge events replay 17 --dry-run
  calbridge events replay --status failed --from 24h
  calbridge events tail --door cal-webhook
  calbridge events quarantine list")]
pub(super) enum EventsCommand {
    /// List events, newest first
    List(Box<List>),
    /// Show an event with its headers and its raw body
    Show {
        /// Its id, the number or the UUID
        id: String,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Apply stored events again: one, or those that the options name
    Replay(Box<replay::Replay>),
    /// Follow along: print events as they come, until Ctrl-C
    Tail(tail::Tail),
    /// Deliveries that nothing verified
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
}

#[derive(Args, Debug)]
pub(super) struct List {
    #[command(flatten)]
    filter: FilterOptions,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    tenant: TenantOption,
}

/// Which events.
#[derive(Args, Debug)]
struct FilterOptions {
    /// Only with this status: received, processed, ignored, failed
    #[arg(long, value_parser = status)]
    status: Option<EventStatus>,
    /// Only those that failed and are not tried again by themselves
    #[arg(long)]
    parked: bool,
    /// Only of this provider: calcom or calendly
    #[arg(long, value_parser = parse::provider)]
    provider: Option<Provider>,
    /// Only of this connection
    #[arg(long, value_name = "ID")]
    connection: Option<ConnectionId>,
    /// Only with this name, as sent, such as `BOOKING_CREATED`
    #[arg(long = "type", value_name = "NAME")]
    event_type: Option<String>,
    /// Only about what the provider calls this
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Only through this URL, such as `cal-webhook`
    #[arg(long, value_name = "DOOR")]
    door: Option<String>,
    /// Only received at or after a time; a distance such as 24h means that long ago
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    from: Option<Moment>,
    /// Only received before a time
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    to: Option<Moment>,
}

impl FilterOptions {
    fn filter(self, now: Timestamp) -> EventFilter {
        EventFilter {
            status: self.status,
            parked: self.parked,
            provider: self.provider,
            connection_id: self.connection,
            event_type: self.event_type,
            external_id: self.external_id,
            door: self.door.map(|door| door.trim_matches('/').to_owned()),
            from: self.from.map(|from| from.before(now)),
            to: self.to.map(|to| to.before(now)),
        }
    }

    fn is_empty(&self) -> bool {
        self.status.is_none()
            && !self.parked
            && self.provider.is_none()
            && self.connection.is_none()
            && self.event_type.is_none()
            && self.external_id.is_none()
            && self.door.is_none()
            && self.from.is_none()
            && self.to.is_none()
    }
}

fn status(word: &str) -> Result<EventStatus, String> {
    EventStatus::from_word(&word.to_lowercase()).ok_or_else(|| {
        format!("`{word}` is no status; there are received, processed, ignored, failed")
    })
}

impl EventsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        match self {
            Self::List(list) => list.run(context).await?,
            Self::Show { id, tenant } => show(context, tenant, &id).await?,
            Self::Replay(replay) => return replay.run(context).await,
            Self::Tail(tail) => tail.run(context).await?,
            Self::Quarantine(command) => command.run(context).await?,
        }
        Ok(Exit::Done)
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let filter = self.filter.filter(context.clock.now());
        let page: PageRequest = self.paging.request();
        let found = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(reads::events(app, scope, &filter, page).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&PageBody::of(found, EventBody::from));
        }
        let rows = found
            .data
            .iter()
            .map(|event| {
                vec![
                    event.id.to_string(),
                    at(event.created_at),
                    event.provider.to_string(),
                    event.event_type.clone(),
                    status_word(event).to_owned(),
                    if event.repeats > 0 {
                        format!("+{}", event.repeats)
                    } else {
                        String::new()
                    },
                    why(event),
                ]
            })
            .collect();
        let header = [
            "Id", "Received", "Provider", "Event", "Status", "Again", "Why",
        ];
        context
            .out
            .table(&header, rows, "there are no such events")?;
        paging::more(context.out, found.next_cursor)
    }
}

/// The status, and whether a failed event waits for somebody to look.
fn status_word(event: &WebhookEvent) -> &'static str {
    if event.status == EventStatus::Failed && event.next_attempt_at.is_none() {
        return "failed (parked)";
    }
    event.status.as_str()
}

/// Why it was ignored or failed, and that it was late.
fn why(event: &WebhookEvent) -> String {
    let told = event.error_message.as_ref().or(event.reason.as_ref());
    match (told, event.late) {
        (Some(told), false) => told.clone(),
        (Some(told), true) => format!("{told} (late)"),
        (None, true) => "late".to_owned(),
        (None, false) => String::new(),
    }
}

/// An event and what was received.
#[derive(Serialize)]
struct FullBody {
    #[serde(flatten)]
    event: EventBody,
    #[serde(flatten)]
    raw: Option<RawBody>,
}

async fn show(context: &Context, tenant: TenantOption, id: &str) -> anyhow::Result<()> {
    let (event, raw) = context
        .in_tenant(tenant, async |app, scope| {
            let event = reads::event(app, scope, id)
                .await?
                .ok_or_else(|| CliError::no("webhook event", printable(id)))?;
            let raw = reads::event_body(app, scope, event.id).await?;
            Ok((event, raw))
        })
        .await?;
    if context.out.is_json() {
        return context.out.json(&FullBody {
            event: event.into(),
            raw: raw.map(|(headers, body)| RawBody::new(headers, body)),
        });
    }
    context.out.facts(&[
        ("event", format!("{} ({})", event.id, event.public_id)),
        (
            "type",
            format!(
                "{} of {}, for us {}",
                event.event_type,
                event.provider,
                event.canonical.as_str()
            ),
        ),
        ("about", or_empty(event.external_id.as_ref())),
        ("status", status_word(&event).to_owned()),
        ("why", why(&event)),
        (
            "received",
            format!("{} through {}", at(event.created_at), event.door),
        ),
        ("happened", event.occurred_at.map(at).unwrap_or_default()),
        ("processed", event.processed_at.map(at).unwrap_or_default()),
        ("tried", times(event.attempts)),
        (
            "next try",
            event.next_attempt_at.map(at).unwrap_or_default(),
        ),
        ("repeated", times(event.repeats)),
    ])?;
    match raw {
        Some((headers, body)) => print_raw(context, &headers, &body),
        None => context
            .out
            .line("\nThe headers and the body are no longer kept."),
    }
}

/// Headers and body for people to read.
fn print_raw(context: &Context, headers: &[(String, String)], body: &[u8]) -> anyhow::Result<()> {
    context.out.line("")?;
    for (name, value) in headers {
        context.out.line(printable(&format!("{name}: {value}")))?;
    }
    context.out.line("")?;
    let pretty = serde_json::from_slice::<serde_json::Value>(body)
        .and_then(|json| serde_json::to_string_pretty(&json))
        .unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned());
    for line in pretty.lines() {
        context.out.line(printable(line))?;
    }
    Ok(())
}
