//! Hears the bells that commits of other nodes ring, and rings them here.

use std::time::Duration;

use calbridge_store::{
    StoreError,
    sql::{Bell, Listener},
};
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Between two tries to listen.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Listen until stopped. Who cannot hear finds out by looking, a little later.
pub(super) async fn listen_until_stopped(app: App, stop: CancellationToken) {
    let mut pause = FIRST_PAUSE;
    loop {
        let listening = async {
            let Some(mut listener) = app.store.db().listen().await? else {
                // SQLite: nobody can tell us.
                return std::future::pending().await;
            };
            pause = FIRST_PAUSE;
            hear(&app, &mut listener).await
        };
        let lost = tokio::select! {
            () = stop.cancelled() => return,
            lost = listening => lost,
        };
        if let Err(error) = lost {
            tracing::debug!(%error, "Cannot hear other nodes");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

async fn hear(app: &App, listener: &mut Listener) -> Result<(), StoreError> {
    // What rang while nobody listened.
    for bell in [Bell::Jobs, Bell::Registry, Bell::Invalidations] {
        heard(app, bell).await;
    }
    loop {
        let bell = listener.next().await?;
        heard(app, bell).await;
    }
}

async fn heard(app: &App, bell: Bell) {
    match bell {
        Bell::Jobs | Bell::Invalidations => app.store.db().bells().ring(bell),
        Bell::Registry => {
            let now = app.clock.now();
            if let Err(error) = app.registry.refresh(&app.store, now).await {
                tracing::debug!(%error, "Could not read the connections after a change");
            }
        }
    }
}
