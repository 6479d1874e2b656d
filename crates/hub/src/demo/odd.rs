//! Bodies that no provider should send, and do come: each is stored with a reason, or refused.

use std::net::SocketAddr;

use super::Scene;

/// One odd body comes after so many steps.
const EVERY: u64 = 9;

/// Something odd to send.
struct Oddity {
    what: &'static str,
    path: String,
    content_type: &'static str,
    signature: Option<&'static str>,
    body: &'static str,
}

/// What was sent, and the answer.
pub(super) struct Answered {
    pub what: &'static str,
    pub status: u16,
}

/// Odd bodies, one after another.
pub(super) struct Oddities {
    client: reqwest::Client,
    hub: SocketAddr,
    all: Vec<Oddity>,
}

impl Oddities {
    pub(super) fn new(scene: &Scene, hub: SocketAddr) -> anyhow::Result<Self> {
        let shared = |what, content_type, body| Oddity {
            what,
            path: "/webhooks/calcom".to_owned(),
            content_type,
            signature: None,
            body,
        };
        let all = vec![
            Oddity {
                what: "a forged signature",
                path: scene.calcom.webhook_path(),
                content_type: "application/json",
                signature: Some("0000000000000000000000000000000000000000000000000000000000000000"),
                body: r#"{"triggerEvent":"BOOKING_CREATED","payload":{"uid":"forged"}}"#,
            },
            shared("the literal `false`", "application/json", "false"),
            shared(
                "a trigger of the future",
                "application/json",
                r#"{"triggerEvent":"BOOKING_TELEPORTED","payload":{"uid":"from-tomorrow"}}"#,
            ),
            shared(
                "half a body",
                "application/json",
                r#"{"triggerEvent":"BOOKING_CREATED","payload":{"uid":"#,
            ),
            shared(
                "a form",
                "application/x-www-form-urlencoded",
                "triggerEvent=PING&createdAt=2026-11-21T09%3A00%3A00Z",
            ),
            shared(
                "a reduced body of the documents",
                "application/json",
                r#"{"uid":"test-123","payload":{"responses":{"name":"Test User","email":"test@example.com"},"startTime":"2027-12-01T10:00:00Z","status":"ACCEPTED"}}"#,
            ),
        ];
        Ok(Self {
            client: calbridge_emulator::sender::client()?,
            hub: super::reachable(hub),
            all,
        })
    }

    /// Send the next one when its turn has come. Nobody answers while the demo ends.
    pub(super) async fn at_step(&mut self, step: u64) -> Option<Answered> {
        if !step.is_multiple_of(EVERY) {
            return None;
        }
        let turn = usize::try_from(step / EVERY - 1).ok()? % self.all.len();
        let oddity = self.all.get(turn)?;
        let mut request = self
            .client
            .post(format!("http://{}{}", self.hub, oddity.path))
            .header("Content-Type", oddity.content_type)
            .body(oddity.body);
        if let Some(signature) = oddity.signature {
            request = request.header("X-Cal-Signature-256", signature);
        }
        let answer = request.send().await.ok()?;
        Some(Answered {
            what: oddity.what,
            status: answer.status().as_u16(),
        })
    }
}
