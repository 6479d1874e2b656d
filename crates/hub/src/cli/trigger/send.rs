//! Sending the events of a story, and printing what came back.

use calbridge_emulator::{
    Delivery, DeliveryPlan,
    faults::Treatment,
    sender::{self, Answer, SendError},
};
use rand::rngs::StdRng;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};

use crate::cli::{context::Context, output::printable};

/// Longer answers are cut where people read them.
const READABLE: usize = 200;

/// How events are sent.
pub(super) struct Sending<'a> {
    pub context: &'a Context,
    /// Where to; nowhere in a dry run.
    pub url: Option<&'a str>,
    pub secret: Option<&'a SecretString>,
    pub plan: DeliveryPlan,
}

/// What came of it.
#[derive(Default)]
pub(super) struct Tally {
    composed: usize,
    sent: usize,
    accepted: usize,
}

impl Tally {
    pub(super) fn all_is_well(&self) -> bool {
        self.accepted == self.sent
    }
}

/// A URL that can be sent to.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    match url.parse::<axum::http::Uri>() {
        Ok(uri) if matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() => {
            Ok(())
        }
        _ => Err(format!(
            "`{url}` is not a URL such as http://127.0.0.1:8000/webhooks/calcom"
        )),
    }
}

impl Sending<'_> {
    /// Send what remains of a story after the faults.
    pub(super) async fn send(
        &self,
        events: Vec<Delivery>,
        rng: &mut StdRng,
        tally: &mut Tally,
    ) -> anyhow::Result<()> {
        tally.composed += events.len();
        let client = sender::client()?;
        for event in self.plan.apply(rng, events) {
            let treatment = self.plan.treat(rng);
            let now = self.context.clock.now();
            let signed_at = treatment.signed_at(now);
            let secret = treatment.secret(self.secret.map(ExposeSecret::expose_secret));
            tally.sent += 1;
            let Some(url) = self.url else {
                tally.accepted += 1;
                self.show(&event, &event.signed_headers(secret, signed_at))?;
                continue;
            };
            let answer = sender::send(&client, url, secret, &event, signed_at).await;
            tally.accepted += usize::from(answer.as_ref().is_ok_and(Answer::is_success));
            self.tell(&event, treatment, &answer)?;
            // Nobody there: the others would fail alike.
            if let Err(error @ SendError::Unreachable(_)) = answer {
                return Err(anyhow::Error::new(error).context(format!(
                    "nothing was delivered to {url}; is the server running there?"
                )));
            }
        }
        Ok(())
    }

    /// The last line, for people.
    pub(super) fn report(&self, tally: &Tally, seed: u64) -> anyhow::Result<()> {
        if self.context.out.is_json() || self.url.is_none() {
            return Ok(());
        }
        self.context.out.line(format!(
            "{} composed, {} sent, {} accepted; --seed {seed} repeats it",
            tally.composed, tally.sent, tally.accepted
        ))
    }

    fn show(&self, event: &Delivery, headers: &[(String, String)]) -> anyhow::Result<()> {
        let body = String::from_utf8_lossy(&event.body);
        if self.context.out.is_json() {
            let headers: Map<String, Value> = headers
                .iter()
                .map(|(name, value)| (name.clone(), json!(value)))
                .collect();
            return self.context.out.json_line(&json!({
                "provider": event.provider.name(),
                "event": event.event,
                "headers": headers,
                "body": body,
            }));
        }
        for (name, value) in headers {
            self.context.out.line(format!("{name}: {value}"))?;
        }
        self.context.out.line(format!("\n{body}\n"))
    }

    fn tell(
        &self,
        event: &Delivery,
        treatment: Treatment,
        answer: &Result<Answer, SendError>,
    ) -> anyhow::Result<()> {
        let (status, body) = match answer {
            Ok(answer) => (Some(answer.status), answer.body.clone()),
            Err(error) => (None, error.to_string()),
        };
        if self.context.out.is_json() {
            let body: Value = serde_json::from_str(&body).unwrap_or(Value::String(body));
            return self.context.out.json_line(&json!({
                "provider": event.provider.name(),
                "event": event.event,
                "bad_signature": treatment.bad_signature,
                "stale_timestamp": treatment.stale_timestamp,
                "status": status,
                "answer": body,
            }));
        }
        let status = status.map_or_else(|| "---".to_owned(), |status| status.to_string());
        let readable: String = printable(&body).chars().take(READABLE).collect();
        self.context
            .out
            .line(format!("{status}  {:30} {readable}", event.event))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_can_be_sent_to() {
        assert!(check_url("http://127.0.0.1:8000/hooks/abc").is_ok());
        assert!(check_url("https://hub.example/webhooks/calcom").is_ok());
        for wrong in [
            "localhost:8000",
            "/hooks/abc",
            "ftp://hub.example/",
            "http://",
            "",
        ] {
            assert!(check_url(wrong).is_err(), "{wrong}");
        }
    }
}
