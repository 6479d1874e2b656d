//! Starting, steering and stopping the server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use super::calls::{ApiCall, OperationCount};
use super::edition::CalComServer;
use super::world::{Inner, Shared};
use super::{Clock, LogEntry, calcom, calendly, control, dispatch};
use crate::sender::{self, SendError};
use crate::{ApiPlan, CalCom, Calendly, Delivery, DeliveryPlan};

/// So often the clock events are looked after.
const TICK: Duration = Duration::from_secs(1);

/// So long requests under way may take when it stops.
const GRACE: Duration = Duration::from_secs(5);

/// How to start.
#[derive(Debug, Clone)]
pub struct EmulatorConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Everything random comes from here.
    pub seed: u64,
    /// What time it is.
    pub clock: Clock,
    /// Which Cal.com server it is.
    pub calcom: CalComServer,
}

/// Why it did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// The webhooks cannot be sent.
    #[error(transparent)]
    Client(#[from] SendError),
}

/// A running emulator of both providers.
#[derive(Debug)]
pub struct Emulator {
    address: SocketAddr,
    shared: Shared,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Emulator {
    /// Start serving.
    pub async fn start(config: EmulatorConfig) -> Result<Self, StartError> {
        let EmulatorConfig {
            listen,
            seed,
            clock,
            calcom: server,
        } = config;
        let refused = |error| StartError::Listen(listen, error);
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let client = sender::client()?;
        let (outbox, messages) = mpsc::channel(dispatch::OUTBOX);
        let calendly_base = format!("http://{address}/calendly");
        let shared = Arc::new(Inner::new(seed, calendly_base, server, clock, outbox));
        let stop = shared.stop.clone();
        let router = Router::new()
            .nest("/v2", calcom::routes(&shared))
            .nest("/v1", calcom::retired())
            .nest("/calendly", calendly::routes())
            .nest("/_emulator", control::routes())
            .with_state(Arc::clone(&shared));
        let dispatching = dispatch::run(Arc::clone(&shared), client, messages);
        let tasks = vec![
            tokio::spawn(serve(listener, router, stop.subscribe())),
            tokio::spawn(until_stopped(dispatching, stop.subscribe())),
            tokio::spawn(until_stopped(tick(Arc::clone(&shared)), stop.subscribe())),
        ];
        Ok(Self {
            address,
            shared,
            stop,
            tasks,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stands in for `https://api.cal.com/v2`.
    pub fn calcom_base_url(&self) -> String {
        format!("http://{}/v2", self.address)
    }

    /// Stands in for `https://api.calendly.com`.
    pub fn calendly_base_url(&self) -> String {
        format!("http://{}/calendly", self.address)
    }

    /// The API key of the Cal.com account.
    pub fn calcom_api_key(&self) -> &str {
        &self.shared.keys.calcom_api_key
    }

    /// The access token of the Calendly organization's owner.
    pub fn calendly_token(&self) -> &str {
        &self.shared.keys.calendly_token
    }

    /// The key of the Calendly app: signs for subscriptions made without a key of their own.
    pub fn webhook_signing_key(&self) -> &str {
        &self.shared.keys.webhook_signing_key
    }

    /// Do something at Cal.com behind the API's back; the webhooks are told.
    pub fn at_calcom<T, E>(
        &self,
        verb: impl FnOnce(&mut CalCom, Timestamp) -> Result<(T, Vec<Delivery>), E>,
    ) -> Result<T, E> {
        self.shared
            .change(|world, now| verb(&mut world.story.calcom, now))
    }

    /// Do something at Calendly behind the API's back; the webhooks are told.
    pub fn at_calendly<T, E>(
        &self,
        verb: impl FnOnce(&mut Calendly, Timestamp) -> Result<(T, Vec<Delivery>), E>,
    ) -> Result<T, E> {
        self.shared
            .change(|world, now| verb(&mut world.story.calendly, now))
    }

    /// Change the Cal.com account in a way nobody is told of: event types, schedules, calendars, teams.
    pub fn edit_calcom<T>(&self, edit: impl FnOnce(&mut CalCom) -> T) -> T {
        edit(&mut self.shared.world().story.calcom)
    }

    /// Be another Cal.com server from now on. Counting requests begins anew.
    pub fn set_calcom_server(&self, server: CalComServer) {
        self.shared.set_calcom_server(server);
    }

    /// What goes wrong with requests to Cal.com from now on. Releases those that are held.
    pub fn set_api_faults(&self, plan: ApiPlan) {
        self.shared.set_api_plan(plan);
    }

    /// The last requests to Cal.com, oldest first.
    pub fn calls(&self) -> Vec<ApiCall> {
        self.shared.world().calls.calls()
    }

    /// How often each operation of Cal.com was asked for, by method and path with placeholders: `GET /bookings/{uid}`.
    pub fn operations(&self) -> BTreeMap<String, OperationCount> {
        self.shared.world().calls.counts()
    }

    /// How often one operation was asked for.
    pub fn operation(&self, name: &str) -> OperationCount {
        self.operations().remove(name).unwrap_or_default()
    }

    /// Forget the requests so far.
    pub fn forget_calls(&self) {
        self.shared.world().calls.clear();
    }

    /// Wait until the count of an operation is as wished.
    pub async fn until(&self, operation: &str, wished: impl Fn(OperationCount) -> bool) {
        let mut traffic = self.shared.traffic.subscribe();
        let is_so = |_: &u64| wished(self.operation(operation));
        // The sender lives as long as the emulator does.
        let _ = traffic.wait_for(is_so).await;
    }

    /// Look at both accounts.
    pub fn look<T>(&self, look: impl FnOnce(&CalCom, &Calendly) -> T) -> T {
        let world = self.shared.world();
        look(&world.story.calcom, &world.story.calendly)
    }

    /// Let the story go on by one step. Gives the names of what was sent.
    pub fn next_step(&self) -> Vec<String> {
        let mut world = self.shared.world();
        let deliveries = world.story.next_step(self.shared.clock.now());
        let events = deliveries
            .iter()
            .map(|delivery| delivery.event.clone())
            .collect();
        self.shared.publish(&mut world, deliveries);
        events
    }

    /// What goes wrong from now on.
    pub fn set_faults(&self, plan: DeliveryPlan) {
        self.shared.world().plan = plan;
    }

    /// The last attempts to deliver, oldest first.
    pub fn log(&self) -> Vec<LogEntry> {
        self.shared.world().log.entries()
    }

    /// Wait until every message told so far was tried once.
    pub async fn settle(&self) {
        let mut pending = self.shared.pending.subscribe();
        // The sender lives as long as the emulator does.
        let _ = pending.wait_for(|pending| *pending == 0).await;
    }

    /// Stop: requests under way are answered, unless they take too long; messages not yet sent are lost.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for mut task in self.tasks {
            if tokio::time::timeout(GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router)
        .with_graceful_shutdown(stopped)
        .await
    {
        tracing::error!("Emulator stopped serving: {error}");
    }
}

async fn until_stopped(work: impl Future<Output = ()>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = work => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

async fn tick(shared: Shared) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        let mut world = shared.world();
        let deliveries = world.story.calcom.tick(shared.clock.now());
        shared.publish(&mut world, deliveries);
    }
}
