//! Spans of requests, jobs and calls to providers, sent to a collector that speaks OTLP over HTTP.
//!
//! Nothing waits for the collector: what does not fit into the queue is dropped.

use std::{borrow::Cow, time::Duration};

use axum::http::HeaderMap;
use opentelemetry::{
    Key, KeyValue,
    propagation::{Extractor, TextMapPropagator},
    trace::{SpanKind, TracerProvider},
};
use opentelemetry_otlp::{Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    propagation::TraceContextPropagator,
    runtime,
    trace::{
        Sampler, SdkTracerProvider, SpanData, SpanExporter,
        span_processor_with_async_runtime::BatchSpanProcessor,
    },
};
use tracing::{Level, Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetrySpanExt, SetParentError};
use tracing_subscriber::{Layer, filter::filter_fn, registry::LookupSpan};

use super::LogError;
use crate::{config::Traces, startup::RELEASE};

/// Below the address of a collector.
const PATH: &str = "/v1/traces";

/// The collector must take what it is sent within this.
const PATIENCE: Duration = Duration::from_secs(10);

/// At the end, the last spans may take so long.
const AT_THE_END: Duration = Duration::from_secs(3);

/// What sends spans, if anything does.
#[must_use = "the last spans are sent when it is finished"]
pub struct Sending(Option<SdkTracerProvider>);

impl Sending {
    /// Send what is left, for a moment at most.
    pub async fn finish(self) {
        let Some(provider) = self.0 else {
            return;
        };
        let last = tokio::task::spawn_blocking(move || provider.shutdown());
        match tokio::time::timeout(AT_THE_END, last).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::warn!(%error, "The last spans were not sent"),
            Ok(Err(_)) | Err(_) => tracing::warn!("The last spans were not sent in time"),
        }
    }
}

/// What hands spans on, if anybody wants them.
type Spans<S> = Option<Box<dyn Layer<S> + Send + Sync>>;

/// What takes part in logging so that spans are sent. Must be called where the runtime is.
pub(super) fn open<S>(traces: &Traces) -> Result<(Spans<S>, Sending), LogError>
where
    S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let Some(endpoint) = &traces.endpoint else {
        return Ok((None, Sending(None)));
    };
    let failed = |error: &dyn std::fmt::Display| LogError::Traces(error.to_string());
    let http = reqwest::Client::builder()
        .user_agent(format!("calbridge/{RELEASE}"))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(PATIENCE)
        .build()
        .map_err(|error| failed(&error))?;
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_http_client(http)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(PATIENCE)
        .with_endpoint(address(endpoint))
        .build()
        .map_err(|error| failed(&error))?;
    // The usual processor has a thread of its own, on which this HTTP client finds no runtime.
    let processor = BatchSpanProcessor::builder(InTheirWords(exporter), runtime::Tokio).build();
    let resource = Resource::builder()
        .with_service_name(traces.service.clone())
        .with_attribute(KeyValue::new("service.version", RELEASE))
        .build();
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(
            traces.sample,
        ))))
        .with_resource(resource)
        .with_span_processor(processor)
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("calbridge"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_context_activation(false)
        .with_filter(filter_fn(|metadata| {
            metadata.target().starts_with("calbridge") && *metadata.level() <= Level::INFO
        }));
    Ok((Some(layer.boxed()), Sending(Some(provider))))
}

/// Collectors are named with and without the path.
fn address(endpoint: &str) -> String {
    let endpoint = endpoint.trim_end_matches('/');
    if endpoint.ends_with(PATH) {
        endpoint.to_owned()
    } else {
        format!("{endpoint}{PATH}")
    }
}

/// A request is part of its caller's trace, if its headers say so (W3C Trace Context).
pub(crate) fn follow(span: &Span, headers: &HeaderMap) {
    if !headers.contains_key("traceparent") {
        return;
    }
    let context = TraceContextPropagator::new().extract(&Carrier(headers));
    match span.set_parent(context) {
        // Nobody wants spans.
        Ok(()) | Err(SetParentError::LayerNotFound) => {}
        Err(error) => tracing::debug!(%error, "A request is not part of its caller's trace"),
    }
}

struct Carrier<'a>(&'a HeaderMap);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(axum::http::HeaderName::as_str).collect()
    }
}

/// Log lines have short names for what OpenTelemetry's conventions call otherwise.
#[derive(Debug)]
struct InTheirWords<E>(E);

impl<E: SpanExporter> SpanExporter for InTheirWords<E> {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        batch.iter_mut().for_each(translate);
        self.0.export(batch).await
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

fn translate(span: &mut SpanData) {
    let (kind, name) = match &*span.name {
        "request" => (
            SpanKind::Server,
            joined(&span.attributes, "method", "route"),
        ),
        "provider_call" => (
            SpanKind::Client,
            joined(&span.attributes, "provider", "operation"),
        ),
        "job" => (SpanKind::Consumer, joined(&span.attributes, "job.kind", "")),
        _ => return,
    };
    span.span_kind = kind;
    span.name = Cow::Owned(name);
    for attribute in &mut span.attributes {
        let theirs = match attribute.key.as_str() {
            "method" => "http.request.method",
            "route" => "http.route",
            "status" => "http.response.status_code",
            "request_id" => "http.request.header.x-request-id",
            _ => continue,
        };
        attribute.key = Key::from_static_str(theirs);
    }
}

fn joined(attributes: &[KeyValue], first: &str, second: &str) -> String {
    let of = |name: &str| {
        attributes
            .iter()
            .find(|attribute| attribute.key.as_str() == name)
            .map(|attribute| attribute.value.to_string())
    };
    [of(first), of(second)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_found_with_and_without_the_path() {
        for named in [
            "http://127.0.0.1:4318",
            "http://127.0.0.1:4318/",
            "http://127.0.0.1:4318/v1/traces",
        ] {
            assert_eq!(address(named), "http://127.0.0.1:4318/v1/traces");
        }
    }
}
