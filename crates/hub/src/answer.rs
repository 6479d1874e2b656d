//! Answering connections: how many at once, and how long a client may take before it has asked for anything.
//!
//! The time that a body may take is bounded where it is read, in `http::body`.

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::metrics::gauge::Gauge;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{AbortHandle, JoinSet},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

/// How long until connections are accepted again when the process has no more handles.
const BREATH: Duration = Duration::from_millis(100);

/// Handles that the database, the log and the like need beside the connections.
const OTHER_HANDLES: usize = 128;

/// What a client may take from us.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// From connecting to the end of the first request's head.
    pub first_head: Duration,
    /// From the end of an answer to the end of the next request's head. Proxies keep connections for a minute and do
    /// not like it when they are closed earlier.
    pub next_head: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 4096,
            first_head: Duration::from_secs(10),
            next_head: Duration::from_secs(75),
        }
    }
}

/// Connections that are still open after accepting has ended.
pub struct Rest(JoinSet<()>);

impl Rest {
    /// Let requests under way end, but not longer than this. Whether all did.
    pub async fn finish(mut self, patience: Duration) -> bool {
        let all = async { while self.0.join_next().await.is_some() {} };
        tokio::time::timeout(patience, all).await.is_ok()
    }
}

/// Accept connections and answer them until `stop`; the rest is those that are still open. `open_now` counts them.
pub async fn answer(
    listener: TcpListener,
    router: Router,
    bounds: Bounds,
    open_now: &Gauge,
    stop: CancellationToken,
) -> Rest {
    let room = Arc::new(Semaphore::new(room(bounds.connections)));
    let mut open = JoinSet::new();
    loop {
        // Those that ended are forgotten.
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = accept(&listener, &room) => accepted,
        };
        match accepted {
            Ok((stream, peer, permit)) => {
                let place = Place::take(permit, open_now.clone());
                let connection = Connection {
                    peer,
                    bounds,
                    router: router.clone(),
                    stop: stop.clone(),
                };
                let _running: AbortHandle = open.spawn(connection.serve(stream, place));
            }
            Err(error) if is_about_the_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "Could not accept a connection");
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(BREATH) => {}
                }
            }
        }
    }
    Rest(open)
}

async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(room)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

fn is_about_the_client(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    )
}

/// Not more than the process has handles for.
fn room(wanted: usize) -> usize {
    let limit = std::fs::read_to_string("/proc/self/limits")
        .ok()
        .and_then(|limits| {
            let line = limits
                .lines()
                .find(|line| line.starts_with("Max open files"))?;
            line.split_whitespace().nth(3)?.parse::<usize>().ok()
        });
    let most = limit.map_or(usize::MAX, |limit| limit.saturating_sub(OTHER_HANDLES));
    wanted.min(most).max(1)
}

/// The place of an open connection.
struct Place {
    _permit: OwnedSemaphorePermit,
    open_now: Gauge,
}

impl Place {
    fn take(permit: OwnedSemaphorePermit, open_now: Gauge) -> Self {
        open_now.inc();
        Self {
            _permit: permit,
            open_now,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open_now.dec();
    }
}

struct Connection {
    peer: SocketAddr,
    bounds: Bounds,
    router: Router,
    stop: CancellationToken,
}

impl Connection {
    async fn serve(self, stream: TcpStream, _place: Place) {
        // An answer goes out at once, not together with the next one.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "A connection keeps its delay");
        }
        let Self {
            peer,
            bounds,
            router,
            stop,
        } = self;
        let has_asked = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&has_asked);
        let service = service_fn(move |request: Request<Incoming>| {
            asked.store(true, Ordering::Relaxed);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            let router = router.clone();
            async move { Ok::<_, Infallible>(into_ok(router.oneshot(request).await)) }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(bounds.next_head)
            .serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        let first_head = tokio::time::sleep(bounds.first_head);
        tokio::pin!(first_head);
        let (mut waited, mut stopping) = (false, false);
        loop {
            tokio::select! {
                // When we were short of time, a request may have waited for us, not we for it: read first.
                biased;
                ended = connection.as_mut() => {
                    if let Err(error) = ended {
                        tracing::debug!(%error, "A connection ended");
                    }
                    return;
                }
                () = &mut first_head, if !waited => {
                    waited = true;
                    if !has_asked.load(Ordering::Relaxed) {
                        tracing::debug!("A client connected and asked for nothing");
                        return;
                    }
                }
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

fn into_ok<T>(result: Result<T, Infallible>) -> T {
    match result {
        Ok(value) => value,
        Err(never) => match never {},
    }
}
