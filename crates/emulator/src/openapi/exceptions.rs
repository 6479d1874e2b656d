//! Where the official document is known to be wrong or behind. The one place for that: each line has its reason and
//! the section of the Cal.com contract that supports it.

use serde_json::{Value, json};

use super::LoadError;

/// Operations the document lacks although they are there; nothing about them can be checked.
pub(super) const UNDOCUMENTED: [(&str, &str, &str); 2] = [
    (
        "POST",
        "/v2/bookings/{uid}/request-reschedule",
        "1.7.4: only in the newer docs",
    ),
    (
        "GET",
        "/v2/slots/available",
        "1.2: the document has no shapes of 2024-04-15",
    ),
];

/// Query parameters the document lacks: method, path, parameter.
pub(super) const PARAMETERS: [(&str, &str, &str); 4] = [
    // 1.7.3: the list of 2026-05-01 is newer than the document.
    ("GET", "/v2/bookings", "limit"),
    ("GET", "/v2/bookings", "cursor"),
    // 1.6: read in the source.
    ("GET", "/v2/slots", "rrHostSubsetIds"),
    // 1.10: the document flattens the pairs into two parameters.
    ("GET", "/v2/calendars/busy-times", "calendarsToLoad"),
];

/// Fields of request bodies the document lacks: method, path, field.
pub(super) const FIELDS: [(&str, &str, &str); 7] = [
    // 1.2: the version 2026-02-25 has three flags more.
    ("POST", "/v2/bookings", "allowConflicts"),
    ("POST", "/v2/bookings", "allowBookingOutOfBounds"),
    ("POST", "/v2/bookings", "skipBookingLimits"),
    // 1.7.4: what the docs have and the document does not.
    (
        "POST",
        "/v2/bookings/{bookingUid}/reschedule",
        "reschedulingReason",
    ),
    // 1.13: for the triggers that come some time after.
    ("POST", "/v2/webhooks", "time"),
    ("POST", "/v2/webhooks", "timeUnit"),
    ("PATCH", "/v2/webhooks/{webhookId}", "time"),
];

/// Replace a place of the document.
struct Correction {
    place: &'static str,
    value: Value,
}

/// Correct the document. Fails where it does not have what a correction is about: then the correction is out of date.
pub(super) fn apply(document: &mut Value) -> Result<(), LoadError> {
    for Correction { place, value } in corrections() {
        let target = document
            .pointer_mut(place)
            .ok_or_else(|| LoadError::NoSuchPlace(place.to_owned()))?;
        *target = value;
    }
    webhooks(document);
    event_types(document);
    bookings(document);
    Ok(())
}

fn corrections() -> Vec<Correction> {
    let correct = |place, value| Correction { place, value };
    let time = || json!({ "type": "string", "pattern": "^\\d{2}:\\d{2}$" });
    let days = || {
        let names = [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ];
        json!({ "type": "array", "items": { "type": "string", "enum": names } })
    };
    let slots = || {
        let slot = json!({
            "type": "object",
            "required": ["start"],
            "properties": {
                "start": { "type": "string" },
                "end": { "type": "string" },
                "seatsBooked": { "type": "integer" },
                "seatsRemaining": { "type": "integer" },
                "seatsTotal": { "type": "integer" },
                "bookingUid": { "type": "string" },
            },
        });
        json!({
            "type": "object",
            "required": ["status", "data"],
            "properties": {
                "status": { "type": "string" },
                "data": {
                    "type": "object",
                    "propertyNames": { "pattern": "^\\d{4}-\\d{2}-\\d{2}$" },
                    "additionalProperties": { "type": "array", "minItems": 1, "items": slot },
                },
            },
        })
    };
    let reservation = json!({
        "type": "object",
        "required": ["eventTypeId", "slotStart", "slotEnd", "slotDuration", "reservationUid", "reservationUntil"],
        "nullable": true,
    });
    let reassigned = json!({
        "type": "object",
        "required": ["bookingUid", "reassignedTo"],
        "properties": {
            "bookingUid": { "type": "string" },
            "reassignedTo": { "type": "object", "required": ["id", "name", "email"] },
        },
    });
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    vec![
        // A placeholder of the generator stands where the pattern should be.
        correct("/components/schemas/ScheduleAvailabilityInput_2024_06_11/properties/startTime", time()),
        correct("/components/schemas/ScheduleAvailabilityInput_2024_06_11/properties/endTime", time()),
        correct("/components/schemas/ScheduleOverrideInput_2024_06_11/properties/startTime", time()),
        correct("/components/schemas/ScheduleOverrideInput_2024_06_11/properties/endTime", time()),
        // The list of days itself must be one of the names.
        correct("/components/schemas/ScheduleAvailabilityInput_2024_06_11/properties/days", days()),
        // 1.6 and captured: the data without its envelope, and slots as texts; they are objects.
        correct("/paths/~1v2~1slots/get/responses/200/content/application~1json/schema", slots()),
        // Two schemas of one name each: the data refers to its own envelope.
        correct("/components/schemas/GetReservedSlotOutput_2024_09_04/properties/data", reservation),
        correct("/components/schemas/ReassignBookingOutput_2024_08_13/properties/data", reassigned),
        // Section 6: lists of memberships typed as one object.
        correct(
            "/components/schemas/GetTeamMembershipsOutput/properties/data",
            json!({ "type": "array", "items": schema("TeamMembershipOutput") }),
        ),
        correct(
            "/components/schemas/GetAllOrgMemberships/properties/data",
            json!({ "type": "array", "items": schema("OrganizationMembershipOutput") }),
        ),
        // 1.10, captured: an empty object when there is none.
        correct(
            "/components/schemas/ConnectedCalendarsData/properties/destinationCalendar",
            json!({ "anyOf": [schema("DestinationCalendar"), { "type": "object", "maxProperties": 0 }] }),
        ),
        // Texts and numbers in every answer, objects in the document.
        correct(
            "/components/schemas/BookingReferencesOutput_2024_08_13/properties/status",
            json!({ "type": "string" }),
        ),
        correct("/components/schemas/DestinationCalendar/properties/id", json!({ "type": "number" })),
        // 1.7.3: the list of 2026-05-01 has a cursor.
        correct(
            "/components/schemas/GetBookingsOutput_2024_08_13/properties/pagination",
            json!({ "anyOf": [schema("PaginationMetaDto"), {
                "type": "object",
                "required": ["nextCursor", "hasMore"],
                "properties": {
                    "nextCursor": { "type": "string", "nullable": true },
                    "hasMore": { "type": "boolean" },
                },
            }] }),
        ),
        // 1.7.2, captured: null once the event type is gone.
        correct(
            "/components/schemas/EventType",
            json!({ "type": "object", "nullable": true, "properties": {}, "required": ["id", "slug"] }),
        ),
        // 1.10: the pairs are bracketed.
        correct(
            "/paths/~1v2~1calendars~1busy-times/get/parameters",
            json!(["timeZone", "dateFrom", "dateTo"].map(|name| json!({
                "name": name, "in": "query", "required": name != "timeZone", "schema": { "type": "string" },
            }))),
        ),
    ]
}

