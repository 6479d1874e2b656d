//! `calbridge trigger`

mod compose;
mod names;
mod send;

use calbridge_core::provider::Provider;
use calbridge_emulator::DeliveryPlan;
use clap::Args;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::SecretString;

use self::{names::Wanted, send::Sending};
use super::{Exit, context::Context, exit::CliError, parse};

/// Send signed webhook events, as a provider would, to any URL
///
/// The events tell a story that ends in EVENT: a booking that is rescheduled was created before. Each story is about
/// another booking. Prints the answer to each event; exit code 1 when one was not answered with 2xx.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge trigger calcom booking.rescheduled --url http://127.0.0.1:8000/hooks/... --secret S
  calbridge trigger calendly invitee.canceled --url http://127.0.0.1:8000/hooks/... --secret S --duplicate --reorder
  calbridge trigger calcom BOOKING_CREATED --url http://127.0.0.1:8000/webhooks/calcom --secret S --count 100
  calbridge trigger calcom booking.cancelled --dry-run --json")]
pub(super) struct Trigger {
    /// calcom or calendly
    #[arg(value_parser = parse::provider)]
    provider: Provider,
    /// The provider's name of the event, or ours (`created`, `rescheduled`, `no_show`), in any spelling
    event: String,
    /// Where to send it
    #[arg(long, required_unless_present = "dry_run")]
    url: Option<String>,
    /// What to sign with; without it the events are sent as a provider without a secret sends them
    #[arg(long, value_parser = parse::secret, allow_hyphen_values = true)]
    secret: Option<SecretString>,
    /// How many stories
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    count: u32,
    /// Send the events of a story in another order
    #[arg(long)]
    reorder: bool,
    /// Send every event twice
    #[arg(long)]
    duplicate: bool,
    /// Lose events with this probability
    #[arg(long, value_name = "P", default_value_t = 0.0, value_parser = parse::probability)]
    drop: f64,
    /// Sign with a wrong secret
    #[arg(long)]
    bad_signature: bool,
    /// Sign ten minutes in the past (Calendly only: Cal.com signs no time)
    #[arg(long)]
    stale: bool,
    /// Print the events with their headers, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Repeats people, ids and faults exactly [default: another one each time]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

impl Trigger {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<Exit> {
        let wanted = Wanted::named(self.provider, &self.event).map_err(CliError::Usage)?;
        let seed = self
            .seed
            .unwrap_or_else(|| rand::rng().random_range(0..1_000_000_000));
        let certain = |wish: bool| if wish { 1.0 } else { 0.0 };
        let plan = DeliveryPlan {
            drop: self.drop,
            duplicate: certain(self.duplicate),
            reorder: certain(self.reorder),
            bad_signature: certain(self.bad_signature),
            stale_timestamp: certain(self.stale),
            ..DeliveryPlan::default()
        };
        let sending = Sending {
            context,
            url: if self.dry_run {
                None
            } else {
                self.url.as_deref()
            },
            secret: self.secret.as_ref(),
            plan,
        };
        if let Some(url) = sending.url {
            send::check_url(url).map_err(CliError::Usage)?;
        }
        let mut rng = StdRng::seed_from_u64(seed);
        let mut tally = send::Tally::default();
        for story in 0..u64::from(self.count) {
            let events = compose::story(wanted, seed.wrapping_add(story), context.clock.now())?;
            sending.send(events, &mut rng, &mut tally).await?;
        }
        sending.report(&tally, seed)?;
        Ok(if tally.all_is_well() {
            Exit::Done
        } else {
            Exit::Failed
        })
    }
}
