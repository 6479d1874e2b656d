//! The server seen from outside: its API, and what its webhooks send.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::calcom::NewBooking;
use crate::calendly::{InviteeUri, NewInvitee};
use crate::{ApiFailure, ApiFault, ApiPlan, Delivery, DeliveryPlan, Provider, sender};

mod calcom_api;
mod calcom_bookings;
mod calcom_document;
mod calcom_faults;
mod calcom_slots;
mod calcom_types;
mod calcom_versions;
mod calcom_webhooks;
mod calendly_api;

/// A receiver that remembers what it got and answers as told.
struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    requests: Vec<(HeaderMap, Bytes)>,
    refuse: bool,
}

impl Receiver {
    async fn start() -> Self {
        let state = Arc::new(Mutex::new(Received::default()));
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&state));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, state }
    }

    fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    fn refuse(&self, refuse: bool) {
        self.state.lock().unwrap().refuse = refuse;
    }

    fn bodies(&self) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state
            .requests
            .iter()
            .map(|(_, body)| serde_json::from_slice(body).unwrap())
            .collect()
    }

    /// Whether the request carries exactly the headers this secret gives.
    fn is_signed(&self, position: usize, provider: Provider, secret: &str) -> bool {
        let state = self.state.lock().unwrap();
        let (headers, body) = &state.requests[position];
        let delivery = Delivery {
            provider,
            event: String::new(),
            content_type: "application/json".to_owned(),
            body: body.to_vec(),
            created_at: now(),
        };
        delivery
            .signed_headers(Some(secret), now())
            .iter()
            .all(|(name, value)| headers.get(name).is_some_and(|given| given == value))
    }
}

async fn receive(
    State(state): State<Arc<Mutex<Received>>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let mut state = state.lock().unwrap();
    state.requests.push((headers, body));
    if state.refuse {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::OK
    }
}

fn now() -> Timestamp {
    "2026-11-21T09:00:00Z".parse().unwrap()
}

async fn start() -> Emulator {
    Emulator::start(EmulatorConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        seed: 1,
        clock: Clock::frozen_at(now()).faster(10_000_000),
        calcom: CalComServer::default(),
    })
    .await
    .unwrap()
}

/// An emulator, and the hands of its clock.
async fn start_with_clock() -> (Emulator, Arc<Mutex<Timestamp>>) {
    let hands = Arc::new(Mutex::new(now()));
    let seen = Arc::clone(&hands);
    let emulator = Emulator::start(EmulatorConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        seed: 1,
        clock: Clock::new(move || *seen.lock().unwrap()).faster(10_000_000),
        calcom: CalComServer::default(),
    })
    .await
    .unwrap();
    (emulator, hands)
}

async fn start_as(server: CalComServer) -> Emulator {
    let emulator = start().await;
    emulator.set_calcom_server(server);
    emulator
}

/// A caller with credentials for one of the providers.
#[derive(Clone)]
struct Api {
    client: reqwest::Client,
    base: String,
    token: Option<String>,
    version: Option<&'static str>,
}

/// An answer with its headers.
struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl Api {
    fn calcom(emulator: &Emulator) -> Self {
        Self::new(emulator.calcom_base_url(), emulator.calcom_api_key())
    }

    fn calendly(emulator: &Emulator) -> Self {
        Self::new(emulator.calendly_base_url(), emulator.calendly_token())
    }

    fn new(base: String, token: &str) -> Self {
        Self {
            client: sender::client().unwrap(),
            base,
            token: Some(token.to_owned()),
            version: Some("2024-08-13"),
        }
    }

    /// The same caller, who asks for another version.
    fn version(&self, version: impl Into<Option<&'static str>>) -> Self {
        Self {
            version: version.into(),
            ..self.clone()
        }
    }

    fn anonymous(mut self) -> Self {
        self.token = None;
        self
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let answer = self.ask(method, path, body).await;
        (answer.status, answer.body)
    }

    async fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let response = self.request(method, path, &body).send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let text = response.text().await.unwrap();
        Answer {
            status,
            headers,
            body: serde_json::from_str(&text).unwrap_or(Value::Null),
        }
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(version) = self.version {
            request = request.header("cal-api-version", version);
        }
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        request
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.call("POST", path, body).await
    }
}
