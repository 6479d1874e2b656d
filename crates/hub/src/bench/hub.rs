//! The hub under test: the real application on a scratch database, and its router on a free port of this machine.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, atomic::AtomicI64},
};

use axum::Router;
use calbridge_core::{ids::FIRST_TENANT, provider::Provider, scope::Scope};
use secrecy::SecretString;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{Plan, idle, mix::Mix, scratch::Scratch, traffic::Sender};
use crate::{
    app::App,
    clock::Clock,
    connections::{self, NewConnectionRequest},
    node::Role,
    secret, serve,
    startup::{self, Migrate},
};

/// The application on a scratch database, with a connection to deliver to.
pub(super) struct Bed {
    /// The application.
    pub app: App,
    /// Whose bookings they are.
    pub scope: Scope,
    /// The connection's token.
    pub token: String,
    secret: SecretString,
    mix: Mix,
    /// Shared by all senders: two bookings with one number would be one.
    last_number: Arc<AtomicI64>,
}

impl Bed {
    /// Do something on a new scratch database, which is removed afterwards, also when `stop` ends it early.
    pub async fn with<T>(
        plan: &Plan,
        stop: &CancellationToken,
        work: impl AsyncFnOnce(&Self, &Scratch) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let scratch = Scratch::make(plan).await?;
        let result = match Self::make(plan, &scratch).await {
            Ok(bed) => {
                let result = tokio::select! {
                    result = work(&bed, &scratch) => result,
                    () = stop.cancelled() => Err(anyhow::anyhow!("stopped before the end")),
                };
                bed.app.stop().await;
                result
            }
            Err(error) => Err(error),
        };
        let removed = scratch.remove().await;
        let value = result?;
        removed?;
        Ok(value)
    }

    async fn make(plan: &Plan, scratch: &Scratch) -> anyhow::Result<Self> {
        let app = startup::start(scratch.config(plan), Clock::system(), Migrate::Always).await?;
        let scope = Scope::system(FIRST_TENANT);
        let secret = SecretString::from(secret::token());
        let request = NewConnectionRequest {
            webhook_secret: Some(secret.clone()),
            ..NewConnectionRequest::new(Provider::CalCom, "bench")
        };
        let connection = connections::add(&app, &scope, request).await?;
        Ok(Self {
            app,
            scope,
            token: connection.hook_token,
            secret,
            mix: plan.mix,
            last_number: Arc::new(AtomicI64::new(1_000_000)),
        })
    }

    /// Senders of full work.
    pub fn sender(&self) -> anyhow::Result<Arc<Sender>> {
        self.sender_to(format!("/hooks/{}", self.token))
    }

    /// Senders of requests with which nothing is done.
    pub fn idle_sender(&self) -> anyhow::Result<Arc<Sender>> {
        self.sender_to(format!("{}/{}", idle::PATH, self.token))
    }

    fn sender_to(&self, path: String) -> anyhow::Result<Arc<Sender>> {
        let numbers = Arc::clone(&self.last_number);
        Sender::new(
            path,
            self.secret.clone(),
            self.mix,
            self.app.clock.clone(),
            numbers,
        )
    }
}

/// The hub's server, with the idle path beside the others.
pub(super) struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    stop: DropGuard,
    running: JoinHandle<()>,
}

impl Server {
    /// Begin to answer.
    pub async fn start(bed: &Bed) -> anyhow::Result<Self> {
        Self::with(&bed.app, idle::router(bed.app.clone())).await
    }

    /// The same with other paths.
    pub async fn with(app: &App, router: Router) -> anyhow::Result<Self> {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let (listener, address) = serve::listen(any_port).await?;
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let (app, stop) = (app.clone(), stop.clone());
            async move { serve::run(&app, listener, router, Role::All, stop).await }
        });
        Ok(Self {
            address,
            stop: stop.drop_guard(),
            running,
        })
    }

    /// Stop, and close the application with it.
    pub async fn stop(self) -> anyhow::Result<()> {
        drop(self.stop);
        Ok(self.running.await?)
    }
}
