//! Routing forms: what was answered, and where that leads.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::payload::tracking;
use super::{Calendly, CalendlyError, InviteeUri};
use crate::Delivery;
use crate::json::{Json, object};
use crate::spelling::micros;

/// A filled-in routing form.
#[derive(Debug, Clone)]
pub struct RoutingSubmission {
    /// Questions and answers.
    pub answers: Vec<(String, String)>,
    /// Where it leads.
    pub result: RoutingResult,
    /// `utm_...` and `salesforce_uuid`.
    pub tracking: BTreeMap<String, String>,
    /// The booking that followed, if one did.
    pub submitter: Option<InviteeUri>,
}

/// Where a routing form leads.
#[derive(Debug, Clone)]
pub enum RoutingResult {
    /// To the event type with this slug.
    EventType(String),
    /// Elsewhere.
    ExternalUrl(String),
    /// To a message.
    CustomMessage {
        /// Its headline.
        headline: String,
        /// Its text.
        body: String,
    },
}

impl Calendly {
    /// Someone sent the routing form. Sends `routing_form_submission.created`; gives the submission's URI.
    pub fn submit_routing_form(
        &mut self,
        submission: &RoutingSubmission,
        now: Timestamp,
    ) -> Result<(String, Vec<Delivery>), CalendlyError> {
        let uri = self.new_uri("routing_form_submissions");
        let (kind, value) = match &submission.result {
            RoutingResult::EventType(slug) => {
                ("event_type", Json::from(&self.event_type(slug)?.uri))
            }
            RoutingResult::ExternalUrl(url) => ("external_url", url.into()),
            RoutingResult::CustomMessage { headline, body } => (
                "custom_message",
                object! { "headline": headline, "body": body },
            ),
        };
        let answers: Vec<Json> = submission
            .answers
            .iter()
            .map(|(question, answer)| {
                object! {
                    "question_uuid": self.ids.uuid(),
                    "question": question,
                    "answer": answer,
                }
            })
            .collect();
        let created_at = micros(self.just_before(now, 5_000..900_000));
        let payload = object! {
            "uri": &uri,
            "routing_form": &self.routing_form,
            "questions_and_answers": answers,
            "tracking": tracking(&submission.tracking),
            "result": object! { "type": kind, "value": value },
            "submitter": submission.submitter.as_ref().map(InviteeUri::as_str),
            "submitter_type": submission.submitter.as_ref().map(|_| "Invitee"),
            "created_at": &created_at,
            "updated_at": &created_at,
        };
        let delivery = self.envelope("routing_form_submission.created", payload, now);
        Ok((uri, vec![delivery]))
    }
}
