//! How much each caller of the API may ask. Deliveries of providers and health are not limited: a provider that is
//! turned away may never come back.
//!
//! A key that worked lately has a bucket of its own, wherever it is used. Everybody else shares the bucket of their
//! address, so that invented keys bring nothing, and refused credentials have a smaller one beside it. All of it is in
//! the memory of this process: several nodes allow as many times as much.

mod buckets;

use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use jiff::Timestamp;

use self::buckets::{Buckets, Mark};
use crate::config;

/// What was used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Limit {
    /// What a key may ask.
    Key,
    /// What an address may ask without a key that works.
    Address,
    /// How often an address may show something that is no key.
    Failures,
}

impl Limit {
    /// Every limit.
    pub const ALL: [Self; 3] = [Self::Key, Self::Address, Self::Failures];

    /// The word for metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Address => "address",
            Self::Failures => "failures",
        }
    }
}

/// A caller who has to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refused {
    /// What was used up.
    pub limit: Limit,
    /// When there is room for one more.
    pub retry_after: Duration,
}

/// Who calls, as far as limits are concerned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Caller {
    key: Option<Mark>,
    /// `None` for calls that came over no network.
    address: Option<Mark>,
}

/// The buckets of all callers.
pub struct Limits {
    keys: Buckets,
    addresses: Buckets,
    failures: Buckets,
    marks: RandomState,
}

impl Limits {
    /// All buckets full.
    pub fn new(config: &config::Limits) -> Self {
        Self {
            keys: Buckets::of(config.key_per_minute),
            addresses: Buckets::of(config.address_per_minute),
            failures: Buckets::of(config.failures_per_minute),
            marks: RandomState::new(),
        }
    }

    /// A caller by the key that was shown and the address it came from.
    pub fn caller(&self, key: Option<&str>, address: Option<IpAddr>) -> Caller {
        Caller {
            key: key.map(|key| self.marks.hash_one(key)),
            address: address.map(|address| self.marks.hash_one(neighborhood(address))),
        }
    }

    /// Let a caller in, or say when to come back.
    pub fn admit(&self, caller: Caller, now: Timestamp) -> Result<(), Refused> {
        let refused = |limit| move |retry_after| Refused { limit, retry_after };
        if let Some(taken) = caller.key.and_then(|key| self.keys.take_known(key, now)) {
            return taken.map_err(refused(Limit::Key));
        }
        let Some(address) = caller.address else {
            return Ok(());
        };
        if caller.key.is_some() {
            self.failures
                .look(address, now)
                .map_err(refused(Limit::Failures))?;
        }
        self.addresses
            .take(address, now)
            .map_err(refused(Limit::Address))
    }

    /// The key that the caller showed works: from now on its own bucket counts.
    pub fn worked(&self, caller: Caller, now: Timestamp) {
        if let Some(key) = caller.key {
            self.keys.know(key, now);
        }
    }

    /// What the caller showed is no key.
    pub fn failed(&self, caller: Caller, now: Timestamp) {
        if let Some(key) = caller.key {
            self.keys.forget(key);
        }
        if let Some(address) = caller.address {
            // Refused is whoever comes next.
            let _used_up = self.failures.take(address, now);
        }
    }
}

/// Of IPv6 the network, within which anybody has as many addresses as they like.
fn neighborhood(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    const ANN: &str = "192.0.2.1";
    const BOB: &str = "192.0.2.2";

    fn limits() -> Limits {
        Limits::new(&config::Limits {
            key_per_minute: 40,
            address_per_minute: 20,
            failures_per_minute: 8,
            ..config::Limits::default()
        })
    }

    fn now() -> Timestamp {
        "2026-03-01T12:00:00Z".parse().unwrap()
    }

    fn ip(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    /// How many calls in a row are let in, and why the next is not.
    fn calls(limits: &Limits, caller: Caller, now: Timestamp) -> (usize, Limit) {
        for count in 0..1000 {
            if let Err(refused) = limits.admit(caller, now) {
                return (count, refused.limit);
            }
        }
        panic!("nobody was refused");
    }

    #[test]
    fn a_key_that_works_has_a_bucket_of_its_own_wherever_it_is_used() {
        let limits = limits();
        limits.worked(limits.caller(Some("good"), Some(ip(ANN))), now());
        let elsewhere = limits.caller(Some("good"), Some(ip(BOB)));
        assert_eq!(calls(&limits, elsewhere, now()), (10, Limit::Key));
        let there = limits.caller(Some("good"), Some(ip(ANN)));
        assert_eq!(calls(&limits, there, now()), (0, Limit::Key));
        // Its address has not asked anything yet.
        let guest = limits.caller(None, Some(ip(ANN)));
        assert_eq!(calls(&limits, guest, now()), (5, Limit::Address));
    }

    #[test]
    fn invented_keys_share_the_bucket_of_their_address() {
        let limits = limits();
        for name in ["one", "two", "three", "four", "five"] {
            let caller = limits.caller(Some(name), Some(ip(ANN)));
            assert_eq!(limits.admit(caller, now()), Ok(()));
        }
        let another = limits.caller(Some("six"), Some(ip(ANN)));
        assert_eq!(calls(&limits, another, now()), (0, Limit::Address));
        let bob = limits.caller(Some("six"), Some(ip(BOB)));
        assert_eq!(limits.admit(bob, now()), Ok(()));
    }

    #[test]
    fn failures_close_an_address_for_strangers_only() {
        let limits = limits();
        let stranger = limits.caller(Some("wrong"), Some(ip(ANN)));
        limits.failed(stranger, now());
        limits.failed(stranger, now());
        let refused = limits.admit(stranger, now()).unwrap_err();
        assert_eq!(refused.limit, Limit::Failures);
        assert_eq!(refused.retry_after, Duration::from_millis(7500));
        let known = limits.caller(Some("good"), Some(ip(ANN)));
        limits.worked(known, now());
        assert_eq!(limits.admit(known, now()), Ok(()));
        let later = now() + SignedDuration::from_millis(7500);
        assert_eq!(limits.admit(stranger, later), Ok(()));
    }

    #[test]
    fn a_key_that_stops_working_loses_its_bucket() {
        let limits = limits();
        let caller = limits.caller(Some("revoked"), Some(ip(ANN)));
        limits.worked(caller, now());
        limits.failed(caller, now());
        assert_eq!(calls(&limits, caller, now()).1, Limit::Address);
    }

    #[test]
    fn the_addresses_of_one_network_are_one_caller() {
        let limits = limits();
        let one = limits.caller(None, Some(ip("2001:db8:1:2::1")));
        assert_eq!(one, limits.caller(None, Some(ip("2001:db8:1:2:ffff::9"))));
        assert_ne!(one, limits.caller(None, Some(ip("2001:db8:1:3::1"))));
        let mapped = limits.caller(None, Some(ip("::ffff:192.0.2.1")));
        assert_eq!(mapped, limits.caller(None, Some(ip(ANN))));
    }

    #[test]
    fn nothing_is_limited_where_the_settings_say_zero() {
        let none = config::Limits {
            key_per_minute: 0,
            address_per_minute: 0,
            failures_per_minute: 0,
            ..config::Limits::default()
        };
        let limits = Limits::new(&none);
        let caller = limits.caller(Some("wrong"), Some(ip(ANN)));
        for _ in 0..10_000 {
            limits.failed(caller, now());
            assert_eq!(limits.admit(caller, now()), Ok(()));
        }
    }
}
