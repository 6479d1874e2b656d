//! What the OpenAPI document says besides the paths.

use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Components, ContentBuilder, Ref, RefOr, Response, ResponseBuilder,
        path::Operation,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::problem::ProblemBody;

/// The head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Calbridge",
        description = "A self-hosted hub between scheduling and the people who work with the bookings.",
        contact(),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody<'static>)),
    tags(
        (name = "leads", description = "The people a tenant follows"),
        (name = "bookings", description = "Agreed meetings, each the same through all its reschedules"),
        (name = "event types", description = "What can be booked, as providers offer it and people change it"),
        (name = "branches", description = "Places where meetings are held, and what each one offers"),
        (name = "users", description = "The people of the tenant, and which of a provider's hosts they are"),
        (name = "webhook events", description = "What providers told us, and what became of it"),
        (name = "administration", description = "Who did what, and what was not let in"),
        (name = "webhooks", description = "Where providers send their events"),
        (name = "functions", description = "For pages in browsers: GET or POST, from any site"),
        (name = "health", description = "For whoever keeps the process running"),
    ),
    security(("bearer" = []), ("api_key" = [])),
    modifiers(&Credentials),
)]
pub(super) struct ApiDoc;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme(
            "bearer",
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some("An API key, `cb_...`"))
                    .build(),
            ),
        );
        components.add_security_scheme(
            "api_key",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                "X-Api-Key",
                "An API key, `cb_...`",
            ))),
        );
        components
            .responses
            .insert("Problem".to_owned(), RefOr::T(problem()));
    }
}

fn problem() -> Response {
    ResponseBuilder::new()
        .description("A problem; `code` says which")
        .content(
            "application/problem+json",
            ContentBuilder::new()
                .schema(Some(Ref::from_schema_name("Problem")))
                .build(),
        )
        .build()
}

/// Every operation may be answered with a problem.
pub(super) fn with_problems(mut document: openapi::OpenApi) -> openapi::OpenApi {
    for item in document.paths.paths.values_mut() {
        let operations = [
            &mut item.get,
            &mut item.post,
            &mut item.patch,
            &mut item.delete,
        ];
        for operation in operations.into_iter().flatten() {
            may_fail(operation);
        }
    }
    document
}

fn may_fail(operation: &mut Operation) {
    let problem = RefOr::Ref(Ref::from_response_name("Problem"));
    operation
        .responses
        .responses
        .insert("default".to_owned(), problem);
}
