//! `calbridge bookings`

mod hold;
mod host;
mod print;
mod sync;
mod write;

use calbridge_core::{ids::LeadId, provider::Provider};
use calbridge_store::{PageRequest, activities::TimelineOf, bookings::BookingFilter};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{
    context::{Context, TenantOption},
    leads::print_timeline,
    output::{at, or_empty},
    paging::{self, Paging},
    parse::{self, Moment},
};
use crate::{
    booking::{self, FoundBooking},
    http::api::{
        bookings::{BookingBody, ChangeBody},
        page::PageBody,
        timeline::ActivityBody,
    },
    leads, reads,
};

/// Agreed meetings, each one the same through all its reschedules
#[derive(Subcommand, Debug)]
#[command(after_help = "\
Examples:
  calbridge bookings list --status scheduled --starts-from 2026-12-01
  calbridge bookings show 10000000017 --history
  calbridge bookings show bs5cAzjnTZeVMeh3sLgVrB
  calbridge bookings sync --dry-run
  calbridge bookings book --lead 17 --at 2026-12-01T10:00:00Z
  calbridge bookings hold --at 2026-12-01T10:00:00Z --seconds 600
  calbridge bookings move 10000000017 --to 2026-12-02T10:00:00Z
  calbridge bookings cancel 10000000017 --reason ill
  calbridge bookings no-show 10000000017 --attendee ann@example.org
  calbridge bookings assign 10000000017 --user 3
  calbridge bookings book --lead 17 --at 2026-12-01T10:00:00Z --later
  calbridge bookings push 10000000017")]
pub(super) enum BookingsCommand {
    /// List bookings, newest first
    List(List),
    /// Show a booking, found by any id it ever had, ours or the provider's
    Show {
        /// The id
        id: String,
        /// With every fact that is known of it, and what each one did
        #[arg(long)]
        history: bool,
        /// With what happened, as the lead's timeline tells it
        #[arg(long)]
        timeline: bool,
        #[command(flatten)]
        tenant: TenantOption,
    },
    /// Compare with the provider: take over what is missing, repair what differs, tell what no rule decides
    Sync(sync::Sync),
    /// Keep a slot for some time
    Hold(hold::Keep),
    /// Give a kept slot back
    Release(hold::Release),
    /// Book a meeting for a lead, at the provider
    Book(write::Book),
    /// Move a booking to another time, at the provider
    Move(write::Move),
    /// Call a booking off, at the provider
    Cancel(write::Cancel),
    /// Agree to a booking that waits for its host, at the provider
    Confirm(host::Confirm),
    /// Decline a booking that waits for its host, at the provider
    Decline(host::Decline),
    /// Say who did not come, at the provider
    NoShow(host::NoShow),
    /// Give a booking to another host, at the provider
    Assign(host::Assign),
    /// Make a booking at the provider that was only stored here
    Push(write::Push),
}

#[derive(Args, Debug)]
pub(super) struct List {
    /// Only with this status
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// Only of this provider: calcom or calendly
    #[arg(long, value_parser = parse::provider)]
    provider: Option<Provider>,
    /// Only those in which this lead has a part
    #[arg(long, value_name = "ID")]
    lead: Option<LeadId>,
    /// Only of this type, such as `level_check`
    #[arg(long = "type", value_name = "NAME")]
    booking_type: Option<String>,
    /// Only starting at or after a time; a distance such as 7d means that far ahead
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    starts_from: Option<Moment>,
    /// Only starting before a time
    #[arg(long, value_name = "WHEN", value_parser = parse::moment)]
    starts_before: Option<Moment>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    tenant: TenantOption,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Status {
    Scheduled,
    Completed,
    Cancelled,
    NoShow,
}

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::NoShow => "no_show",
        }
    }
}

impl BookingsCommand {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        match self {
            Self::List(list) => list.run(context).await,
            Self::Sync(sync) => sync.run(context).await,
            Self::Show {
                id,
                history,
                timeline,
                tenant,
            } => show(context, tenant, &id, With { history, timeline }).await,
            Self::Hold(keep) => keep.run(context).await,
            Self::Release(release) => release.run(context).await,
            Self::Book(book) => book.run(context).await,
            Self::Move(to) => to.run(context).await,
            Self::Cancel(cancel) => cancel.run(context).await,
            Self::Confirm(confirm) => confirm.run(context).await,
            Self::Decline(decline) => decline.run(context).await,
            Self::NoShow(no_show) => no_show.run(context).await,
            Self::Assign(assign) => assign.run(context).await,
            Self::Push(push) => push.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> anyhow::Result<()> {
        let now = context.clock.now();
        let filter = BookingFilter {
            status: self.status.map(|status| status.word().to_owned()),
            provider: self.provider,
            lead_id: self.lead,
            booking_type: self.booking_type,
            from: self.starts_from.map(|from| from.ahead_of(now)),
            to: self.starts_before.map(|before| before.ahead_of(now)),
            ..BookingFilter::default()
        };
        let page = self.paging.request();
        let found = context
            .in_tenant(self.tenant, async |app, scope| {
                Ok(booking::list(app, scope, &filter, page).await?)
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&PageBody::of(found, BookingBody::from));
        }
        let rows = found
            .data
            .iter()
            .map(
                |FoundBooking {
                     booking, attendees, ..
                 }| {
                    vec![
                        booking.id.to_string(),
                        booking.booking_provider.to_string(),
                        booking.scheduled_at.map(at).unwrap_or_default(),
                        print::standing(&booking.status, booking.confirmation.as_str()),
                        if booking.rescheduled_count > 0 {
                            format!("{}x", booking.rescheduled_count)
                        } else {
                            String::new()
                        },
                        or_empty(booking.lead_id),
                        print::who(attendees),
                        or_empty(booking.title.as_ref()),
                    ]
                },
            )
            .collect();
        let header = [
            "Id", "Provider", "Starts", "Status", "Moved", "Lead", "Who", "What",
        ];
        context
            .out
            .table(&header, rows, "there are no such bookings")?;
        paging::more(context.out, found.next_cursor)
    }
}

/// What to show besides the booking.
#[derive(Clone, Copy)]
struct With {
    history: bool,
    timeline: bool,
}

async fn show(context: &Context, tenant: TenantOption, id: &str, with: With) -> anyhow::Result<()> {
    let (found, history, timeline) = context
        .in_tenant(tenant, async |app, scope| {
            let found = booking::find(app, scope, id).await?;
            let id = found.booking.id;
            let history = if with.history {
                reads::history(app, scope, id).await?
            } else {
                Vec::new()
            };
            let timeline = if with.timeline {
                let page = PageRequest::first(PageRequest::MOST);
                leads::timeline(app, scope, TimelineOf::Booking(id), page)
                    .await?
                    .data
            } else {
                Vec::new()
            };
            Ok((found, history, timeline))
        })
        .await?;
    if context.out.is_json() {
        let mut body = serde_json::to_value(BookingBody::from(found))?;
        if with.history {
            body["history"] = json!(
                history
                    .into_iter()
                    .map(ChangeBody::from)
                    .collect::<Vec<_>>()
            );
        }
        if with.timeline {
            body["timeline"] = json!(
                timeline
                    .into_iter()
                    .map(ActivityBody::from)
                    .collect::<Vec<_>>()
            );
        }
        return context.out.json(&body);
    }
    print::booking(context, &found)?;
    if with.history {
        print::history(context, &history)?;
    }
    if with.timeline {
        print_timeline(context, &timeline)?;
    }
    Ok(())
}
