//! `calbridge emulate`

use std::net::SocketAddr;

use calbridge_emulator::{self as emulator, Emulator, EmulatorConfig};
use clap::Args;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{context::Context, parse};
use crate::{logging, serve};

/// Run servers that behave like Cal.com and Calendly, on one port
///
/// They keep bookings, demand credentials, limit rates and send signed webhooks to whoever registers for them with
/// their API. POST to /_emulator/step lets somebody do something, POST to /_emulator/faults lets things go wrong.
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  calbridge emulate --listen 127.0.0.1:8100
  curl -X POST http://127.0.0.1:8100/_emulator/step
  curl -X POST http://127.0.0.1:8100/_emulator/faults -d '{\"drop\": 0.1, \"duplicate\": 0.3}'")]
pub(super) struct Emulate {
    /// Address and port to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8100", value_parser = parse::address)]
    listen: SocketAddr,
    /// Everything random comes from here: the same seed gives the same keys, people and ids
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Emulate {
    pub(super) async fn run(self, context: &Context) -> anyhow::Result<()> {
        let spans = logging::start_serving(&context.load(&[])?.config)?;
        let stop = CancellationToken::new();
        serve::stop_on_signal(&stop)?;
        // Says what to do when the address is taken, which the emulator does not.
        drop(serve::listen(self.listen).await?);
        let clock = context.clock.clone();
        let emulator = Emulator::start(EmulatorConfig {
            listen: self.listen,
            seed: self.seed,
            clock: emulator::Clock::new(move || clock.now()),
            calcom: emulator::CalComServer::default(),
        })
        .await?;
        print(context, &emulator)?;
        stop.cancelled().await;
        emulator.stop().await;
        spans.finish().await;
        Ok(())
    }
}

fn print(context: &Context, emulator: &Emulator) -> anyhow::Result<()> {
    let address = emulator.address();
    let organization = emulator.look(|_, calendly| calendly.organization().to_owned());
    if context.out.is_json() {
        return context.out.json_line(&json!({
            "address": address.to_string(),
            "calcom": {
                "base_url": emulator.calcom_base_url(),
                "api_key": emulator.calcom_api_key(),
            },
            "calendly": {
                "base_url": emulator.calendly_base_url(),
                "token": emulator.calendly_token(),
                "webhook_signing_key": emulator.webhook_signing_key(),
                "organization": organization,
            },
            "control_url": format!("http://{address}/_emulator"),
        }));
    }
    context.out.line("Cal.com")?;
    context.out.facts(&[
        ("  base URL", emulator.calcom_base_url()),
        ("  API key", emulator.calcom_api_key().to_owned()),
    ])?;
    context.out.line("Calendly")?;
    context.out.facts(&[
        ("  base URL", emulator.calendly_base_url()),
        ("  token", emulator.calendly_token().to_owned()),
        ("  signing key", emulator.webhook_signing_key().to_owned()),
        ("  organization", organization),
    ])?;
    context.out.line(format!(
        "Controls\n  http://{address}/_emulator\n\nCtrl-C stops."
    ))
}
