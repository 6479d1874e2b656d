//! Every answer against the official OpenAPI document, and every question too.

use std::collections::BTreeSet;

use super::*;
use crate::calcom::{BusyBlock, CustomField, EventType, FieldForm, Organization};
use crate::openapi::Document;
use crate::openapi::tests::official;

/// Asks, and compares what is asked and what comes with the document.
struct Checked {
    api: Api,
    document: Option<Document>,
    wrong: Vec<String>,
    answers: usize,
}

impl Checked {
    async fn ask(&mut self, method: &str, path: &str, body: Value) -> Value {
        let version = match path.split('/').nth(1).unwrap_or_default() {
            path if path.starts_with("slots") => "2024-09-04",
            path if path.starts_with("event-types") => "2024-06-14",
            path if path.starts_with("schedules") => "2024-06-11",
            _ => "2024-08-13",
        };
        self.ask_as(version, method, path, body).await
    }

    async fn ask_as(
        &mut self,
        version: &'static str,
        method: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let given = Some(&body).filter(|body| !body.is_null()).cloned();
        let (status, answer) = self.api.version(version).call(method, path, body).await;
        self.answers += 1;
        let Some(document) = &self.document else {
            return answer;
        };
        let (bare, query) = path.split_once('?').unwrap_or((path, ""));
        let full = format!("/v2{bare}");
        let headers = [
            ("Authorization", "Bearer key"),
            ("cal-api-version", version),
        ];
        let mut found = document.check_answer(method, &full, status, &answer);
        if status < 400 {
            found.extend(document.check_request(method, &full, query, &headers, given.as_ref()));
        }
        let found = found.into_iter();
        self.wrong
            .extend(found.map(|one| format!("{method} {path} ({status}) {one}")));
        answer
    }

    async fn get(&mut self, path: &str) -> Value {
        self.ask("GET", path, Value::Null).await
    }

    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.ask("POST", path, body).await
    }
}

fn uid(answer: &Value) -> String {
    answer["data"]["uid"].as_str().unwrap().to_owned()
}

fn furnish(emulator: &Emulator) {
    emulator.edit_calcom(|calcom| {
        calcom.set_organization(Some(Organization {
            id: 100,
            name: "Falk & Friends".to_owned(),
            slug: "falk".to_owned(),
        }));
        calcom.add_managed(10, &EventType::new("visit", "Visit", 20));
        let field = |slug: &str, form| CustomField {
            slug: slug.to_owned(),
            label: slug.to_owned(),
            form,
            required: false,
        };
        let options = || vec!["S".to_owned(), "L".to_owned()];
        let mut flexible = EventType::new("flexible", "Flexible", 30);
        flexible.settings.lengths = vec![15, 30, 60];
        flexible.settings.slot_interval = Some(15);
        flexible.settings.most_per_day = Some(4);
        flexible.settings.window = Some(crate::calcom::BookingWindow::CalendarDays(30));
        flexible.fields = vec![
            field("a", FieldForm::Textarea),
            field("b", FieldForm::Number),
            field("c", FieldForm::Boolean),
            field("d", FieldForm::Phone),
            field("e", FieldForm::Url),
            field("f", FieldForm::Select(options())),
            field("g", FieldForm::Multiselect(options())),
            field("h", FieldForm::Radio(options())),
            field("i", FieldForm::Checkbox(options())),
        ];
        calcom.add_event_type(flexible);
        calcom
            .add_busy(BusyBlock {
                host: 1,
                start: "2026-11-25T13:00:00Z".parse().unwrap(),
                end: "2026-11-25T14:00:00Z".parse().unwrap(),
            })
            .unwrap();
    });
}

async fn read_everything(checked: &mut Checked) {
    for path in [
        "/me",
        "/event-types",
        "/event-types?username=anton-weiss&eventSlug=visit",
        "/event-types/1",
        "/event-types/5",
        "/event-types/99",
        "/teams",
        "/teams/10",
        "/teams/77",
        "/teams/10/memberships?take=2",
        "/teams/10/event-types?hostsLimit=1",
        "/teams/10/event-types/5",
        "/organizations/100/teams",
        "/organizations/100/teams/event-types",
        "/organizations/100/memberships",
        "/slots?eventTypeId=1&start=2026-11-23&end=2026-11-24&timeZone=Europe/Berlin",
        "/slots?eventTypeId=3&start=2026-11-23&end=2026-11-24&format=range",
        "/slots?eventTypeId=1&start=2026-11-24&end=2026-11-23",
        "/slots?eventTypeId=1",
        "/schedules",
        "/schedules/default",
        "/schedules/1",
        "/calendars",
        "/calendars/busy-times?timeZone=UTC&dateFrom=2026-11-25&dateTo=2026-11-25\
         &calendarsToLoad[0][credentialId]=1&calendarsToLoad[0][externalId]=greta@studio-falk.example",
    ] {
        checked.get(path).await;
    }
}

