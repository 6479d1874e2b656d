//! What may go wrong when Cal.com is asked something.

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

/// What goes wrong from now on; the first fault that fits a request and happens is the one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ApiPlan {
    /// All faults.
    pub faults: Vec<ApiFault>,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiFault {
    /// Which requests: a method or `*`, and a path below `/v2` in which `*` or a name in braces stands for one part and
    /// `**` at the end for all that follow: `POST /bookings`, `GET /bookings/{uid}`, `GET /teams/*/bookings`, `* /**`.
    pub operation: String,
    /// What happens.
    pub failure: ApiFailure,
    /// So often; always, when not given.
    #[serde(default)]
    pub times: Option<u32>,
    /// From 0 (never) to 1 (always, the default).
    #[serde(default = "always")]
    pub probability: f64,
}

/// What happens to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiFailure {
    /// Nothing is done, and the answer has this status, in the form the provider uses for it: the envelope, the bare form
    /// (500, and 409 of a booking), or a page of HTML (502, 503, 504).
    Status(u16),
    /// Nothing is done: too many requests, come back in so many seconds.
    TooMany {
        /// How many.
        reset_seconds: u32,
    },
    /// Everything is done, so many milliseconds later.
    Slow {
        /// How many.
        millis: u64,
    },
    /// Nothing is done before the plan is changed; then everything is.
    Held,
    /// Everything is done; the answer breaks off in the middle.
    CutMidway,
    /// Everything is done; the answer never comes.
    NoAnswer,
    /// Everything is done; the answer has this status.
    DoneButRefused(u16),
    /// `POST /bookings` does nothing and answers 201 with somebody else's booking of the same slot.
    StrangersBooking,
}

impl ApiFault {
    /// A fault that happens each time.
    pub fn new(operation: impl Into<String>, failure: ApiFailure) -> Self {
        Self {
            operation: operation.into(),
            failure,
            times: None,
            probability: 1.0,
        }
    }

    /// A fault that happens the next time only.
    pub fn once(operation: impl Into<String>, failure: ApiFailure) -> Self {
        Self {
            times: Some(1),
            ..Self::new(operation, failure)
        }
    }

    fn fits(&self, method: &str, path: &str) -> bool {
        let Some((its_method, its_path)) = self.operation.split_once(' ') else {
            return false;
        };
        (its_method == "*" || its_method == method) && path_fits(its_path, path)
    }
}

impl ApiPlan {
    /// A plan of these faults.
    pub fn of(faults: impl IntoIterator<Item = ApiFault>) -> Self {
        Self {
            faults: faults.into_iter().collect(),
        }
    }

    /// What happens to the next request; it counts as having happened.
    pub(crate) fn next(
        &mut self,
        method: &str,
        path: &str,
        rng: &mut impl Rng,
    ) -> Option<ApiFailure> {
        let fault = self.faults.iter_mut().find(|fault| {
            fault.fits(method, path)
                && fault.times != Some(0)
                && rng.random::<f64>() < fault.probability
        })?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        Some(fault.failure)
    }
}

fn path_fits(pattern: &str, path: &str) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match (wanted, parts.next()) {
            ("**", _) => return true,
            (wanted, Some(_)) if wanted == "*" || wanted.starts_with('{') => {}
            (wanted, Some(part)) if wanted == part => {}
            _ => return false,
        }
    }
    parts.next().is_none()
}

fn always() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn a_pattern_names_one_path_or_many() {
        let fits = |pattern, path| path_fits(pattern, path);
        assert!(fits("/bookings", "/bookings"));
        assert!(!fits("/bookings", "/bookings/abc"));
        assert!(fits("/bookings/*/cancel", "/bookings/abc/cancel"));
        assert!(fits("/bookings/{uid}", "/bookings/abc"));
        assert!(!fits("/bookings/*", "/bookings/abc/cancel"));
        assert!(fits("/**", "/me"));
        assert!(fits("/bookings/**", "/bookings/abc/cancel"));
    }

    #[test]
    fn a_fault_happens_as_often_as_planned() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut plan = ApiPlan::of([
            ApiFault::once("POST /bookings", ApiFailure::NoAnswer),
            ApiFault::new("* /**", ApiFailure::Status(500)),
        ]);
        let mut next = |method, path| plan.next(method, path, &mut rng);
        assert_eq!(next("POST", "/bookings"), Some(ApiFailure::NoAnswer));
        assert_eq!(next("POST", "/bookings"), Some(ApiFailure::Status(500)));
        assert_eq!(next("GET", "/me"), Some(ApiFailure::Status(500)));
    }
}
