//! Sending what is in the outbox. Cal.com tries once; Calendly retries with a growing pause for a day and
//! then disables the subscription.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::log::LogEntry;
use super::world::Shared;
use crate::faults::Treatment;
use crate::sender::{self, SendError};
use crate::{Delivery, Provider};

/// So many messages wait at most; what comes on top is lost.
pub(super) const OUTBOX: usize = 1024;

/// So many delayed and repeated messages wait at most.
const WAITING: usize = 256;

/// The first pause of Calendly's retries; each next one is twice as long. Exact values are not published.
const FIRST_PAUSE: Duration = Duration::from_mins(1);

/// Pauses do not grow beyond this.
const LONGEST_PAUSE: Duration = Duration::from_hours(4);

/// After so long without success a subscription is disabled.
const PATIENCE: Duration = Duration::from_hours(24);

/// One message for one webhook.
#[derive(Debug)]
pub(super) struct Outgoing {
    hook: String,
    url: String,
    secret: Option<String>,
    delivery: Delivery,
    pub(super) treatment: Treatment,
}

impl Outgoing {
    pub(super) fn new(hook: &str, url: &str, secret: Option<String>, delivery: Delivery) -> Self {
        Self {
            hook: hook.to_owned(),
            url: url.to_owned(),
            secret,
            delivery,
            treatment: Treatment::default(),
        }
    }
}

/// Send one message after another, as they come; delayed and repeated ones wait beside the line.
pub(super) async fn run(
    shared: Shared,
    client: reqwest::Client,
    mut outbox: mpsc::Receiver<Outgoing>,
) {
    let mut waiting = JoinSet::new();
    while let Some(outgoing) = outbox.recv().await {
        while waiting.try_join_next().is_some() {}
        let courier = Courier {
            shared: Arc::clone(&shared),
            client: client.clone(),
            outgoing,
        };
        let has_room = waiting.len() < WAITING;
        if !courier.outgoing.treatment.delay.is_zero() && has_room {
            waiting.spawn(async move {
                tokio::time::sleep(courier.outgoing.treatment.delay).await;
                if !courier.first_attempt().await {
                    courier.retry().await;
                }
            });
        } else if !courier.first_attempt().await && has_room {
            waiting.spawn(async move { courier.retry().await });
        }
    }
}

struct Courier {
    shared: Shared,
    client: reqwest::Client,
    outgoing: Outgoing,
}

impl Courier {
    /// Whether the message is done with.
    async fn first_attempt(&self) -> bool {
        let accepted = self.attempt(1).await;
        self.shared
            .pending
            .send_modify(|pending| *pending = pending.saturating_sub(1));
        match self.outgoing.delivery.provider {
            // One attempt, whatever the answer.
            Provider::CalCom => true,
            Provider::Calendly => {
                self.note(accepted);
                accepted
            }
        }
    }

    async fn retry(&self) {
        let (mut waited, mut pause) = (Duration::ZERO, FIRST_PAUSE);
        for attempt in 2.. {
            if waited + pause > PATIENCE {
                self.disable();
                return;
            }
            tokio::time::sleep(self.shared.clock.really(pause)).await;
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if !self.is_still_subscribed() {
                return;
            }
            let accepted = self.attempt(attempt).await;
            self.note(accepted);
            if accepted {
                return;
            }
        }
    }

    async fn attempt(&self, attempt: u32) -> bool {
        let Outgoing {
            url,
            secret,
            delivery,
            treatment,
            ..
        } = &self.outgoing;
        let now = self.shared.clock.now();
        let secret = treatment.secret(secret.as_deref());
        let signed_at = treatment.signed_at(now);
        let result = sender::send(&self.client, url, secret, delivery, signed_at).await;
        let accepted = result.as_ref().is_ok_and(sender::Answer::is_success);
        self.shared.world().log.record(LogEntry {
            at: now,
            provider: delivery.provider.name(),
            event: delivery.event.clone(),
            url: url.clone(),
            attempt,
            status: result.as_ref().ok().map(|answer| answer.status),
            error: result.as_ref().err().map(SendError::to_string),
            answer: result.map(|answer| answer.body).unwrap_or_default(),
        });
        accepted
    }

    /// Write down when retrying began, or that it is over.
    fn note(&self, accepted: bool) {
        let now = self.shared.clock.now();
        let mut world = self.shared.world();
        for hook in &mut world.calendly_hooks {
            if hook.uri == self.outgoing.hook {
                hook.retry_started_at = match hook.retry_started_at {
                    _ if accepted => None,
                    None => Some(now),
                    since => since,
                };
            }
        }
    }

    fn is_still_subscribed(&self) -> bool {
        let world = self.shared.world();
        world
            .calendly_hooks
            .iter()
            .any(|hook| hook.uri == self.outgoing.hook && !hook.disabled)
    }

    fn disable(&self) {
        let now = self.shared.clock.now();
        let mut world = self.shared.world();
        for hook in &mut world.calendly_hooks {
            if hook.uri == self.outgoing.hook {
                hook.disabled = true;
                hook.updated_at = now;
            }
        }
    }
}
