//! Event types, teams and organizations, also while they change.

use super::*;
use crate::calcom::{CustomField, EventType, FieldForm, Kind, Organization, Owner};

fn slugs(answer: &Value) -> Vec<&str> {
    let all = answer["data"].as_array().unwrap();
    all.iter()
        .map(|one| one["slug"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_owner_sees_hidden_event_types_and_others_do_not() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-06-14");
    let own = [
        "intro",
        "consultation",
        "group-class",
        "coaching",
        "paid-consult",
        "video-call",
    ];
    assert_eq!(slugs(&api.get("/event-types").await.1), own);
    emulator.edit_calcom(|calcom| {
        calcom
            .change_event_type(1, |intro| intro.settings.hidden = true)
            .unwrap();
    });
    assert_eq!(slugs(&api.get("/event-types").await.1), own);
    let named = "/event-types?username=greta-falk";
    assert_eq!(slugs(&api.get(named).await.1), own);
    assert_eq!(slugs(&api.clone().anonymous().get(named).await.1), own[1..]);
    let one = format!("{named}&eventSlug=coaching");
    assert_eq!(slugs(&api.get(&one).await.1), ["coaching"]);
    assert_eq!(api.clone().anonymous().get("/event-types/1").await.0, 401);
    assert_eq!(api.get("/event-types/99").await.0, 404);
    assert_eq!(api.get("/event-types/intro").await.0, 400);
}

#[tokio::test]
async fn event_types_are_added_changed_and_removed_while_the_server_runs() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-06-14");
    let control = Api::new(format!("http://{}/_emulator", emulator.address()), "");
    let wish = json!({
        "slug": "flexible", "title": "Flexible", "minutes": 30,
        "settings": {"lengths": [15, 30, 60], "hidden": true},
        "fields": [{"slug": "size", "label": "Size", "form": {"select": ["S", "L"]}, "required": true}],
    });
    let (status, added) = control.post("/calcom/event-types", wish).await;
    assert_eq!(status, 201, "{added}");
    let id = added["id"].as_i64().unwrap();
    let (_, shown) = api.get(&format!("/event-types/{id}")).await;
    assert_eq!(shown["data"]["lengthInMinutesOptions"], json!([15, 30, 60]));
    assert_eq!(shown["data"]["hidden"], true);
    let change = json!({"title": "Free choice", "settings": {"buffer_after": 10}});
    let path = format!("/calcom/event-types/{id}");
    assert_eq!(control.call("PATCH", &path, change).await.0, 200);
    let (_, shown) = api.get(&format!("/event-types/{id}")).await;
    assert_eq!(shown["data"]["title"], "Free choice");
    assert_eq!(shown["data"]["afterEventBuffer"], 10);
    assert_eq!(shown["data"]["lengthInMinutesOptions"], json!([15, 30, 60]));

    let mut wish = calcom_api::booking(id, "2026-11-24T09:00:00Z");
    wish["lengthInMinutes"] = json!(60);
    let bookings = api.version("2024-08-13");
    assert_eq!(bookings.post("/bookings", wish.clone()).await.0, 400);
    wish["bookingFieldsResponses"] = json!({"size": "L"});
    let (status, made) = bookings.post("/bookings", wish).await;
    assert_eq!((status, &made["data"]["duration"]), (201, &json!(60)));
    assert_eq!(control.call("DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(api.get(&format!("/event-types/{id}")).await.0, 404);
    let uid = made["data"]["uid"].as_str().unwrap();
    let (_, left) = bookings.get(&format!("/bookings/{uid}")).await;
    assert_eq!(left["data"]["eventTypeId"], Value::Null);
    let (status, _) = bookings
        .post(
            &format!("/bookings/{uid}/cancel"),
            json!({"cancellationReason": "Gone"}),
        )
        .await;
    assert_eq!(status, 200);
}

#[tokio::test]
async fn a_managed_event_type_is_booked_through_its_children_only() {
    let emulator = start().await;
    let api = Api::calcom(&emulator).version("2024-06-14");
    let (parent, children) = emulator.edit_calcom(|calcom| {
        let template = EventType {
            fields: vec![CustomField {
                slug: "topic".to_owned(),
                label: "Topic".to_owned(),
                form: FieldForm::Text,
                required: false,
            }],
            ..EventType::new("visit", "Visit", 20)
        };
        calcom.add_managed(10, &template)
    });
    let (_, team) = api.get("/teams/10/event-types").await;
    assert_eq!(slugs(&team), ["product-tour", "visit"]);
    assert_eq!(team["data"][1]["schedulingType"], "managed");
    let (_, child) = api.get(&format!("/event-types/{}", children[0])).await;
    assert_eq!(child["data"]["parentEventTypeId"], parent);
    assert_eq!(
        api.get(&format!("/event-types/{}", children[1])).await.0,
        403
    );
    let days = "start=2026-11-24&end=2026-11-24";
    let slots = api.version("2024-09-04");
    assert_eq!(
        slots
            .get(&format!("/slots?eventTypeId={parent}&{days}"))
            .await
            .0,
        400
    );
    let (status, free) = slots
        .get(&format!("/slots?eventTypeId={}&{days}", children[1]))
        .await;
    assert_eq!(
        (status, free["data"]["2026-11-24"].as_array().unwrap().len()),
        (200, 24)
    );
    let bookings = api.version("2024-08-13");
    let book = async |id| {
        let wish = calcom_api::booking(id, "2026-11-24T09:00:00Z");
        bookings.post("/bookings", wish).await
    };
    assert_eq!(book(parent).await.0, 400);
    let (status, made) = book(children[1]).await;
    assert_eq!(
        (status, &made["data"]["hosts"][0]["username"]),
        (201, &json!("anton-weiss"))
    );
}

#[tokio::test]
async fn an_organization_shows_its_teams_to_those_in_it() {
    let emulator = start().await;
    let api = Api::calcom(&emulator);
    assert_eq!(api.get("/organizations/100/teams").await.0, 403);
    emulator.edit_calcom(|calcom| {
        calcom.set_organization(Some(Organization {
            id: 100,
            name: "Falk & Friends".to_owned(),
            slug: "falk".to_owned(),
        }));
        calcom.add_event_type(EventType {
            kind: Kind::Collective,
            owner: Owner::Team {
                team: 10,
                hosts: vec![1, 2],
            },
            ..EventType::new("panel", "Panel", 30)
        });
    });
    assert_eq!(api.get("/me").await.1["data"]["organizationId"], 100);
    let (_, teams) = api.get("/organizations/100/teams").await;
    assert_eq!(teams["data"][0]["parentId"], 100);
    let (_, types) = api
        .get("/organizations/100/teams/event-types?sortCreatedAt=desc")
        .await;
    assert_eq!(slugs(&types), ["panel", "product-tour"]);
    assert_eq!(types["data"][0]["hosts"].as_array().unwrap().len(), 2);
    let (_, members) = api
        .get("/organizations/100/memberships?take=2&skip=1")
        .await;
    assert_eq!(members["data"][0]["user"]["username"], "anton-weiss");
    assert_eq!(
        api.get("/organizations/100/memberships?take=251").await.0,
        400
    );
    let (_, member) = api
        .get("/teams/10/memberships?emails=mio@studio-falk.example")
        .await;
    assert_eq!(member["data"][0]["role"], "MEMBER");
}
