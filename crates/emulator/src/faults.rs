//! What may go wrong between a provider and its receiver: losses, repetitions, another order, bad signatures.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::Delivery;

/// Probabilities from 0 (never, the default) to 1 (always).
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DeliveryPlan {
    /// A message is lost.
    pub drop: f64,
    /// A message arrives twice.
    pub duplicate: f64,
    /// The messages of one change arrive in another order.
    pub reorder: f64,
    /// A message arrives late, by `delay_millis`.
    pub delay: f64,
    /// How late.
    pub delay_millis: u64,
    /// A message is signed with a wrong secret.
    pub bad_signature: f64,
    /// A message is signed ten minutes in the past (Calendly only: Cal.com signs no time).
    pub stale_timestamp: f64,
}

/// How one message is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Treatment {
    /// Signed with a wrong secret.
    pub bad_signature: bool,
    /// Signed ten minutes in the past.
    pub stale_timestamp: bool,
    /// Sent so much later.
    pub delay: Duration,
}

impl DeliveryPlan {
    /// What becomes of the messages of one change: some lost, some twice, perhaps shuffled.
    pub fn apply(&self, rng: &mut impl Rng, deliveries: Vec<Delivery>) -> Vec<Delivery> {
        let mut arriving = Vec::with_capacity(deliveries.len());
        for delivery in deliveries {
            if happens(self.drop, rng) {
                continue;
            }
            if happens(self.duplicate, rng) {
                arriving.push(delivery.clone());
            }
            arriving.push(delivery);
        }
        if happens(self.reorder, rng) {
            if arriving.len() == 2 {
                // A pair in another order is a swapped pair; a shuffle would do nothing half of the time.
                arriving.swap(0, 1);
            } else {
                arriving.shuffle(rng);
            }
        }
        arriving
    }

    /// How the next message is sent.
    pub fn treat(&self, rng: &mut impl Rng) -> Treatment {
        Treatment {
            bad_signature: happens(self.bad_signature, rng),
            stale_timestamp: happens(self.stale_timestamp, rng),
            delay: if happens(self.delay, rng) {
                Duration::from_millis(self.delay_millis)
            } else {
                Duration::ZERO
            },
        }
    }
}

impl Treatment {
    /// The secret to sign with.
    pub fn secret<'a>(&self, secret: Option<&'a str>) -> Option<&'a str> {
        if self.bad_signature {
            Some("not-the-secret")
        } else {
            secret
        }
    }

    /// The time to sign.
    pub fn signed_at(&self, now: Timestamp) -> Timestamp {
        if self.stale_timestamp {
            now.checked_sub(SignedDuration::from_mins(10))
                .unwrap_or(now)
        } else {
            now
        }
    }
}

/// Always draws, so that the same seed repeats whatever the probabilities are.
fn happens(probability: f64, rng: &mut impl Rng) -> bool {
    rng.random::<f64>() < probability
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::CalCom;

    fn messages() -> Vec<Delivery> {
        let now = "2026-11-21T09:00:00Z".parse().unwrap();
        let mut calcom = CalCom::new(1);
        ["PING", "OOO_CREATED"]
            .map(|trigger| calcom.trigger(trigger, now).unwrap())
            .into()
    }

    #[test]
    fn without_faults_everything_arrives_as_it_left() {
        let mut rng = StdRng::seed_from_u64(1);
        assert_eq!(
            DeliveryPlan::default().apply(&mut rng, messages()),
            messages()
        );
        assert_eq!(
            DeliveryPlan::default().treat(&mut rng),
            Treatment::default()
        );
    }

    #[test]
    fn certain_faults_happen() {
        let mut rng = StdRng::seed_from_u64(1);
        let lost = DeliveryPlan {
            drop: 1.0,
            ..DeliveryPlan::default()
        };
        assert_eq!(lost.apply(&mut rng, messages()), []);
        let twice = DeliveryPlan {
            duplicate: 1.0,
            ..DeliveryPlan::default()
        };
        assert_eq!(twice.apply(&mut rng, messages()).len(), 4);
        let swapped = DeliveryPlan {
            reorder: 1.0,
            ..DeliveryPlan::default()
        };
        let events: Vec<_> = swapped
            .apply(&mut rng, messages())
            .into_iter()
            .map(|one| one.event)
            .collect();
        assert_eq!(events, ["OOO_CREATED", "PING"]);
        let forged = DeliveryPlan {
            bad_signature: 1.0,
            ..DeliveryPlan::default()
        };
        assert_eq!(
            forged.treat(&mut rng).secret(Some("right")),
            Some("not-the-secret")
        );
    }
}
