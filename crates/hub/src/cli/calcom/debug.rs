//! `calbridge calcom debug-availability`

use anyhow::Context as _;
use clap::Args;
use jiff::{
    civil::Date,
    tz::{TimeZone, TimeZoneDatabase},
};

use crate::{
    cli::{
        context::{Context, TenantOption},
        exit::CliError,
        output::or_empty,
    },
    connections::remedy_of_asking,
    slots::{self, Explained, Fate, SlotsError, Zones},
    upstream::TargetError,
};

#[derive(Args, Debug)]
pub(in crate::cli) struct Debug {
    /// The event type: any id of it, or its slug
    id: String,
    /// The day; today if absent
    #[arg(long, value_name = "DATE")]
    date: Option<Date>,
    /// IANA zone in which the day begins; the tenant's if absent
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    time_zone: Option<TimeZone>,
    #[command(flatten)]
    tenant: TenantOption,
}

fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZoneDatabase::bundled()
        .get(text)
        .map_err(|_| format!("`{text}` is not an IANA time zone such as Europe/Amsterdam"))
}

impl Debug {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let zones = Zones {
            named: self.time_zone,
            ..Zones::default()
        };
        let explained = context
            .in_tenant(self.tenant, async |app, scope| {
                let found = slots::explain(app, scope, &self.id, self.date, zones).await;
                found.or_else(|error| {
                    let advice = advice(&error);
                    Err(error).context(advice)
                })
            })
            .await?;
        if context.out.is_json() {
            return context.out.json(&explained);
        }
        print(context, &explained)
    }
}

/// What somebody can do about it stands before what went wrong.
fn advice(error: &SlotsError) -> String {
    match error {
        SlotsError::Ask(error) => remedy_of_asking(error).to_owned(),
        SlotsError::Target(TargetError::Ask(error)) => remedy_of_asking(error).to_owned(),
        _ => "the day cannot be explained".to_owned(),
    }
}

fn print(context: &Context, explained: &Explained) -> anyhow::Result<()> {
    let zone_name = explained.time_zone.as_deref().unwrap_or("UTC");
    let zone = TimeZoneDatabase::bundled()
        .get(zone_name)
        .map_err(|_| CliError::Usage(format!("`{zone_name}` is no time zone")))?;
    let clock = |at: jiff::Timestamp| {
        let local = at.to_zoned(zone.clone());
        local.strftime("%Y-%m-%d %H:%M").to_string()
    };
    let taken: Vec<_> = explained
        .taken
        .iter()
        .map(|(from, until)| format!("{} to {}", clock(*from), clock(*until)))
        .collect();
    context.out.facts(&[
        ("event type", or_empty(explained.event_type_id.as_ref())),
        ("title", or_empty(explained.title.as_ref())),
        ("connection", or_empty(explained.connection.as_ref())),
        ("day", format!("{} in {zone_name}", explained.date)),
        ("rules", explained.rules.join("; ")),
        ("taken by us", taken.join("; ")),
        ("offered", explained.offered.len().to_string()),
        ("free", explained.free.to_string()),
        ("why none", or_empty(explained.reason.as_ref())),
        ("to do", or_empty(explained.advice.as_ref())),
    ])?;
    let rows = explained
        .offered
        .iter()
        .map(|(start, fate)| vec![clock(*start), word(*fate).to_owned()])
        .collect();
    context.out.table(
        &["Offered", "What becomes of it"],
        rows,
        "Cal.com offers nothing",
    )
}

fn word(fate: Fate) -> &'static str {
    match fate {
        Fate::Free => "free",
        Fate::Taken => "taken by one of our bookings",
        Fate::TooSoon => "sooner than the minimum notice",
        Fate::TooFar => "further ahead than can be booked",
        Fate::OtherDay => "on another day",
    }
}
