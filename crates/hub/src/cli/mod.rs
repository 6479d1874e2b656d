//! The command line: nouns and verbs, each a thin face of a use case.

mod backup;
#[cfg(feature = "emulator")]
mod bench;
mod bookings;
mod branches;
mod cache;
mod calcom;
mod completions;
mod config;
mod connections;
mod context;
#[cfg(feature = "emulator")]
mod demo;
mod doctor;
#[cfg(feature = "emulator")]
mod emulate;
mod event_types;
mod events;
mod exit;
mod findings;
mod hosts;
mod incidents;
mod input;
mod keys;
mod leads;
mod migrate;
mod nodes;
pub(crate) mod output;
mod paging;
mod parse;
mod progress;
mod rebuild;
mod retention;
mod serve;
mod signature;
mod spelling;
mod tenants;
#[cfg(feature = "emulator")]
mod trigger;
mod users;
mod work;

use std::io::IsTerminal;

use clap::{Parser, Subcommand};

use self::context::{Context, Options};
pub use self::{
    exit::{CliError, Exit},
    output::Output,
    spelling::in_our_words,
};
use crate::config::Environment;

/// Takes in what Cal.com and Calendly tell, and turns it into leads, bookings and their history.
#[derive(Parser, Debug)]
#[command(
    name = "calbridge",
    version,
    arg_required_else_help = true,
    after_help = "\
Begin with:
  calbridge demo        look at it, with emulated providers and nothing to set up
  calbridge serve       run it
  calbridge doctor      find out what is wrong

Results are tables on a terminal and JSON elsewhere; --json and --table decide otherwise.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 refused by the configuration,
5 database unavailable, 6 address not available."
)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Serve(serve::Serve),
    Work(work::Work),
    #[cfg(feature = "emulator")]
    Demo(demo::DemoCommand),
    Migrate(migrate::Migrate),
    #[command(subcommand)]
    Config(config::ConfigCommand),
    #[command(subcommand)]
    Tenants(tenants::TenantsCommand),
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    #[command(subcommand)]
    Connections(connections::ConnectionsCommand),
    #[command(subcommand)]
    Calcom(calcom::CalcomCommand),
    #[command(subcommand)]
    Cache(cache::CacheCommand),
    #[command(subcommand)]
    Leads(leads::LeadsCommand),
    #[command(subcommand)]
    Bookings(bookings::BookingsCommand),
    #[command(subcommand)]
    Findings(findings::FindingsCommand),
    #[command(subcommand)]
    EventTypes(event_types::EventTypesCommand),
    #[command(subcommand)]
    Branches(branches::BranchesCommand),
    #[command(subcommand)]
    Users(users::UsersCommand),
    #[command(subcommand)]
    Hosts(hosts::HostsCommand),
    #[command(subcommand)]
    Events(events::EventsCommand),
    Backup(backup::Backup),
    Restore(backup::Restore),
    Rebuild(rebuild::Rebuild),
    Retention(retention::Retention),
    #[cfg(feature = "emulator")]
    Trigger(trigger::Trigger),
    #[cfg(feature = "emulator")]
    Emulate(emulate::Emulate),
    #[command(subcommand)]
    Signature(signature::SignatureCommand),
    Nodes(nodes::Nodes),
    #[command(subcommand)]
    Incidents(incidents::IncidentsCommand),
    Doctor(doctor::Doctor),
    #[cfg(feature = "emulator")]
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    Completions(completions::Completions),
}

