//! Tell the provider to register or change a webhook, and find out what became of it where the answer does not say.

use calbridge_providers::calcom_api::{
    Call, ErrorKind, Profile, ProviderWebhook, WebhookLevel,
    webhooks::{self, NewWebhook, WebhookChange, wanted},
};
use secrecy::SecretString;

use super::{
    look::list,
    plan::{Part, Step},
    secrets::same,
};
use crate::{
    app::App,
    upstream::{self, AskError, Target, Wish},
};
use calbridge_core::lane::Lane;

/// What became of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The step.
    pub step: Step,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of something the provider was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was not told: this is a dry run.
    Planned,
    /// It is so; the webhook's id.
    Done(String),
    /// It is not so: the provider takes exception to what it was told.
    Refused(String),
    /// It is not so: it was not told, or could not be.
    Failed(String),
    /// Nobody knows: there was no answer, and it cannot be read back.
    Unknown(String),
}

impl Outcome {
    /// The word.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done(_) => "done",
            Self::Refused(_) | Self::Failed(_) => "failed",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// How a webhook of ours should be.
pub(super) struct Ideal<'a> {
    pub url: Option<&'a str>,
    pub secret: &'a SecretString,
    pub triggers: &'a [&'static str],
    pub lane: Lane,
}

/// Do one step.
pub(super) async fn tell(app: &App, target: &Target, step: &Step, ideal: &Ideal<'_>) -> Outcome {
    match step {
        Step::Create { level } => match ideal.url {
            Some(url) => create(app, target, *level, url, ideal).await,
            None => Outcome::Failed("server.public_url is not set".to_owned()),
        },
        Step::Change { level, id, what } => {
            let mut change = change_of(what, ideal);
            let outcome = change_it(app, target, *level, id, &change, ideal.lane).await;
            match (&outcome, change.triggers.as_deref().and_then(fewer)) {
                (Outcome::Refused(_), Some(triggers)) => {
                    change.triggers = Some(triggers);
                    change_it(app, target, *level, id, &change, ideal.lane).await
                }
                _ => outcome,
            }
        }
    }
}

async fn change_it(
    app: &App,
    target: &Target,
    level: WebhookLevel,
    id: &str,
    change: &WebhookChange,
    lane: Lane,
) -> Outcome {
    let call = webhooks::update(level, id, change);
    let is_so = |one: &ProviderWebhook| one.id == id && is_as_wished(one, change);
    settle(app, target, level, &call, lane, is_so).await
}

async fn create(
    app: &App,
    target: &Target,
    level: WebhookLevel,
    url: &str,
    ideal: &Ideal<'_>,
) -> Outcome {
    let mut new = NewWebhook {
        url: url.to_owned(),
        triggers: ideal.triggers.iter().map(|one| (*one).to_owned()).collect(),
        secret: ideal.secret.clone(),
    };
    let is_so = |one: &ProviderWebhook| {
        let signs = |theirs: &SecretString| same(theirs, ideal.secret);
        one.url == url && one.active && one.secret.as_ref().is_some_and(signs)
    };
    let call = webhooks::create(level, &new);
    let outcome = settle(app, target, level, &call, ideal.lane, is_so).await;
    match (&outcome, fewer(&new.triggers)) {
        (Outcome::Refused(_), Some(triggers)) => {
            new.triggers = triggers;
            let call = webhooks::create(level, &new);
            settle(app, target, level, &call, ideal.lane, is_so).await
        }
        _ => outcome,
    }
}

/// A server that does not know one of the triggers refuses the webhook as a whole: those that every server knows, if that
/// makes a difference.
fn fewer(triggers: &[String]) -> Option<Vec<String>> {
    let everywhere = wanted(Profile::Classic);
    let known = |trigger: &&String| everywhere.contains(&trigger.as_str());
    let fewer: Vec<String> = triggers.iter().filter(known).cloned().collect();
    (fewer.len() < triggers.len() && !fewer.is_empty()).then_some(fewer)
}

fn change_of(what: &[Part], ideal: &Ideal<'_>) -> WebhookChange {
    let mut change = WebhookChange::default();
    for part in what {
        match part {
            Part::Active => change.active = Some(true),
            Part::Url => change.url = ideal.url.map(str::to_owned),
            Part::Triggers(all) => change.triggers = Some(all.clone()),
            Part::Secret => change.secret = Some(ideal.secret.clone()),
        }
    }
    change
}

fn is_as_wished(one: &ProviderWebhook, change: &WebhookChange) -> bool {
    let secret = change.secret.as_ref();
    change.active.is_none_or(|active| one.active == active)
        && change.url.as_ref().is_none_or(|url| one.url == *url)
        && (change.triggers.iter().flatten()).all(|trigger| one.triggers.contains(trigger))
        && secret.is_none_or(|wished| one.secret.as_ref().is_some_and(|has| same(has, wished)))
}

/// Ask for a change once. Where the answer does not say what became of it, read the level back instead of asking again.
async fn settle(
    app: &App,
    target: &Target,
    level: WebhookLevel,
    call: &Call<ProviderWebhook>,
    lane: Lane,
    is_so: impl Fn(&ProviderWebhook) -> bool,
) -> Outcome {
    let error = match upstream::ask(app, target, call, Wish::of(lane)).await {
        Ok(answered) => return Outcome::Done(answered.value.id),
        Err(error) => error,
    };
    if let AskError::Provider(told) = &error
        && matches!(told.kind, ErrorKind::Refused { .. })
    {
        return Outcome::Refused(error.to_string());
    }
    if !may_have_happened(&error) {
        return Outcome::Failed(error.to_string());
    }
    match list(app, target, level, lane).await {
        Ok(all) => match all.into_iter().find(is_so) {
            Some(webhook) => Outcome::Done(webhook.id),
            None => Outcome::Failed(error.to_string()),
        },
        Err(_) => Outcome::Unknown(error.to_string()),
    }
}

fn may_have_happened(error: &AskError) -> bool {
    match error {
        AskError::Provider(error) => {
            matches!(error.kind, ErrorKind::Down | ErrorKind::Misread { .. })
        }
        AskError::NoAnswer(_) => true,
        AskError::BudgetExhausted { .. }
        | AskError::CircuitOpen { .. }
        | AskError::NotSent(_)
        | AskError::Store(_) => false,
    }
}
