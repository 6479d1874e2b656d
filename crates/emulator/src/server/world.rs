//! Everything the emulator holds, behind one lock: both accounts, their webhooks, the faults, the log.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::sync::{mpsc, watch};

use super::calcom::Limiter;
use super::calls::CallLog;
use super::clock::Clock;
use super::dispatch::Outgoing;
use super::edition::CalComServer;
use super::hooks::{CalComHook, CalendlyHook, Subject};
use super::log::DeliveryLog;
use crate::api_faults::{ApiFailure, ApiPlan};
use crate::calcom::BookingUid;
use crate::ids::Ids;
use crate::json::Json;
use crate::{CalCom, Calendly, Delivery, DeliveryPlan, Provider, Story};

/// What every handler gets.
pub(super) type Shared = Arc<Inner>;

/// The lock, and what needs none.
#[derive(Debug)]
pub(super) struct Inner {
    world: Mutex<World>,
    pub(super) clock: Clock,
    pub(super) keys: Keys,
    outbox: mpsc::Sender<Outgoing>,
    /// Messages whose first attempt is still to come.
    pub(super) pending: watch::Sender<usize>,
    /// Rises with each change of what goes wrong with requests.
    pub(super) plans: watch::Sender<u64>,
    /// Rises with each request to Cal.com that begins or ends.
    pub(super) traffic: watch::Sender<u64>,
    /// True from the moment the emulator stops.
    pub(super) stop: watch::Sender<bool>,
}

/// The credentials the emulator accepts and signs with, all from the seed.
#[derive(Debug)]
pub(super) struct Keys {
    pub(super) calcom_api_key: String,
    pub(super) calendly_token: String,
    pub(super) webhook_signing_key: String,
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) story: Story,
    pub(super) calcom_hooks: Vec<CalComHook>,
    pub(super) calendly_hooks: Vec<CalendlyHook>,
    pub(super) plan: DeliveryPlan,
    pub(super) api_plan: ApiPlan,
    pub(super) server: CalComServer,
    pub(super) limiter: Limiter,
    pub(super) calls: CallLog,
    pub(super) log: DeliveryLog,
    pub(super) ids: Ids,
    rng: StdRng,
}

impl Inner {
    pub(super) fn new(
        seed: u64,
        calendly_base: String,
        server: CalComServer,
        clock: Clock,
        outbox: mpsc::Sender<Outgoing>,
    ) -> Self {
        // The server's own ids must not be the accounts' ids again, hence another seed.
        let mut ids = Ids::new(seed ^ 0x5e7e);
        let keys = Keys {
            calcom_api_key: format!("cal_live_{}", ids.hex(16)),
            calendly_token: format!("emulated.{}", ids.hex(32)),
            webhook_signing_key: ids.hex(32),
        };
        let story = Story::of(
            CalCom::new(seed),
            Calendly::with_base(seed, calendly_base),
            seed,
        );
        let world = World {
            story,
            calcom_hooks: Vec::new(),
            calendly_hooks: Vec::new(),
            plan: DeliveryPlan::default(),
            api_plan: ApiPlan::default(),
            server,
            limiter: Limiter::default(),
            calls: CallLog::default(),
            log: DeliveryLog::default(),
            ids,
            rng: StdRng::seed_from_u64(seed ^ 0xfa17),
        };
        Self {
            world: Mutex::new(world),
            clock,
            keys,
            outbox,
            pending: watch::Sender::new(0),
            plans: watch::Sender::new(0),
            traffic: watch::Sender::new(0),
            stop: watch::Sender::new(false),
        }
    }

    /// The world. Nobody leaves it half changed, so a lock poisoned by a panic is still good.
    pub(super) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Be another Cal.com server.
    pub(super) fn set_calcom_server(&self, server: CalComServer) {
        let mut world = self.world();
        world.server = server;
        world.limiter.clear();
    }

    /// Let other things go wrong with requests.
    pub(super) fn set_api_plan(&self, plan: ApiPlan) {
        self.world().api_plan = plan;
        self.plans.send_modify(|count| *count += 1);
    }

    /// Wait until the emulator stops.
    pub(super) async fn stopped(&self) {
        let mut stop = self.stop.subscribe();
        // The sender lives as long as `self` does.
        let _ = stop.wait_for(|stop| *stop).await;
    }

    /// Change something and tell the webhooks.
    pub(super) fn change<T, E>(
        &self,
        verb: impl FnOnce(&mut World, Timestamp) -> Result<(T, Vec<Delivery>), E>,
    ) -> Result<T, E> {
        let mut world = self.world();
        let (value, deliveries) = verb(&mut world, self.clock.now())?;
        self.publish(&mut world, deliveries);
        Ok(value)
    }

    /// Put each message into the outbox, once per webhook that wants it, with whatever goes wrong.
    pub(super) fn publish(&self, world: &mut World, deliveries: Vec<Delivery>) {
        let plan = world.plan;
        for delivery in plan.apply(&mut world.rng, deliveries) {
            for mut outgoing in world.addressed(&delivery, &self.keys) {
                outgoing.treatment = plan.treat(&mut world.rng);
                self.pending.send_modify(|pending| *pending += 1);
                if self.outbox.try_send(outgoing).is_err() {
                    self.pending
                        .send_modify(|pending| *pending = pending.saturating_sub(1));
                    tracing::warn!("Outbox is full: lost a {}", delivery.event);
                }
            }
        }
    }
}

impl World {
    fn addressed(&self, delivery: &Delivery, keys: &Keys) -> Vec<Outgoing> {
        match delivery.provider {
            Provider::CalCom => {
                let subject = self.subject(delivery);
                self.calcom_hooks
                    .iter()
                    .filter(|hook| hook.level.hears_of(&subject))
                    .filter_map(|hook| {
                        let delivery = hook.receives(delivery)?;
                        Some(Outgoing::new(
                            &hook.id,
                            &hook.subscriber_url,
                            hook.secret.clone(),
                            delivery,
                        ))
                    })
                    .collect()
            }
            Provider::Calendly => self
                .calendly_hooks
                .iter()
                .filter(|hook| hook.receives(delivery))
                .map(|hook| {
                    // A key of the subscription's own wins; otherwise the app's key signs.
                    let key = hook.signing_key.clone();
                    let key = key.unwrap_or_else(|| keys.webhook_signing_key.clone());
                    Outgoing::new(&hook.uri, &hook.url, Some(key), delivery.clone())
                })
                .collect(),
        }
    }

    /// What goes wrong with the next request.
    pub(super) fn next_failure(&mut self, method: &str, path: &str) -> Option<ApiFailure> {
        self.api_plan.next(method, path, &mut self.rng)
    }

    /// Which event type a message is about.
    fn subject(&self, delivery: &Delivery) -> Subject {
        let body: Json = serde_json::from_slice(&delivery.body).unwrap_or(Json::Null);
        let payload = body.get("payload").unwrap_or(&body);
        let uid = payload.get("uid").or_else(|| payload.get("bookingUid"));
        let Some(Json::Text(uid)) = uid else {
            return Subject::default();
        };
        let calcom = &self.story.calcom;
        let booking = calcom.find_booking(&BookingUid::new(uid.as_str()));
        booking.map_or_else(Subject::default, |booking| Subject {
            event_type: Some(booking.event_type_id),
            is_team: calcom.is_team_booking(&booking.uid),
        })
    }
}
