//! Settings from the environment, under our own names and under those of the documents.

use std::collections::BTreeMap;

/// Variables and the setting each one makes. Of several for one setting, the first that is set counts.
pub const NAMES: &[(&str, &str)] = &[
    ("CALBRIDGE_LISTEN", "server.listen"),
    ("CALBRIDGE_PUBLIC_URL", "server.public_url"),
    ("CALBRIDGE_STOP_SECONDS", "server.stop_seconds"),
    ("CALBRIDGE_DATA_DIR", "data.dir"),
    ("CALBRIDGE_DATABASE_URL", "data.url"),
    ("CALBRIDGE_MAX_CONNECTIONS", "data.max_connections"),
    ("CALBRIDGE_KEYS", "data.keys"),
    ("CALBRIDGE_TRUSTED_NETWORK", "access.trusted_network"),
    ("CALBRIDGE_KEY_PER_MINUTE", "limits.key_per_minute"),
    ("CALBRIDGE_ADDRESS_PER_MINUTE", "limits.address_per_minute"),
    (
        "CALBRIDGE_FAILURES_PER_MINUTE",
        "limits.failures_per_minute",
    ),
    ("CALBRIDGE_TRUSTED_PROXIES", "limits.trusted_proxies"),
    ("CALBRIDGE_MAX_BODY_BYTES", "webhooks.max_body_bytes"),
    (
        "CALBRIDGE_SIGNATURE_TOLERANCE_SECONDS",
        "webhooks.signature_tolerance_seconds",
    ),
    ("CALBRIDGE_QUEUE", "webhooks.queue"),
    ("CALBRIDGE_WRITERS", "webhooks.writers"),
    ("CALBRIDGE_QUARANTINE_ROWS", "webhooks.quarantine_rows"),
    ("CALBRIDGE_QUARANTINE_BYTES", "webhooks.quarantine_bytes"),
    (
        "CALBRIDGE_COMPLETE_AFTER_END",
        "bookings.complete_after_end",
    ),
    ("CALBRIDGE_AUTOMATIC_BOOKING", "bookings.automatic"),
    ("CALBRIDGE_JOB_CONCURRENCY", "jobs.concurrency"),
    ("CALBRIDGE_JOB_LEASE_SECONDS", "jobs.lease_seconds"),
    ("CALBRIDGE_JOB_TAKEOVERS", "jobs.takeovers"),
    (
        "CALBRIDGE_SYNC_EVENT_TYPES_MINUTES",
        "sync.event_types_minutes",
    ),
    ("CALBRIDGE_SYNC_CANARY", "sync.canary"),
    ("CALBRIDGE_SYNC_BOOKINGS_MINUTES", "sync.bookings_minutes"),
    ("CALBRIDGE_SYNC_HISTORY", "sync.history"),
    ("CALBRIDGE_NODE_NAME", "node.name"),
    ("CALBRIDGE_MAX_OPEN", "server.max_open"),
    (
        "CALBRIDGE_COMPRESS_AFTER_DAYS",
        "retention.compress_after_days",
    ),
    ("CALBRIDGE_PURGE_AFTER_DAYS", "retention.purge_after_days"),
    ("CALBRIDGE_FAILED_JOBS_DAYS", "retention.failed_jobs_days"),
    (
        "CALBRIDGE_SETTLED_INTENTS_DAYS",
        "retention.settled_intents_days",
    ),
    ("CALBRIDGE_METRICS", "metrics.enabled"),
    ("CALBRIDGE_METRICS_LISTEN", "metrics.listen"),
    ("CALBRIDGE_TRACES_ENDPOINT", "traces.endpoint"),
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "traces.endpoint"),
    ("CALBRIDGE_TRACES_SAMPLE", "traces.sample"),
    ("CALBRIDGE_TRACES_SERVICE", "traces.service"),
    ("OTEL_SERVICE_NAME", "traces.service"),
    ("CALBRIDGE_LOG_FORMAT", "log.format"),
    ("CALBRIDGE_LOG", "log.filter"),
    ("CALBRIDGE_LOG_DIR", "log.dir"),
    ("CALBRIDGE_LOG_FILE_BYTES", "log.file_bytes"),
    ("CALBRIDGE_LOG_FILES", "log.files"),
    ("CALCOM_API_KEY", "calcom.api_key"),
    ("DEFAULT_CALCOM_API_KEY", "calcom.api_key"),
    ("CAL_COM_API_KEY", "calcom.api_key"),
    ("CALCOM_V2_API_URL", "calcom.api_url"),
    ("CALCOM_API_URL", "calcom.api_url"),
    ("CALCOM_WEBHOOK_SECRET", "calcom.webhook_secret"),
    ("CALCOM_EVENT_TYPE_ID", "calcom.event_type_id"),
    ("DEFAULT_CALCOM_TEAM_SLUG", "calcom.team_slug"),
    ("CALCOM_V2_ORGANIZATION_ID", "calcom.organization_id"),
    ("CALCOM_V2_RATE_LIMIT_ENABLED", "calcom.rate_limit_enabled"),
    (
        "CALCOM_V2_CIRCUIT_BREAKER_ENABLED",
        "calcom.circuit_breaker_enabled",
    ),
    ("CALCOM_V2_CACHE_ENABLED", "calcom.cache_enabled"),
];

/// The environment, read once.
#[derive(Clone, Debug, Default)]
pub struct Environment(BTreeMap<String, String>);

impl Environment {
    /// That of the process.
    pub fn of_process() -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that reads the environment"
        )]
        let variables = std::env::vars_os();
        Self(
            variables
                .filter_map(|(name, value)| {
                    Some((name.into_string().ok()?, value.into_string().ok()?))
                })
                .collect(),
        )
    }

    /// One made for the occasion.
    pub fn of<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        )
    }

    /// A variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The settings that the environment makes, and where its names contradict each other.
    pub(super) fn settings(&self) -> (Vec<(&'static str, String)>, Vec<String>) {
        let mut settings: Vec<(&'static str, String)> = Vec::new();
        let mut by: BTreeMap<&str, &str> = BTreeMap::new();
        let mut notes = Vec::new();
        for (name, key) in NAMES {
            let Some(value) = self.get(name) else {
                continue;
            };
            match settings.iter().find(|(known, _)| known == key) {
                None => {
                    settings.push((key, value.to_owned()));
                    by.insert(key, name);
                }
                Some((_, counts)) if counts != value => notes.push(format!(
                    "{name} and {} differ; {} counts",
                    by.get(key).copied().unwrap_or_default(),
                    by.get(key).copied().unwrap_or_default(),
                )),
                Some(_) => {}
            }
        }
        (settings, notes)
    }
}
