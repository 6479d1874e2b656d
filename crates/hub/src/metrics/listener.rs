//! The listener of the metrics: apart from the product's, so that it can be kept from strangers.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::State, http::header, response::IntoResponse, routing::get};
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    answer::{Bounds, answer},
    app::App,
    serve,
};

/// How long until we try again to get an address that another program has.
const AGAIN: Duration = Duration::from_secs(5);

/// Answer `/metrics` until stopped, if the settings want it.
///
/// An address that cannot be had does not keep the hub from its work: it is said loudly, and tried again until it is
/// free. A new release that starts while the old one still runs gets it in the end.
pub async fn serve_until_stopped(app: App, stop: CancellationToken) {
    if !app.config.metrics.enabled {
        return;
    }
    let Some((listener, address)) = listen(app.config.metrics.listen, &stop).await else {
        return;
    };
    tracing::info!("Metrics at http://{address}/metrics");
    let bounds = Bounds {
        connections: 64,
        ..Bounds::default()
    };
    answer(
        listener,
        router(app.clone()),
        bounds,
        &Gauge::default(),
        stop,
    )
    .await
    .finish(Duration::from_secs(1))
    .await;
}

async fn listen(wanted: SocketAddr, stop: &CancellationToken) -> Option<(TcpListener, SocketAddr)> {
    let mut said = false;
    loop {
        match serve::listen(wanted).await {
            Ok(listening) => return Some(listening),
            Err(error) if !said => {
                said = true;
                let env = "CALBRIDGE_METRICS_LISTEN";
                tracing::error!(
                    "There are no metrics of this process yet ({error}); everything else works. \
                     Set metrics.listen or {env} to another address, or metrics.enabled to false"
                );
            }
            Err(_) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return None,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .with_state(app)
}

async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let text = super::render(&app).await;
    ([(header::CONTENT_TYPE, super::CONTENT_TYPE)], text)
}
