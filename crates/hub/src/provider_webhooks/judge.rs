//! Whether webhooks are as they should be, and what to do where they are not.

use calbridge_core::ids::ConnectionId;
use calbridge_providers::calcom_api::{WebhookLevel, webhooks::wanted};

use super::{
    Door,
    look::Looked,
    secrets::{self},
};

/// What a look at the webhooks of a connection came to.
#[derive(Clone, PartialEq, Debug)]
pub struct Report {
    /// The connection.
    pub connection_id: ConnectionId,
    /// Where its webhooks should go; `None` when nobody said how this hub is reached.
    pub url: Option<String>,
    /// The webhooks that lead here. The first of those that hear the same is the one that counts.
    pub webhooks: Vec<Ours>,
    /// What is not as it should be; nothing when all is well.
    pub findings: Vec<Finding>,
}

/// A webhook at the provider that leads here.
#[derive(Clone, PartialEq, Debug)]
pub struct Ours {
    /// Where it is registered.
    pub level: WebhookLevel,
    /// The provider's id.
    pub id: String,
    /// Where it goes.
    pub url: String,
    /// At which of our doors it arrives.
    pub door: Door,
    /// Whether it is switched on.
    pub active: bool,
    /// Triggers that it should have and has not.
    pub missing: Vec<&'static str>,
    /// All that it has.
    pub triggers: Vec<String>,
    /// Whether it signs with what we verify with.
    pub secret: SecretState,
    /// It has a form of its own for the messages.
    pub has_template: bool,
    /// Another one tells the same.
    pub is_duplicate: bool,
}

/// How what the provider signs with stands to what counts here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SecretState {
    /// The newest of ours.
    Same,
    /// One of ours that was followed by another.
    Older,
    /// None of ours: nothing that it sends verifies.
    Different,
    /// It does not sign, and we verify.
    OnlyHere,
    /// It signs, and we have nothing to verify with.
    OnlyThere,
    /// Neither.
    NoneAtAll,
}

impl SecretState {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Older => "older",
            Self::Different => "different",
            Self::OnlyHere => "not_at_provider",
            Self::OnlyThere => "not_here",
            Self::NoneAtAll => "none",
        }
    }
}

/// How bad something is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gravity {
    /// Bookings are missed.
    Wrong,
    /// It works, but should be looked at.
    Doubtful,
}

/// Something that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Stable word.
    pub code: &'static str,
    /// How bad it is.
    pub gravity: Gravity,
    /// What is so. No secrets, no personal data.
    pub says: String,
    /// What to do about it.
    pub remedy: String,
}

impl Report {
    /// Whether bookings are missed.
    pub fn is_wrong(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.gravity == Gravity::Wrong)
    }
}

/// A level as people call it.
pub fn level_name(level: WebhookLevel) -> String {
    match level {
        WebhookLevel::User => "user".to_owned(),
        WebhookLevel::EventType(id) => format!("event type {id}"),
        WebhookLevel::TeamEventType { team, event_type } => {
            format!("event type {event_type} of team {team}")
        }
        WebhookLevel::Organization(id) => format!("organization {id}"),
    }
}

/// The webhooks that lead here, those that count before their duplicates.
pub(super) fn ours(looked: &Looked) -> Vec<Ours> {
    let wanted = wanted(looked.target.profile);
    let mut all: Vec<Ours> = Vec::new();
    for read in &looked.levels {
        for webhook in read.webhooks.iter().flatten() {
            let Some(door) = looked.address.door(&webhook.url) else {
                continue;
            };
            let missing = wanted
                .iter()
                .filter(|one| !webhook.triggers.iter().any(|has| has == *one));
            all.push(Ours {
                level: read.level,
                id: webhook.id.clone(),
                url: webhook.url.clone(),
                door,
                active: webhook.active,
                missing: missing.copied().collect(),
                triggers: webhook.triggers.clone(),
                secret: secrets::compare(&looked.secrets, webhook.secret.as_ref()),
                has_template: webhook
                    .payload_template
                    .as_ref()
                    .is_some_and(|text| !text.is_empty()),
                is_duplicate: false,
            });
        }
    }
    all.sort_by_key(|one| (!one.active, rank(one.level), one.door != Door::Own));
    let has_teams = looked.has_team_types();
    for position in 1..all.len() {
        let level = all[position].level;
        let tells_the_same =
            |other: &Ours| !other.is_duplicate && hears(other.level, level, has_teams);
        all[position].is_duplicate = all[..position].iter().any(tells_the_same);
    }
    all
}

/// Those that hear most come first.
fn rank(level: WebhookLevel) -> u8 {
    match level {
        WebhookLevel::Organization(_) => 0,
        WebhookLevel::User => 1,
        WebhookLevel::TeamEventType { .. } => 2,
        WebhookLevel::EventType(_) => 3,
    }
}

/// Whether a webhook of one level hears everything that one of another does.
fn hears(one: WebhookLevel, other: WebhookLevel, has_teams: bool) -> bool {
    one == other
        || match one {
            WebhookLevel::Organization(_) => true,
            // Without teams there is nothing that it would miss.
            WebhookLevel::User => matches!(other, WebhookLevel::Organization(_)) && !has_teams,
            WebhookLevel::EventType(_) | WebhookLevel::TeamEventType { .. } => false,
        }
}

impl Looked {
    pub(super) fn has_team_types(&self) -> bool {
        let is_teams = |level| matches!(level, WebhookLevel::TeamEventType { .. });
        self.levels.iter().any(|read| is_teams(read.level))
    }

