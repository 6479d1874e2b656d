//! Serving: listen, answer, run jobs, and stop in order.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Bounds, answer},
    app::App,
    metrics,
    node::{self, Role},
};

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {why}")]
pub struct ListenError {
    address: SocketAddr,
    why: String,
}

/// Take the address.
pub async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ListenError> {
    let refused = |error: io::Error| ListenError {
        address,
        why: why(address, &error),
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

fn why(address: SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let other = SocketAddr::new(address.ip(), address.port().wrapping_add(1));
            format!("another program listens there; stop it, or choose another port, as in `--listen {other}`")
        }
        io::ErrorKind::PermissionDenied => {
            let other = SocketAddr::new(address.ip(), 8000);
            format!("ports below 1024 need privileges; choose another port, as in `--listen {other}`")
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address; listen on one of its own, or on 0.0.0.0 for all of them".to_owned()
        }
        _ => error.to_string(),
    }
}

/// Answer requests, and do jobs if that is the node's role, until `stop`; then finish what is under way and close the
/// database.
pub async fn run(
    app: &App,
    listener: TcpListener,
    router: Router,
    role: Role,
    stop: CancellationToken,
) {
    let background = node::start(app, role, listener.local_addr().ok(), &stop);
    let metrics = tokio::spawn(metrics::serve_until_stopped(app.clone(), stop.clone()));
    let bounds = Bounds {
        connections: app.config.server.max_open,
        ..Bounds::default()
    };
    let open_now = &app.metrics.http.connections;
    let rest = answer(listener, router, bounds, open_now, stop).await;
    let patience = patience(app);
    tracing::info!(
        "Stopping: no new requests; those under way have {} s",
        patience.as_secs()
    );
    if !rest.finish(patience).await {
        tracing::warn!("Requests were still under way when the time to stop was over");
    }
    background.finish(patience).await;
    metrics.abort();
    app.stop().await;
}

/// Do jobs and nothing else until `stop`; then finish those under way and close the database.
pub async fn work(app: &App, stop: CancellationToken) {
    let background = node::start(app, Role::Work, None, &stop);
    let metrics = tokio::spawn(metrics::serve_until_stopped(app.clone(), stop.clone()));
    stop.cancelled().await;
    tracing::info!(
        "Stopping: no new jobs; those under way have {} s",
        patience(app).as_secs()
    );
    background.finish(patience(app)).await;
    metrics.abort();
    app.stop().await;
}

fn patience(app: &App) -> Duration {
    Duration::from_secs(app.config.server.stop_seconds)
}

/// Stop at the first signal to end or interrupt; leave at once at the second.
pub fn stop_on_signal(stop: &CancellationToken) -> io::Result<()> {
    let mut signals = Signals::listen()?;
    let stop = stop.clone();
    tokio::spawn(async move {
        signals.next().await;
        stop.cancel();
        signals.next().await;
        tracing::warn!("Left at once, as asked a second time");
        std::process::exit(1);
    });
    Ok(())
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    #[expect(clippy::unnecessary_wraps, reason = "elsewhere it can fail")]
    fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_refused_with_another_one_to_try() {
        let (_listener, address) = listen(([127, 0, 0, 1], 0).into()).await.unwrap();
        let error = listen(address).await.unwrap_err().to_string();
        assert!(error.contains(&address.to_string()), "{error}");
        assert!(error.contains("--listen 127.0.0.1:"), "{error}");
    }
}
