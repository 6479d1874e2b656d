//! The OpenAPI document, and a page that shows it. Everything comes from the binary.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::Config;

use super::problem::Problem;
use crate::app::App;

/// The page's files.
type Files = Arc<Config<'static>>;

/// `/api/openapi.json` and `/api/docs`.
pub(super) fn routes(document: OpenApi) -> axum::Router<App> {
    // Without the validator of a stranger, whom it would tell about us.
    let files: Files = Arc::new(
        Config::new(["/api/openapi.json"])
            .validator_url("none")
            .try_it_out_enabled(true)
            .persist_authorization(false),
    );
    let document = Arc::new(document);
    axum::Router::new()
        .route(
            "/api/openapi.json",
            get(move || async move { Json(document) }),
        )
        .merge(
            axum::Router::new()
                .route("/api/docs", get(page))
                .route("/api/docs/", get(page))
                .route("/api/docs/{*file}", get(file))
                .with_state(files),
        )
}

async fn page(State(files): State<Files>) -> Result<Response, Problem> {
    serve(&files, "index.html")
}

async fn file(State(files): State<Files>, Path(path): Path<String>) -> Result<Response, Problem> {
    serve(&files, &path)
}

fn serve(files: &Files, path: &str) -> Result<Response, Problem> {
    let found = utoipa_swagger_ui::serve(path, Arc::clone(files)).map_err(|error| {
        tracing::error!(%error, "The docs page cannot be served");
        Problem::internal()
    })?;
    let Some(file) = found else {
        return Err(Problem::not_found("there is no such file"));
    };
    let mut bytes = file.bytes.into_owned();
    if path == "index.html" {
        // The page is the same with and without a slash at its end.
        let page = String::from_utf8_lossy(&bytes);
        bytes = page
            .replacen("<head>", "<head>\n    <base href=\"/api/docs/\" />", 1)
            .into_bytes();
    }
    let mut response = ([(header::CONTENT_TYPE, file.content_type)], bytes).into_response();
    if file.gzpipped {
        response.headers_mut().insert(
            header::CONTENT_ENCODING,
            axum::http::HeaderValue::from_static("gzip"),
        );
    }
    Ok(response)
}
