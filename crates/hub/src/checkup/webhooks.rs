//! The webhooks of a connection at its provider.

use calbridge_core::{lane::Lane, scope::Scope};

use super::{Finding, Fix};
use crate::{
    app::App,
    connections::KnownConnection,
    provider_webhooks::{self, Gravity, Mode, Outcome, Report, Told, WebhooksError, level_name},
};

pub(super) async fn look(app: &App, known: &KnownConnection, name: &str, fix: Fix) -> Vec<Finding> {
    let scope = Scope::cli(known.connection.tenant_id);
    let id = known.connection.id;
    let report = match provider_webhooks::check(app, &scope, id, Lane::Interactive).await {
        Ok(report) => report,
        Err(error) => return vec![failed(&error, name)],
    };
    if fix == Fix::Nothing || report.findings.is_empty() {
        return told(&report, name);
    }
    match provider_webhooks::repair(app, &scope, id, Mode::Do).await {
        Ok(repaired) => {
            let steps = repaired.steps.iter().map(|step| did(step, name));
            steps.chain(told(&repaired.report, name)).collect()
        }
        Err(error) => {
            let mut findings = told(&report, name);
            findings.push(failed(&error, name));
            findings
        }
    }
}

fn told(report: &Report, name: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> = report
        .findings
        .iter()
        // How this hub is reached is told once, for all connections.
        .filter(|finding| finding.code != "no_public_url")
        .map(|finding| {
            let says = format!("{name}: {}", finding.says);
            let remedy = finding.remedy.as_str();
            match finding.gravity {
                Gravity::Wrong => Finding::fail("webhook", says, remedy),
                Gravity::Doubtful => Finding::warn("webhook", says, remedy),
            }
        })
        .collect();
    if findings.is_empty() {
        let count = report.webhooks.len();
        let says = format!("{name}: {count} at the provider, with all triggers and our secret");
        findings.push(Finding::ok("webhook", says));
    }
    findings
}

fn did(told: &Told, name: &str) -> Finding {
    let level = level_name(told.step.level());
    let what = match told.step.id() {
        None => format!("{name}: a webhook of {level} was registered"),
        Some(id) => {
            let parts = told.step.parts().join(", ");
            format!("{name}: {parts} of webhook {id} of {level} was set")
        }
    };
    match &told.outcome {
        Outcome::Done(_) | Outcome::Planned => Finding::fixed("webhook", what),
        Outcome::Refused(why) | Outcome::Failed(why) | Outcome::Unknown(why) => Finding::fail(
            "webhook",
            format!("{what}, which failed: {why}"),
            "do it in the provider's settings, or with a key of somebody who may",
        ),
    }
}

fn failed(error: &WebhooksError, name: &str) -> Finding {
    let remedy = match error {
        WebhooksError::NoAddress => {
            "set server.public_url, then run `calbridge doctor --fix` again"
        }
        WebhooksError::NotFound(_)
        | WebhooksError::Target(_)
        | WebhooksError::Ask(_)
        | WebhooksError::NoSecret(_)
        | WebhooksError::NoWebhook(_)
        | WebhooksError::Store(_) => "try again in a moment",
    };
    Finding::fail("webhook", format!("{name}: {error}"), remedy)
}
