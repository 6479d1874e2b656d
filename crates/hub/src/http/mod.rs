//! The HTTP front doors: parse, call one use case, render.

pub(crate) mod api;
mod auth;
pub(crate) mod body;
mod docs;
mod extract;
mod functions;
mod health;
mod hooks;
mod idempotency;
mod limits;
mod openapi;
mod problem;
mod request;
mod routes;
#[cfg(test)]
mod tests;

use axum::{
    Router,
    http::{Method, Uri},
    middleware,
};
use tower_http::catch_panic::CatchPanicLayer;

pub use self::problem::{Code, Problem};
use crate::app::App;

/// Everything that is answered over HTTP.
pub fn router(app: App) -> Router {
    router_with(app, Router::new())
}

/// The same with more paths beside it, under the same stack.
pub fn router_with(app: App, more: Router<App>) -> Router {
    let following = middleware::from_fn_with_state(app.clone(), request::follow);
    let admitted = middleware::from_fn_with_state(app.clone(), limits::admit);
    let once = middleware::from_fn_with_state(app.clone(), idempotency::once);
    let limited = routes::limited().route_layer(once).route_layer(admitted);
    let (router, document) = routes::open().merge(limited).split_for_parts();
    router
        .merge(docs::routes(openapi::completed(document)))
        .merge(more)
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(CatchPanicLayer::custom(request::panicked))
        .layer(following)
        .with_state(app)
}

/// The description of everything that is answered.
pub fn openapi() -> utoipa::openapi::OpenApi {
    openapi::completed(routes::open().merge(routes::limited()).into_openapi())
}

async fn no_such_path(uri: Uri) -> Problem {
    // Only what is surely not a secret is repeated.
    let under_api = uri.path().starts_with("/api/v1/");
    Problem::not_found(if under_api {
        "there is no such path; /api/docs lists them"
    } else {
        "there is no such path"
    })
}

async fn no_such_method(method: Method) -> Problem {
    Problem::new(
        Code::MethodNotAllowed,
        format!("{method} is not possible here; the header `Allow` says what is"),
    )
}
