//! Routing forms: submissions, with and without a booking, and the fallback.

use jiff::Timestamp;

use crate::Delivery;
use crate::calcom::CalCom;
use crate::calcom::payload::TEAM;
use crate::json::{Json, object};
use crate::spelling::millis;

/// One answer in a routing form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The field's identifier.
    pub field: String,
    /// The answer's text.
    pub value: String,
    /// The id of the chosen option, for fields that offer options.
    pub option: Option<String>,
}

impl CalCom {
    /// Someone sent the routing form. Sends `FORM_SUBMITTED`, with every answer also at the root.
    pub fn form_submitted(&mut self, answers: &[Answer], now: Timestamp) -> Vec<Delivery> {
        let payload = form_payload(answers);
        vec![submission("FORM_SUBMITTED", answers, payload, now)]
    }

    /// Someone sent the routing form and did not book. Sends `FORM_SUBMITTED_NO_EVENT`.
    pub fn form_submitted_no_event(&mut self, answers: &[Answer], now: Timestamp) -> Vec<Delivery> {
        let redirect =
            object! { "type": "eventTypeRedirectUrl", "value": "team/studio-falk/product-tour" };
        let response_id = self.next_row_id();
        let payload = form_payload(answers)
            .with("redirect", redirect)
            .with("responseId", response_id);
        vec![submission("FORM_SUBMITTED_NO_EVENT", answers, payload, now)]
    }

    /// No route matched. Sends `ROUTING_FORM_FALLBACK_HIT`; its payload is not documented, this is a guess.
    pub fn routing_form_fallback_hit(
        &mut self,
        answers: &[Answer],
        now: Timestamp,
    ) -> Vec<Delivery> {
        let response_id = self.next_row_id();
        let payload = form_payload(answers).with("responseId", response_id);
        vec![Delivery::calcom("ROUTING_FORM_FALLBACK_HIT", payload, now)]
    }
}

fn form_payload(answers: &[Answer]) -> Json {
    let responses = Json::entries(answers.iter().map(|answer| {
        let response = match &answer.option {
            Some(id) => object! { "label": &answer.value, "id": id },
            None => Json::from(&answer.value),
        };
        (
            &answer.field,
            object! { "value": &answer.value, "response": response },
        )
    }));
    object! {
        "formId": "51da3f00-7c42-4904-8871-1b766044e2f8",
        "formName": "Sales router",
        "teamId": TEAM.0,
        "responses": responses,
    }
}

fn submission(trigger: &str, answers: &[Answer], payload: Json, now: Timestamp) -> Delivery {
    let fields = Json::entries(
        answers
            .iter()
            .filter(|answer| {
                !["triggerEvent", "createdAt", "payload"].contains(&answer.field.as_str())
            })
            .map(|answer| (&answer.field, &answer.value)),
    );
    let body = fields.and(object! {
        "triggerEvent": trigger,
        "createdAt": millis(now),
        "payload": payload,
    });
    Delivery::calcom_bare(trigger, &body, now)
}
