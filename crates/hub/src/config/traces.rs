//! Section `traces`.

use serde::{Deserialize, Serialize};

/// Where spans of requests, jobs and calls to providers go.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Traces {
    /// A collector that speaks OTLP over HTTP, such as `http://127.0.0.1:4318`. Without one, spans go nowhere.
    pub endpoint: Option<String>,
    /// The share of traces that begin here and are sent, from 0 to 1. Whoever hands us a trace has decided already.
    pub sample: f64,
    /// The name under which they are found.
    pub service: String,
}

impl Traces {
    /// An address that nothing can be sent to, or a share that is none.
    pub(super) fn check(&self) -> Result<(), String> {
        if !(0.0..=1.0).contains(&self.sample) {
            return Err("traces.sample is a share: use a number from 0 to 1".to_owned());
        }
        let Some(endpoint) = &self.endpoint else {
            return Ok(());
        };
        match reqwest::Url::parse(endpoint) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
            _ => Err(format!(
                "traces.endpoint `{endpoint}` is no address of a collector; use one such as http://127.0.0.1:4318"
            )),
        }
    }
}

impl Default for Traces {
    fn default() -> Self {
        Self {
            endpoint: None,
            sample: 1.0,
            service: "calbridge".to_owned(),
        }
    }
}