/// Run one command.
pub async fn run(cli: Cli) -> anyhow::Result<Exit> {
    let terminal = std::io::stdout().is_terminal();
    let context = Context::new(cli.options, Environment::of_process(), terminal);
    match cli.command {
        Command::Serve(command) => command.run(&context).await?,
        Command::Work(command) => command.run(&context).await?,
        #[cfg(feature = "emulator")]
        Command::Demo(command) => command.run(&context).await?,
        Command::Migrate(command) => command.run(&context).await?,
        Command::Config(command) => return command.run(&context),
        Command::Tenants(command) => command.run(&context).await?,
        Command::Keys(command) => command.run(&context).await?,
        Command::Connections(command) => return command.run(&context).await,
        Command::Calcom(command) => return command.run(&context).await,
        Command::Cache(command) => command.run(&context).await?,
        Command::Leads(command) => command.run(&context).await?,
        Command::Bookings(command) => command.run(&context).await?,
        Command::Findings(command) => command.run(&context).await?,
        Command::EventTypes(command) => return command.run(&context).await,
        Command::Branches(command) => command.run(&context).await?,
        Command::Users(command) => command.run(&context).await?,
        Command::Hosts(command) => command.run(&context).await?,
        Command::Events(command) => return command.run(&context).await,
        Command::Backup(command) => command.run(&context).await?,
        Command::Restore(command) => command.run(&context).await?,
        Command::Retention(command) => command.run(&context).await?,
        Command::Rebuild(command) => return command.run(&context).await,
        #[cfg(feature = "emulator")]
        Command::Trigger(command) => return command.run(&context).await,
        #[cfg(feature = "emulator")]
        Command::Emulate(command) => command.run(&context).await?,
        Command::Signature(command) => return command.run(&context),
        Command::Nodes(command) => command.run(&context).await?,
        Command::Incidents(command) => command.run(&context).await?,
        Command::Doctor(command) => return command.run(&context).await,
        #[cfg(feature = "emulator")]
        Command::Bench(command) => return command.run(&context).await,
        Command::Completions(command) => command.run()?,
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[cfg(feature = "emulator")]
    #[test]
    fn the_names_that_try_it_out_are_there() {
        for line in [
            "calbridge demo --listen 127.0.0.1:0 --steps 3 --fast --seed 1",
            "calbridge emulate --listen 127.0.0.1:0",
            "calbridge bench ingest --seconds 2 --connections 4 --mix created=60,duplicate=10 --json",
            "calbridge trigger calcom booking.rescheduled --url http://127.0.0.1/ --reorder --duplicate",
        ] {
            let parsed = Cli::try_parse_from(line.split(' '));
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }

    #[test]
    fn the_names_that_scripts_rely_on_are_there() {
        for line in [
            "calbridge serve --listen 127.0.0.1:0 --data-dir d",
            "calbridge serve --database-url postgres://localhost/calbridge --migrate",
            "calbridge serve --with-worker",
            "calbridge serve --no-worker",
            "calbridge work --database-url postgres://localhost/calbridge",
            "calbridge nodes --json",
            "calbridge incidents list --all",
            "calbridge incidents resolve 7",
            "calbridge keys create --name n --json --data-dir d",
            "calbridge connections add calcom --name n --webhook-secret s --json",
            "calbridge connections add calendly --name n --webhook-secret s --data-dir d",
            "calbridge connections set-key 1 --api-key -",
            "calbridge connections show 1",
            "calbridge connections change 1 --api-url https://api.cal.eu/v2 --organization-id 7 --team-id default --team-slug s --default-event-type 5 --requests-per-minute 60 --requests-at-once 10",
            "calbridge connections webhook check 1 --json",
            "calbridge connections webhook repair 1 --dry-run",
            "calbridge connections webhook rotate 1 --overlap 48h --tenant 2",
            "calbridge doctor --fix",
            "calbridge doctor --offline",
            "calbridge migrate --force --dry-run",
            "calbridge calcom:list-event-types --company=1",
            "calbridge calcom:circuit-status",
            "calbridge calcom:circuit-reset",
            "calbridge calcom:migrate-to-v2 --dry-run",
            "calbridge cache:clear --tags=calcom",
            "calbridge events tail --door cal-webhook",
            "calbridge events replay --status failed --from 24h --dry-run",
            "calbridge leads show 123 --timeline",
            "calbridge leads automatic --state stopped --json",
            "calbridge leads automatic --restart 123",
            "calbridge bookings show 456 --history",
            "calbridge bookings book --lead 123 --at 2026-12-01T10:00:00Z --later",
            "calbridge bookings push 10000000000",
            "calbridge bookings confirm 456",
            "calbridge bookings decline 456 --reason full",
            "calbridge bookings no-show 456 --attendee ann@example.org --host --undo",
            "calbridge bookings assign 456 --user 3 --reason ill",
            "calbridge bookings assign 456 --host 98765",
            "calbridge event-types sync --tenant 2 --json",
            "calbridge event-types sync --all-tenants",
            "calbridge event-types list --active --branch 1 --json",
            "calbridge event-types edit 2026361 --price 50.00 --currency EUR --reset title",
            "calbridge branches add --name Center --time-zone Europe/Berlin",
            "calbridge branches map 1 2026361 --price 50.00",
            "calbridge users edit 3 --calcom-user-id 98765 --calcom-username dr.smith",
            "calbridge hosts confirm 5 --user 3",
            "calbridge doctor --json",
            "calbridge backup file --with-keys",
            "calbridge backup verify file",
            "calbridge restore file --into folder --force",
            "calbridge rebuild --dry-run",
            "calbridge rebuild --apply --booking 10000000000",
            "calbridge retention --dry-run",
            "calbridge events list --parked",
            "calbridge signature verify calcom --secret s --header a:b --body -",
            "calbridge completions bash",
        ] {
            let words = in_our_words(line.split(' ').map(Into::into));
            let parsed = Cli::try_parse_from(words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.unwrap_err());
        }
    }
}
