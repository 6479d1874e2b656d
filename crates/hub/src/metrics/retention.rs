//! What is counted when raw bodies are compressed and deleted.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

/// Retention.
pub struct Retention {
    bodies: Family<Done, Counter>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug, EncodeLabelSet)]
struct Done {
    what: &'static str,
}

/// What was done with a body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Body {
    /// It takes less room.
    Compressed,
    /// It is gone.
    Purged,
}

impl Body {
    fn as_str(self) -> &'static str {
        match self {
            Self::Compressed => "compressed",
            Self::Purged => "purged",
        }
    }
}

impl Retention {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let bodies: Family<Done, Counter> = Family::default();
        for what in [Body::Compressed, Body::Purged].map(Body::as_str) {
            drop(bodies.get_or_create(&Done { what }));
        }
        registry.register(
            "retention_bodies",
            "Raw bodies that were compressed or deleted because of their age",
            bodies.clone(),
        );
        Self { bodies }
    }

    /// So many bodies.
    pub fn bodies(&self, done: Body, count: u64) {
        let what = done.as_str();
        self.bodies.get_or_create(&Done { what }).inc_by(count);
    }
}
