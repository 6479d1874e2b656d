//! What the OpenAPI document says besides the paths.

use axum::http::Method;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self, Components, ContentBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
        Type,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{
    idempotency,
    problem::{AlternativeBody, ProblemBody},
};

/// The head of the document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Calbridge",
        description = "A self-hosted hub between scheduling and the people who work with the bookings.",
        contact(),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    components(schemas(ProblemBody<'static>, AlternativeBody)),
    tags(
        (name = "leads", description = "The people a tenant follows"),
        (name = "bookings", description = "Agreed meetings, each the same through all its reschedules"),
        (name = "event types", description = "What can be booked, as providers offer it and people change it"),
        (name = "connections", description = "Links to provider accounts, and their webhooks there"),
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
        components
            .parameters
            .insert("IdempotencyKey".to_owned(), RefOr::T(idempotency_key()));
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

/// What all operations have in common: each may be answered with a problem, and writes take an idempotency key.
pub(super) fn completed(mut document: openapi::OpenApi) -> openapi::OpenApi {
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::POST, &mut item.post),
            (Method::PATCH, &mut item.patch),
            (Method::PUT, &mut item.put),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in operations {
            let Some(operation) = operation else { continue };
            may_fail(operation);
            if idempotency::takes_key(&method, path) {
                let parameters = operation.parameters.get_or_insert_default();
                let key = Ref::new("#/components/parameters/IdempotencyKey");
                parameters.push(RefOr::Ref(key));
            }
        }
    }
    document
}

fn idempotency_key() -> Parameter {
    let text = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(idempotency::LONGEST_KEY));
    ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Your name of this request, visible ASCII. Sent again within a day with the same request, it gets the same \
             answer, with `Idempotency-Replayed: true`, and nothing is done twice; with another request it gets 422 \
             `idempotency_key_reused`, and while the first is under way 409 `request_in_progress`.",
        ))
        .schema(Some(text))
        .build()
}

fn may_fail(operation: &mut Operation) {
    let problem = RefOr::Ref(Ref::from_response_name("Problem"));
    operation
        .responses
        .responses
        .insert("default".to_owned(), problem);
}
