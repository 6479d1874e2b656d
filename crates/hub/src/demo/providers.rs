//! Registering for webhooks at the emulated providers, with their own API, as an operator would.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, ensure};
use calbridge_emulator::{Emulator, calcom::TRIGGERS, calendly::EVENTS, sender};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::Scene;

/// The emulator is in this process; it answers at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// Have both providers tell us everything.
pub(super) async fn subscribe(
    emulator: &Emulator,
    hub: SocketAddr,
    scene: &Scene,
) -> anyhow::Result<()> {
    let hub = super::reachable(hub);
    let triggers: Vec<_> = TRIGGERS
        .into_iter()
        .filter(|trigger| *trigger != "PING")
        .collect();
    register(
        &format!("{}/webhooks", emulator.calcom_base_url()),
        emulator.calcom_api_key(),
        &json!({
            "active": true,
            "subscriberUrl": format!("http://{hub}{}", scene.calcom.webhook_path()),
            "triggers": triggers,
            "secret": scene.calcom_secret.expose_secret(),
        }),
    )
    .await
    .context("registering at the emulated Cal.com")?;
    let organization = emulator.look(|_, calendly| calendly.organization().to_owned());
    register(
        &format!("{}/webhook_subscriptions", emulator.calendly_base_url()),
        emulator.calendly_token(),
        &json!({
            "url": format!("http://{hub}{}", scene.calendly.webhook_path()),
            "events": EVENTS,
            "organization": organization,
            "scope": "organization",
            "signing_key": scene.calendly_secret.expose_secret(),
        }),
    )
    .await
    .context("registering at the emulated Calendly")
}

async fn register(url: &str, key: &str, wish: &Value) -> anyhow::Result<()> {
    let sending = sender::client()?
        .post(url)
        .bearer_auth(key)
        .json(wish)
        .send();
    let answer = tokio::time::timeout(PATIENCE, sending).await??;
    let status = answer.status();
    ensure!(status.is_success(), "{status}: {}", answer.text().await?);
    Ok(())
}