/// Section 6 and 1.13: ids are UUIDs, not numbers; newer triggers and versions; empty templates and secrets are null.
fn webhooks(document: &mut Value) {
    for_each_schema(document, |name, schema| {
        let is_output = name.ends_with("WebhookOutputDto");
        if is_output || name.ends_with("WebhookInputDto") {
            let text = json!({ "type": "string" });
            set(
                schema,
                "triggers",
                json!({ "type": "array", "items": text }),
            );
            set(schema, "version", text);
            if is_output {
                let nullable = json!({ "type": "string", "nullable": true });
                set(schema, "id", json!({ "type": "string", "format": "uuid" }));
                set(schema, "payloadTemplate", nullable.clone());
                set(schema, "secret", nullable);
            }
        }
    });
}

/// 1.8, captured in `api_006` and `api_012`.
fn event_types(document: &mut Value) {
    for_each_schema(document, |name, schema| {
        if name.ends_with("FieldOutput_2024_06_14") {
            // True or false, not an object.
            set(schema, "isDefault", json!({ "type": "boolean" }));
            set(schema, "required", json!({ "type": "boolean" }));
            // Built-in fields come without a label and without a placeholder.
            if name.contains("Default") {
                not_required(schema, &["label", "placeholder"]);
            }
            // The built-in place of a meeting is of a type of its own, which its schema allows.
        }
        if name.ends_with("EventTypeOutput_2024_06_14") {
            let objects = json!({ "type": "array", "items": { "type": "object" } });
            // People, not texts.
            set(schema, "users", objects.clone());
            set(schema, "hosts", objects);
            // One object, not a list; each object setting is switched off as `{"disabled":true}`.
            for setting in [
                "bookingWindow",
                "seats",
                "confirmationPolicy",
                "bookerActiveBookingsLimit",
            ] {
                set(schema, setting, json!({ "type": "object" }));
            }
        }
        // Colors and pictures a team does not have are null.
        if name == "EventTypeTeam" {
            for field in [
                "bannerUrl",
                "logoUrl",
                "brandColor",
                "darkBrandColor",
                "theme",
            ] {
                set(schema, field, json!({ "type": "string", "nullable": true }));
            }
        }
    });
}

/// 1.5 and 1.7.2, captured in `api_066` and after.
fn bookings(document: &mut Value) {
    for_each_schema(document, |name, schema| {
        if name.contains("BookingOutput_2024_08_13") && has(schema, "icsUid") {
            for field in ["description", "rescheduledByEmail", "updatedAt"] {
                set(schema, field, json!({ "type": "string", "nullable": true }));
            }
            for field in ["rating", "eventTypeId"] {
                set(schema, field, json!({ "type": "number", "nullable": true }));
            }
            // Also `awaiting_host`.
            let statuses = [
                "accepted",
                "pending",
                "cancelled",
                "rejected",
                "awaiting_host",
            ];
            set(
                schema,
                "status",
                json!({ "type": "string", "enum": statuses }),
            );
        }
    });
}

fn for_each_schema(document: &mut Value, mut correct: impl FnMut(&str, &mut Value)) {
    let schemas = document.pointer_mut("/components/schemas");
    for (name, schema) in schemas.and_then(Value::as_object_mut).into_iter().flatten() {
        correct(name, schema);
    }
}

fn has(schema: &Value, property: &str) -> bool {
    schema
        .pointer("/properties")
        .is_some_and(|all| all.get(property).is_some())
}

/// Replace a property, if the schema has it.
fn set(schema: &mut Value, property: &str, value: Value) {
    let properties = schema.get_mut("properties");
    if let Some(known) = properties.and_then(|all| all.get_mut(property)) {
        *known = value;
    }
}

fn not_required(schema: &mut Value, names: &[&str]) {
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.retain(|name| name.as_str().is_none_or(|name| !names.contains(&name)));
    }
}
