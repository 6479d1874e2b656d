//! Booking out: what callers are told, what the provider has, and what we have, agree.

mod automatic;
mod book;
mod change;
mod commands;
mod doubt;
mod holds;
mod host;
mod joins;
mod phone;
mod stored;
mod story;
mod two_callers;

use axum::{
    Router,
    body::Body,
    http::{Method, Request},
};
use calbridge_core::{ids::TenantId, provider::Provider};
use calbridge_emulator::calcom::{Booking, Status};
use calbridge_store::Store;
use serde_json::{Value as Json, json};

use crate::{
    hub::{Answer, Place},
    provider::WithProvider,
};

const BOOKINGS: &str = "/api/v1/bookings";
/// A Monday, at ten in Berlin.
const TEN: &str = "2026-01-12T09:00:00Z";

/// A hub that books at an emulated Cal.com, with a lead.
struct Desk {
    with: WithProvider,
    place: Place,
    lead: i64,
}

impl Desk {
    async fn open(store: Store) -> Self {
        let with = WithProvider::start(store).await;
        let place = with.place().await;
        let mut desk = Self {
            with,
            place,
            lead: 0,
        };
        desk.lead = desk.new_lead("ann@example.org").await;
        desk
    }

    async fn new_lead(&self, email: &str) -> i64 {
        let body = json!({"name": "Ann Example", "email": email, "phone": null});
        let answer = self.call(Method::POST, "/api/v1/leads", &body).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        answer.json()["id"].as_i64().unwrap()
    }

    async fn call(&self, method: Method, path: &str, body: &Json) -> Answer {
        self.call_with(method, path, &[], body).await
    }

    async fn call_with(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Json,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        self.with.hub.send(request).await
    }

    /// What is sent to book the lead at a time.
    fn wish(&self, start: &str) -> Json {
        json!({"lead_id": self.lead, "start_time": start})
    }

    async fn book(&self, body: &Json) -> Answer {
        self.call(Method::POST, BOOKINGS, body).await
    }

    /// Book, which works.
    async fn booked(&self, body: &Json) -> Json {
        let answer = self.book(body).await;
        assert_eq!(answer.status, 201, "{}", text(&answer));
        answer.json()
    }

    /// What the provider has, those called off included.
    fn theirs(&self) -> Vec<Booking> {
        let with = &self.with.provider;
        with.look(|calcom, _| calcom.bookings().cloned().collect())
    }

    /// What takes place at the provider.
    fn standing(&self) -> Vec<Booking> {
        let mut all = self.theirs();
        all.retain(|booking| booking.status == Status::Accepted);
        all
    }

    async fn lead_status(&self) -> String {
        let path = format!("/api/v1/leads/{}", self.lead);
        let lead = self.with.hub.get(&path).await.json();
        lead["status"].as_str().unwrap().to_owned()
    }

    async fn activities(&self) -> Vec<String> {
        let path = format!("/api/v1/leads/{}/timeline", self.lead);
        let page = self.with.hub.get(&path).await.json();
        let entries = page["data"].as_array().unwrap();
        entries
            .iter()
            .map(|entry| entry["type"].as_str().unwrap().to_owned())
            .collect()
    }

    /// What an intent has become.
    async fn became(&self, location: &str) -> Json {
        let answer = self.with.hub.get(location).await;
        assert_eq!(answer.status, 200, "{}", text(&answer));
        answer.json()
    }

    /// From now on the provider's webhooks reach the hub.
    async fn subscribe(&self) {
        self.subscribe_with(self.with.hub.router()).await;
    }

    /// The same through a router that may lead elsewhere later.
    async fn subscribe_with(&self, router: Router) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let hook = json!({
            "active": true,
            "subscriberUrl": format!("http://{address}{}", self.place.calcom.webhook_path()),
            "triggers": ["BOOKING_CREATED", "BOOKING_RESCHEDULED", "BOOKING_CANCELLED"],
            "secret": self.place.secret_of(&self.place.calcom),
        });
        let provider = &self.with.provider;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = http
            .post(format!("{}/webhooks", provider.calcom_base_url()))
            .bearer_auth(provider.calcom_api_key())
            .json(&hook)
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 201);
    }

    /// Do what is due, at one time after the other.
    async fn settle(&self, times: &[&str]) {
        for time in times {
            self.with.hub.set_clock(time);
            self.with.hub.run_jobs().await;
        }
    }
}

fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

fn location(answer: &Answer) -> String {
    answer.headers["location"].to_str().unwrap().to_owned()
}

fn code(answer: &Answer) -> (u16, String) {
    let code = answer.json()["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    (answer.status.as_u16(), code)
}

/// A tenant other than the first, with a connection to the same provider.
async fn stranger(desk: &Desk) -> TenantId {
    let place = desk.with.hub.new_place().await;
    assert_eq!(place.calcom.provider, Provider::CalCom);
    place.scope.tenant_id()
}