    /// The levels whose bookings nobody would tell of, of those that can be read and need a webhook.
    pub(super) fn unheard(&self, ours: &[Ours]) -> Vec<WebhookLevel> {
        let needed = self.levels.iter().filter(|read| {
            read.webhooks.is_ok() && !matches!(read.level, WebhookLevel::Organization(_))
        });
        needed
            .map(|read| read.level)
            .filter(|level| {
                !ours
                    .iter()
                    .any(|one| hears(one.level, *level, self.has_team_types()))
            })
            .collect()
    }
}

pub(super) fn judge(looked: &Looked) -> Report {
    let id = looked.target.connection_id;
    let ours = ours(looked);
    let mut findings = Findings {
        repair: format!("`calbridge connections webhook repair {id}`"),
        found: Vec::new(),
    };
    if looked.address.url().is_none() {
        findings.add(
            "no_public_url",
            Gravity::Doubtful,
            "nobody said how the provider reaches this hub, so URLs cannot be compared".to_owned(),
            "set server.public_url (CALBRIDGE_PUBLIC_URL), such as https://hub.example.org",
        );
    }
    findings.unread(looked);
    findings.unheard(looked, &ours);
    for one in &ours {
        if one.is_duplicate {
            findings.duplicate(one);
        } else {
            findings.webhook(one);
        }
    }
    Report {
        connection_id: id,
        url: looked.address.url(),
        webhooks: ours,
        findings: findings.found,
    }
}

struct Findings {
    repair: String,
    found: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, code: &'static str, gravity: Gravity, says: String, remedy: &str) {
        self.found.push(Finding {
            code,
            gravity,
            says,
            remedy: remedy.to_owned(),
        });
    }

    fn mendable(&mut self, code: &'static str, gravity: Gravity, says: String) {
        let remedy = self.repair.clone();
        self.add(code, gravity, says, &remedy);
    }

    fn unread(&mut self, looked: &Looked) {
        for read in &looked.levels {
            if let Err(error) = &read.webhooks {
                let level = level_name(read.level);
                self.add(
                    "level_unreadable",
                    Gravity::Doubtful,
                    format!("the webhooks of {level} cannot be read: {error}"),
                    "use a key of an administrator there, or look in the provider's settings",
                );
            }
        }
        if looked.more_team_types {
            self.add("not_all_looked_at", Gravity::Doubtful,
                "there are more event types of teams than are looked at".to_owned(),
                "a webhook of the organization hears of all of them; name it with the connection's organization_id");
        }
    }

    fn unheard(&mut self, looked: &Looked, ours: &[Ours]) {
        let unheard = looked.unheard(ours);
        if ours.is_empty() {
            let says = "no webhook at the provider leads here: nothing is told of new bookings";
            self.mendable("missing", Gravity::Wrong, says.to_owned());
            return;
        }
        let teams: Vec<String> = unheard
            .iter()
            .filter_map(|level| match level {
                WebhookLevel::TeamEventType { event_type, .. } => Some(event_type.to_string()),
                _ => None,
            })
            .collect();
        if !teams.is_empty() {
            let says = format!(
                "team bookings of event types {} are not told: a user's webhook does not hear of them",
                teams.join(", ")
            );
            self.mendable("misses_team_bookings", Gravity::Wrong, says);
        }
        if unheard.contains(&WebhookLevel::User) {
            let says = "bookings of the user's own event types are not told".to_owned();
            self.mendable("misses_own_bookings", Gravity::Wrong, says);
        }
    }

    fn duplicate(&mut self, one: &Ours) {
        let says = format!(
            "webhook {} of {} tells what another one tells already",
            one.id,
            level_name(one.level)
        );
        self.add("duplicate", Gravity::Doubtful, says,
            "remove one of them in the provider's settings; until then everything arrives twice and counts once");
    }

    fn webhook(&mut self, one: &Ours) {
        let name = format!("webhook {} of {}", one.id, level_name(one.level));
        if !one.active {
            self.mendable(
                "inactive",
                Gravity::Wrong,
                format!("{name} is switched off"),
            );
        }
        if one.door == Door::Elsewhere {
            let says = format!("{name} goes to another address than server.public_url says");
            self.mendable("other_address", Gravity::Wrong, says);
        }
        if !one.missing.is_empty() {
            let says = format!("{name} does not tell {}", one.missing.join(", "));
            self.mendable("missing_triggers", Gravity::Wrong, says);
        }
        if one.has_template {
            self.add(
                "payload_template",
                Gravity::Doubtful,
                format!(
                    "{name} has a payload template of its own, which may leave out what is needed"
                ),
                "empty the payload template in the provider's settings",
            );
        }
        match one.secret {
            SecretState::Same => {}
            SecretState::Older => self.mendable(
                "secret_older",
                Gravity::Doubtful,
                format!("{name} still signs with a secret that was followed by another"),
            ),
            SecretState::Different => self.mendable(
                "secret_different",
                Gravity::Wrong,
                format!("{name} signs with another secret: nothing it sends verifies"),
            ),
            SecretState::OnlyHere => self.mendable(
                "secret_not_at_provider",
                Gravity::Wrong,
                format!("{name} does not sign: nothing it sends verifies"),
            ),
            SecretState::OnlyThere => self.mendable(
                "secret_not_here",
                Gravity::Doubtful,
                format!("{name} signs, but the connection has no secret to verify with"),
            ),
            SecretState::NoneAtAll => self.mendable(
                "no_secret",
                Gravity::Doubtful,
                format!("{name} does not sign: whoever knows the URL can send to it"),
            ),
        }
    }
}
