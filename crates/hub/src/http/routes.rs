//! Every path, as a table of contents. `/api/openapi.json` and `/api/docs`, which describe them, are in `docs`.

use axum::{
    handler::Handler,
    middleware,
    routing::{get, post},
};
use utoipa::OpenApi;
use utoipa_axum::{
    router::{OpenApiRouter, UtoipaMethodRouter, UtoipaMethodRouterExt},
    routes,
};

use super::{
    api::{
        audit_log, automatic_bookings, bookings, branches, calcom, connections, event_types,
        findings, host_matches, incidents, leads, ledger, nodes, provider_webhooks, quarantine,
        slots, sync_runs, users, webhook_events,
    },
    functions::{
        self, availability as cal_availability, bookings as cal_bookings,
        event_types as cal_event_types,
    },
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
        .routes(routes!(automatic_bookings::list))
        .routes(routes!(automatic_bookings::restart))
        // Slots.
        .routes(routes!(slots::availability))
        .routes(routes!(slots::list))
        // Bookings.
        .routes(routes!(bookings::list, bookings::book))
        .routes(routes!(
            bookings::get,
            bookings::reschedule,
            bookings::cancel
        ))
        .routes(routes!(bookings::intent))
        .routes(routes!(bookings::hold))
        .routes(routes!(bookings::get_hold, bookings::release_hold))
        .routes(routes!(bookings::confirm))
        .routes(routes!(bookings::decline))
        .routes(routes!(bookings::no_show))
        .routes(routes!(bookings::assign))
        .routes(routes!(bookings::store))
        .routes(routes!(bookings::push))
        .routes(routes!(bookings::begin_sync))
        .routes(routes!(ledger::get))
        .routes(routes!(findings::list))
        .routes(routes!(findings::accept))
        .routes(routes!(findings::dismiss))
        .routes(routes!(bookings::timeline))
        .routes(routes!(bookings::history))
        // Event types.
        .routes(routes!(event_types::list))
        .routes(routes!(event_types::begin_sync))
        .routes(routes!(event_types::get, event_types::change))
        .routes(routes!(sync_runs::list))
        .routes(routes!(sync_runs::get))
        // Connections.
        .routes(routes!(provider_webhooks::check))
        .routes(routes!(provider_webhooks::repair))
        .routes(routes!(provider_webhooks::rotate))
        // Branches.
        .routes(routes!(branches::list, branches::create))
        .routes(routes!(branches::get, branches::change, branches::delete))
        .routes(routes!(branches::list_offers, branches::map))
        .routes(routes!(branches::change_offer, branches::unmap))
        // Users, and which of a provider's hosts they are.
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change))
        .routes(routes!(host_matches::list))
        .routes(routes!(host_matches::confirm))
        .routes(routes!(host_matches::reject))
        // Cal.com, for monitors.
        .routes(routes!(calcom::health))
        .routes(routes!(calcom::sync_status))
        // Functions.
        .merge(for_browsers())
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

/// Functions, for pages of any site, with and without a slash at their ends.
fn for_browsers() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(preflighted(routes!(
            cal_availability::cal_availability,
            cal_availability::post_cal_availability
        )))
        .routes(preflighted(routes!(
            cal_availability::functions_cal_availability,
            cal_availability::post_functions_cal_availability
        )))
        .routes(preflighted(routes!(
            cal_event_types::cal_event_types,
            cal_event_types::post_cal_event_types
        )))
        .routes(preflighted(routes!(
            cal_event_types::functions_cal_event_types,
            cal_event_types::post_functions_cal_event_types
        )))
        .routes(preflighted(routes!(
            cal_bookings::cal_bookings,
            cal_bookings::post_cal_bookings
        )))
        .routes(preflighted(routes!(
            cal_bookings::functions_cal_bookings,
            cal_bookings::post_functions_cal_bookings
        )))
        // The same as people paste them.
        .merge(either(
            "/cal-availability/",
            cal_availability::cal_availability,
        ))
        .merge(either(
            "/functions/v1/cal-availability/",
            cal_availability::cal_availability,
        ))
        .merge(either(
            "/cal-event-types/",
            cal_event_types::cal_event_types,
        ))
        .merge(either(
            "/functions/v1/cal-event-types/",
            cal_event_types::cal_event_types,
        ))
        .merge(either("/cal-bookings/", cal_bookings::cal_bookings))
        .merge(either(
            "/functions/v1/cal-bookings/",
            cal_bookings::cal_bookings,
        ))
        .layer(middleware::from_fn(functions::answer_to_all))
}

/// A function with a slash at its end; it is not described.
fn either<H, T>(path: &str, handler: H) -> OpenApiRouter<App>
where
    H: Handler<T, App>,
    T: 'static,
{
    let methods = get(handler.clone())
        .post(handler)
        .options(functions::preflight);
    OpenApiRouter::default().route(path, methods)
}

/// Browsers may ask first.
fn preflighted(routes: UtoipaMethodRouter<App>) -> UtoipaMethodRouter<App> {
    routes.map(|methods| methods.options(functions::preflight))
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
