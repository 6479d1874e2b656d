//! Every path, as a table of contents. `/api/openapi.json` and `/api/docs`, which describe them, are in `docs`.

use axum::{handler::Handler, routing::post};
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt},
    routes,
};

use super::{
    api::{audit_log, bookings, connections, incidents, leads, nodes, quarantine, webhook_events},
    health, hooks,
    openapi::ApiDoc,
};
use crate::app::App;

/// The paths that everybody may call as often as they like, with their descriptions.
pub(super) fn open() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(ApiDoc::openapi())
        // Health.
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        // The way in.
        .routes(posted(routes!(hooks::hook)))
        .routes(posted(routes!(hooks::webhooks_calcom)))
        .routes(posted(routes!(hooks::api_webhooks_calcom)))
        .routes(posted(routes!(hooks::api_webhooks_calendly)))
        .routes(posted(routes!(hooks::functions_cal_webhook)))
        .routes(posted(routes!(hooks::cal_webhook)))
        // The same as people paste them.
        .merge(slashed("/hooks/{token}/", hooks::hook))
        .merge(slashed("/webhooks/calcom/", hooks::webhooks_calcom))
        .merge(slashed("/api/webhooks/calcom/", hooks::api_webhooks_calcom))
        .merge(slashed(
            "/api/webhooks/calendly/",
            hooks::api_webhooks_calendly,
        ))
        .merge(slashed(
            "/functions/v1/cal-webhook/",
            hooks::functions_cal_webhook,
        ))
        .merge(slashed("/cal-webhook/", hooks::cal_webhook))
}

/// The paths where each caller has its limits, with their descriptions.
pub(super) fn limited() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        // Leads.
        .routes(routes!(leads::list, leads::create))
        .routes(routes!(leads::get, leads::change))
        .routes(routes!(leads::timeline))
        .routes(routes!(leads::bookings))
        // Bookings.
        .routes(routes!(bookings::list))
        .routes(routes!(bookings::get))
        .routes(routes!(bookings::timeline))
        .routes(routes!(bookings::history))
        // Webhook events.
        .routes(routes!(webhook_events::list))
        .routes(routes!(webhook_events::replay_range))
        .routes(routes!(webhook_events::get))
        .routes(routes!(webhook_events::replay))
        // Administration.
        .routes(routes!(connections::list))
        .routes(routes!(connections::get, connections::change))
        .routes(routes!(quarantine::list))
        .routes(routes!(audit_log::list))
        .routes(routes!(nodes::list))
        .routes(routes!(incidents::list))
        .routes(routes!(incidents::resolve))
}

/// A webhook URL answers other methods with an explanation.
fn posted(routes: UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    routes.map(|methods| methods.fallback(hooks::only_post))
}

/// A webhook URL with a slash at its end; it is not described.
fn slashed<H, T>(path: &str, handler: H) -> OpenApiRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    OpenApiRouter::default().route(path, post(handler).fallback(hooks::only_post))
}
