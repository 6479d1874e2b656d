//! What the OpenAPI document says besides the paths.

use utoipa::OpenApi;

/// The head of the document.
#[derive(OpenApi)]
#[openapi(info(
    title = "Calbridge",
    description = "A self-hosted hub between scheduling and the people who work with the bookings.",
    contact(),
))]
pub(super) struct ApiDoc;
