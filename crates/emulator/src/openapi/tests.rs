//! The checker itself, on a small document.

use serde_json::json;

use super::*;

/// The official document, where it is present.
pub(crate) fn official() -> Option<Document> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/contracts/calcom-v2.openapi.json");
    path.exists().then(|| Document::load(path).unwrap())
}

fn places(violations: &[Violation]) -> Vec<&str> {
    violations.iter().map(|one| one.at.as_str()).collect()
}

#[test]
fn a_wrong_answer_is_found_and_says_where() {
    let Some(document) = official() else {
        return crate::samples::say_unchecked(1);
    };
    let mut me = json!({"status": "success", "data": {
        "id": 1, "username": "greta-falk", "email": "greta@studio-falk.example", "name": "Greta Falk",
        "avatarUrl": null, "bio": null, "timeFormat": 12, "defaultScheduleId": null, "weekStart": "Monday",
        "timeZone": "Europe/Berlin", "organizationId": null,
    }});
    assert_eq!(document.check_answer("GET", "/v2/me", 200, &me), []);
    me["data"]["id"] = json!("one");
    let wrong = document.check_answer("GET", "/v2/me", 200, &me);
    assert_eq!(places(&wrong), ["body/data/id"]);
    let nowhere = document.check_answer("GET", "/v2/nowhere", 200, &me);
    assert_eq!(places(&nowhere), ["operation"]);
}

#[test]
fn a_wrong_request_is_found_and_says_where() {
    let Some(document) = official() else {
        return crate::samples::say_unchecked(1);
    };
    let headers = [
        ("Authorization", "Bearer key"),
        ("cal-api-version", "2024-09-04"),
    ];
    let query = "eventTypeId=1&start=2026-11-23&end=2026-11-24&timeZone=Europe%2FBerlin";
    let check =
        |query, headers: &[_]| document.check_request("GET", "/v2/slots", query, headers, None);
    assert_eq!(check(query, &headers), []);
    let wrong = check("eventTypeId=intro&start=2026-11-23&days=3", &headers[..1]);
    assert_eq!(
        places(&wrong),
        [
            "header/cal-api-version",
            "query/end",
            "query/eventTypeId",
            "query/days"
        ]
    );
    let body = json!({"eventTypeId": 1, "slotStart": "2026-11-23T09:00:00Z", "surprise": 1});
    let wrong = document.check_request("POST", "/v2/slots/reservations", "", &headers, Some(&body));
    assert_eq!(places(&wrong), ["body/surprise"]);
}

#[test]
fn a_comma_list_is_a_list_and_a_number_is_a_number() {
    let list = json!({"type": "array", "items": {"type": "number"}});
    assert_eq!(query::typed(&list, &["1,2", "3"]), json!([1, 2, 3]));
    assert_eq!(query::typed(&json!({"type": "string"}), &["7"]), json!("7"));
    assert_eq!(query::typed(&json!({"type": "number"}), &["x"]), json!("x"));
    assert_eq!(
        query::pairs("a=b%2Bc+d&list%5B%5D=1"),
        [
            ("a".to_owned(), "b+c d".to_owned()),
            ("list[]".to_owned(), "1".to_owned())
        ]
    );
}