async fn book_everything(checked: &mut Checked) {
    let plain = calcom_api::booking(1, "2026-11-24T09:00:00Z");
    let made = checked.post("/bookings", plain).await;
    let seat = checked
        .post("/bookings", calcom_api::booking(3, "2026-11-24T13:00:00Z"))
        .await;
    checked
        .post("/bookings", calcom_api::booking(4, "2026-11-26T13:00:00Z"))
        .await;
    let path = format!("/bookings/{}", uid(&made));
    checked.get(&path).await;
    checked.get(&format!("/bookings/{}", uid(&seat))).await;
    let seat = seat["data"]["seatUid"].as_str().unwrap().to_owned();
    checked.get(&format!("/bookings/by-seat/{seat}")).await;
    checked.get("/bookings/nobody").await;
    let guests = json!({"guests": [{"email": "lea@mailbox.example"}]});
    checked.post(&format!("{path}/guests"), guests).await;
    let attendee = json!({"name": "Bo", "email": "bo@mailbox.example", "timeZone": "Europe/Oslo"});
    let added = checked.post(&format!("{path}/attendees"), attendee).await;
    checked.get(&format!("{path}/attendees")).await;
    checked
        .get(&format!("{path}/attendees/{}", added["data"]["id"]))
        .await;
    checked.get(&format!("{path}/references")).await;
    let place = json!({"location": {"type": "address", "address": "Hafenstr. 1, Hamburg"}});
    checked
        .ask("PATCH", &format!("{path}/location"), place)
        .await;
    checked.post(&format!("{path}/reassign"), Value::Null).await;
    let tour = calcom_api::booking(5, "2026-11-25T09:00:00Z");
    let tour = uid(&checked.post("/bookings", tour).await);
    let reason = json!({"reason": "Ill"});
    checked
        .post(&format!("/bookings/{tour}/reassign/2"), reason)
        .await;
    let wish = json!({"start": "2026-11-27T09:00:00Z", "reschedulingReason": "Strike"});
    let moved = checked.post(&format!("{path}/reschedule"), wish).await;
    let reason = json!({"cancellationReason": "Ill"});
    checked
        .post(&format!("/bookings/{}/cancel", uid(&moved)), reason)
        .await;
    for (hour, answer, body) in [
        (9, "confirm", Value::Null),
        (10, "decline", json!({"reason": "Full"})),
    ] {
        let wish = calcom_api::booking(2, &format!("2026-11-30T{hour:02}:00:00Z"));
        let asked = uid(&checked.post("/bookings", wish).await);
        checked
            .post(&format!("/bookings/{asked}/{answer}"), body)
            .await;
    }
    checked
        .post(&format!("/bookings/{tour}/request-reschedule"), json!({}))
        .await;
    checked
        .get("/bookings?status=upcoming,cancelled&take=5&sortStart=asc")
        .await;
    checked
        .ask_as(
            "2026-05-01",
            "GET",
            "/bookings?status=upcoming&limit=2",
            Value::Null,
        )
        .await;
    checked.get("/teams/10/bookings").await;
    checked.get("/organizations/100/bookings?userIds=1").await;
}

async fn hold_and_subscribe(checked: &mut Checked) {
    let hold =
        json!({"eventTypeId": 1, "slotStart": "2026-12-01T09:00:00Z", "reservationDuration": 9});
    let kept = checked.post("/slots/reservations", hold.clone()).await;
    let reservation = kept["data"]["reservationUid"].as_str().unwrap().to_owned();
    let path = format!("/slots/reservations/{reservation}");
    checked.post("/slots/reservations", hold.clone()).await;
    checked.get(&path).await;
    checked.ask("PATCH", &path, hold).await;
    checked.ask("DELETE", &path, Value::Null).await;
    checked.get(&path).await;
    let hours =
        json!({"availability": [{"days": ["Monday"], "startTime": "09:00", "endTime": "12:00"}]});
    checked.ask("PATCH", "/schedules/1", hours).await;
    for level in [
        "/webhooks",
        "/event-types/1/webhooks",
        "/teams/10/event-types/5/webhooks",
        "/organizations/100/webhooks",
    ] {
        let hook = json!({"active": true, "subscriberUrl": "http://127.0.0.1:9/", "triggers": ["BOOKING_CREATED"]});
        let made = checked.post(level, hook.clone()).await;
        checked.post(level, hook).await;
        checked.get(&format!("{level}?take=5")).await;
        let path = format!("{level}/{}", made["data"]["id"].as_str().unwrap());
        checked.get(&path).await;
        checked.ask("PATCH", &path, json!({"active": false})).await;
        checked.ask("DELETE", &path, Value::Null).await;
        if level.contains("event-types") {
            checked.ask("DELETE", level, Value::Null).await;
        }
    }
}

#[tokio::test]
async fn every_answer_is_what_the_official_document_says() {
    let (emulator, hands) = start_with_clock().await;
    emulator.set_calcom_server(CalComServer::default().generous());
    furnish(&emulator);
    let mut checked = Checked {
        api: Api::calcom(&emulator),
        document: official(),
        wrong: Vec::new(),
        answers: 0,
    };
    read_everything(&mut checked).await;
    book_everything(&mut checked).await;
    hold_and_subscribe(&mut checked).await;
    let lesson = emulator.look(|calcom, _| {
        let started = calcom.bookings().find(|one| one.event_type == "coaching");
        started.unwrap().uid.clone()
    });
    *hands.lock().unwrap() = "2026-11-26T15:00:00Z".parse().unwrap();
    let absent = json!({"attendees": [{"email": "tomas@mailbox.example", "absent": true}]});
    let path = format!("/bookings/{lesson}/mark-absent");
    checked.post(&path, absent).await;

    if checked.document.is_none() {
        crate::samples::say_unchecked(checked.answers);
    }
    assert_eq!(checked.wrong, Vec::<String>::new());
    let succeeded: BTreeSet<_> = emulator
        .calls()
        .into_iter()
        .filter(|call| call.status.is_some_and(|status| status < 300))
        .map(|call| call.operation)
        .collect();
    let failed: Vec<_> = emulator
        .operations()
        .into_keys()
        .filter(|operation| !succeeded.contains(operation))
        .collect();
    assert_eq!(failed, Vec::<String>::new());
    // All there are, but for the old slots, which the document does not have.
    assert_eq!(succeeded.len(), 64);
}
