//! The demo: the whole hub on a scratch database, emulated providers, and people who book, move and cancel.

mod line;
mod odd;
mod providers;
mod scene;
mod scratch;
mod summary;
mod watch;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use calbridge_emulator::{self as emulator, DeliveryPlan, Emulator, EmulatorConfig};
use calbridge_store::sql::Bell;
use jiff::SignedDuration;
use tokio_util::sync::CancellationToken;

pub use self::{line::Style, scene::LEAD, scratch::Scratch, summary::Summary};
use self::{odd::Oddities, scene::Scene, watch::Watch};
use crate::{app::App, clock::Clock, config::Config, http, node::Role, serve};

/// Between two things that people do, for those who watch.
const PAUSE: Duration = Duration::from_secs(2);

/// What passes between them when nobody wants to wait.
const LEAP: SignedDuration = SignedDuration::from_mins(10);

/// How the demo shall go.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Things that people do, until it ends by itself; `None` goes on until it is stopped.
    pub steps: Option<u64>,
    /// No pauses; ten minutes pass at each step.
    pub fast: bool,
    /// Who does what, and what goes wrong.
    pub seed: u64,
}

/// A running demo.
pub struct Demo {
    app: App,
    emulator: Emulator,
    scene: Scene,
    address: SocketAddr,
    server: tokio::task::JoinHandle<()>,
    /// Ends the server; it is still there when somebody has asked for the end, for the summary.
    server_stop: CancellationToken,
    stop: CancellationToken,
    pace: Pace,
}

/// The settings of the demo: the defaults, a folder of its own, and no credentials asked.
pub fn config(listen: SocketAddr, folder: PathBuf) -> Config {
    let mut config = Config::default();
    config.server.listen = listen;
    // There is nobody whose request would be worth waiting for.
    config.server.stop_seconds = 2;
    // Another hub may run on this machine.
    config.metrics.enabled = false;
    config.data.dir = folder;
    config.access.trusted_network = true;
    // What is refused is told beside everything else.
    "warn,calbridge::inbox=error".clone_into(&mut config.log.filter);
    config
}

impl Demo {
    /// Set everything up and begin to answer.
    pub async fn start(
        config: Config,
        pace: Pace,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        config.check()?;
        let (listener, address) = serve::listen(config.server.listen).await?;
        let clock = if pace.fast {
            Clock::standing_at(Clock::system().now())
        } else {
            Clock::system()
        };
        let app = scene::open(config, clock.clone()).await?;
        let emulator = Emulator::start(EmulatorConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            seed: pace.seed,
            clock: emulator::Clock::new(move || clock.now()),
            calcom: emulator::CalComServer::default().generous(),
        })
        .await?;
        emulator.set_faults(what_goes_wrong(pace));
        let scene = Scene::set(&app, &emulator).await?;
        let server_stop = CancellationToken::new();
        let server = tokio::spawn({
            let (app, stop) = (app.clone(), server_stop.clone());
            async move { serve::run(&app, listener, http::router(app.clone()), Role::All, stop).await }
        });
        providers::subscribe(&emulator, address, &scene).await?;
        Ok(Self {
            app,
            emulator,
            scene,
            address,
            server,
            server_stop,
            stop,
            pace,
        })
    }

    /// Where everything is, and what to try.
    pub fn introduction(&self) -> String {
        let Self {
            address,
            scene,
            emulator,
            app,
            ..
        } = self;
        let address = reachable(*address);
        let emulated = |base: String, path: String| {
            format!("{base:35} emulated; tells http://{address}{path}")
        };
        format!(
            "Calbridge demo: made-up people book at emulated providers, and this hub takes in what the providers tell.

  API        http://{address}/api/v1 (no key needed here)
  Docs       http://{address}/api/docs
  Cal.com    {}
  Calendly   {}
  Database   {}

Try in another terminal:

  curl -s 'http://{address}/api/v1/bookings?limit=3'
  curl -s http://{address}/api/v1/leads/{LEAD}/timeline
  curl -X POST http://{address}/webhooks/calcom -H 'Content-Type: application/json' \\
    -H 'X-Cal-Signature: test-signature' -d '{}'
  curl -X POST http://{address}/api/v1/leads -H 'Content-Type: application/json' -H 'X-Tenant-Id: 1' \\
    -d '{}'

Ctrl-C stops.
",
            emulated(emulator.calcom_base_url(), scene.calcom.webhook_path()),
            emulated(emulator.calendly_base_url(), scene.calendly.webhook_path()),
            app.config.data.sqlite_file().display(),
            scene::DOCUMENTED_WEBHOOK,
            scene::DOCUMENTED_LEAD,
        )
    }

    /// Let people do things, and give a line for each thing that becomes known here.
    pub async fn play(
        &self,
        style: Style,
        mut tell: impl FnMut(String) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut watch = Watch::new(&self.app, style);
        let mut oddities = Oddities::new(&self.scene, self.address)?;
        let mut step = 0;
        while self.pace.steps.is_none_or(|steps| step < steps) && !self.stop.is_cancelled() {
            step += 1;
            self.emulator.next_step();
            if let Some(answered) = oddities.at_step(step).await {
                tell(watch.odd(&answered))?;
            }
            if self.pace.fast {
                self.emulator.settle().await;
                watch.catch_up(&mut tell).await?;
                let now = self.app.clock.now();
                self.app.clock.set(now.checked_add(LEAP).unwrap_or(now));
                self.app.store.db().bells().ring(Bell::Jobs);
            } else {
                self.pause(&mut watch, &mut tell).await?;
            }
        }
        if !self.stop.is_cancelled() {
            self.emulator.settle().await;
        }
        watch.catch_up(&mut tell).await
    }

    /// Tell what comes until it is time for the next step.
    async fn pause(
        &self,
        watch: &mut Watch<'_>,
        tell: &mut impl FnMut(String) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        let mut pause = std::pin::pin!(tokio::time::sleep(PAUSE));
        loop {
            let heard = tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                () = &mut pause => return Ok(()),
                heard = watch.next() => heard,
            };
            tell(watch.line(&heard).await)?;
        }
    }

    /// What there is by now.
    pub async fn summary(&self) -> anyhow::Result<Summary> {
        Summary::of(&self.app, &self.scene.scope).await
    }

    /// Stop in order.
    pub async fn end(self) -> anyhow::Result<()> {
        self.emulator.stop().await;
        self.server_stop.cancel();
        self.server.await?;
        Ok(())
    }
}

/// Some messages come twice, in another order or late; none is lost, since nothing fetches them again yet.
fn what_goes_wrong(pace: Pace) -> DeliveryPlan {
    DeliveryPlan {
        duplicate: 0.1,
        reorder: 0.3,
        delay: if pace.fast { 0.0 } else { 0.05 },
        delay_millis: 3000,
        ..DeliveryPlan::default()
    }
}

/// An address that a browser on this machine can open.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::from(([127, 0, 0, 1], address.port()))
    } else {
        address
    }
}
