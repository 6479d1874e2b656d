//! What somebody asked of the hub, and what they were told.

use axum::http::Method;
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use crate::{
    booking::{BOOKINGS, Desk, text},
    hub::Answer,
};

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    pub what: What,
    /// Its caller's own name of it.
    pub name: Option<String>,
    /// What was told, each time it was sent.
    pub told: Vec<Told>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub enum What {
    /// A booking that carries this mark.
    Book { mark: String, body: Json },
    /// To move a booking, named by a uid that it has or had.
    Move { uid: String, to: Timestamp },
    /// To call one off.
    Cancel { uid: String },
}

/// What somebody was told; the words of refusals are shown when a story fails.
#[expect(dead_code, reason = "shown")]
#[derive(Clone, Debug)]
pub enum Told {
    /// It is done.
    Done(Json),
    /// It is not known yet; here is where to look.
    Settling(String),
    /// It was not done, and will not be.
    NotDone(String),
    /// Ask again: nothing was promised.
    AskAgain(String),
    /// Nothing: who would have answered is gone.
    Nothing,
}

impl Told {
    fn of(answer: &Answer) -> Self {
        let code = || {
            answer.json()["code"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        match answer.status.as_u16() {
            200 | 201 => Self::Done(answer.json()),
            202 => Self::Settling(crate::booking::location(answer)),
            409 if code() == "request_in_progress" => Self::AskAgain(code()),
            409 | 422 => Self::NotDone(code()),
            502 | 503 => Self::AskAgain(code()),
            other => panic!("{other}: {}", text(answer)),
        }
    }
}

impl Call {
    pub fn new(what: What) -> Self {
        Self {
            what,
            name: None,
            told: Vec::new(),
        }
    }

    /// Send it.
    pub async fn send(&self, desk: &Desk) -> Told {
        let name = self.name.as_deref().map(|name| ("idempotency-key", name));
        let headers: Vec<_> = name.into_iter().collect();
        let (method, path, body) = match &self.what {
            What::Book { body, .. } => (Method::POST, BOOKINGS.to_owned(), body.clone()),
            What::Move { uid, to } => {
                let body = json!({"new_start_time": to});
                (Method::PATCH, format!("{BOOKINGS}/{uid}"), body)
            }
            What::Cancel { uid } => {
                let body = json!({"cancellation_reason": "ill"});
                (Method::DELETE, format!("{BOOKINGS}/{uid}"), body)
            }
        };
        Told::of(&desk.call_with(method, &path, &headers, &body).await)
    }
}
