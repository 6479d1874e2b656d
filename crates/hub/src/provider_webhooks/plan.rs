//! What would make the webhooks as they should be.

use calbridge_providers::calcom_api::WebhookLevel;

use super::{Door, Ours, SecretState, look::Looked};

/// One thing to do at the provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// Register a webhook.
    Create {
        /// Where.
        level: WebhookLevel,
    },
    /// Change one that is there.
    Change {
        /// Where it is registered.
        level: WebhookLevel,
        /// The provider's id.
        id: String,
        /// What about it.
        what: Vec<Part>,
    },
}

/// A part of a webhook.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Switch it on.
    Active,
    /// Let it go to the connection's own URL.
    Url,
    /// Let it tell these too.
    Triggers(Vec<String>),
    /// Let it sign with the connection's newest secret.
    Secret,
}

impl Part {
    fn word(&self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Url => "url",
            Self::Triggers(_) => "triggers",
            Self::Secret => "secret",
        }
    }
}

impl Step {
    /// `create` or `change`.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Create { .. } => "create",
            Self::Change { .. } => "change",
        }
    }

    /// Where.
    pub fn level(&self) -> WebhookLevel {
        match self {
            Self::Create { level } | Self::Change { level, .. } => *level,
        }
    }

    /// The provider's id, of one that is there.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Create { .. } => None,
            Self::Change { id, .. } => Some(id),
        }
    }

    /// What about it, in words.
    pub fn parts(&self) -> Vec<&'static str> {
        match self {
            Self::Create { .. } => Vec::new(),
            Self::Change { what, .. } => what.iter().map(Part::word).collect(),
        }
    }
}

/// Everything there is to do. Duplicates are left to people: which of them is to go is theirs to say.
pub(super) fn plan(looked: &Looked, ours: &[Ours]) -> Vec<Step> {
    let mut steps = creations(looked, ours);
    for one in ours.iter().filter(|one| !one.is_duplicate) {
        let what = parts(one);
        if !what.is_empty() {
            steps.push(Step::Change {
                level: one.level,
                id: one.id.clone(),
                what,
            });
        }
    }
    steps
}

fn creations(looked: &Looked, ours: &[Ours]) -> Vec<Step> {
    let organization = looked
        .levels
        .iter()
        .find(|read| matches!(read.level, WebhookLevel::Organization(_)) && read.webhooks.is_ok());
    // One that hears everything is enough, unless something hears a part already: then it would tell that twice.
    if ours.is_empty()
        && let Some(organization) = organization
    {
        return vec![Step::Create {
            level: organization.level,
        }];
    }
    let unheard = looked.unheard(ours).into_iter();
    unheard.map(|level| Step::Create { level }).collect()
}

fn parts(one: &Ours) -> Vec<Part> {
    let mut what = Vec::new();
    if !one.active {
        what.push(Part::Active);
    }
    if one.door == Door::Elsewhere {
        what.push(Part::Url);
    }
    if !one.missing.is_empty() {
        let missing = one.missing.iter().map(|trigger| (*trigger).to_owned());
        what.push(Part::Triggers(
            one.triggers.iter().cloned().chain(missing).collect(),
        ));
    }
    match one.secret {
        SecretState::Same | SecretState::OnlyThere => {}
        SecretState::Older
        | SecretState::Different
        | SecretState::OnlyHere
        | SecretState::NoneAtAll => what.push(Part::Secret),
    }
    what
}
