//! The webhooks registered at both providers.

use jiff::Timestamp;

use crate::calcom::apply_template;
use crate::json::Json;
use crate::{Delivery, Provider};

/// So many webhooks fit into each account.
pub(super) const MOST: usize = 100;

/// On which level a Cal.com webhook is registered: 1.13.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    User(i64),
    EventType(i64),
    Organization(i64),
}

/// What a message is about.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Subject {
    pub(super) event_type: Option<i64>,
    pub(super) is_team: bool,
}

impl Level {
    /// Whether messages about this come here. The user's webhooks do not hear of team bookings, an organization's
    /// hear of everything.
    pub(super) fn hears_of(self, subject: &Subject) -> bool {
        match self {
            Self::User(_) => !subject.is_team,
            Self::EventType(id) => subject.event_type == Some(id),
            Self::Organization(_) => true,
        }
    }
}

/// A Cal.com webhook.
#[derive(Debug, Clone)]
pub(super) struct CalComHook {
    pub(super) id: String,
    pub(super) level: Level,
    pub(super) subscriber_url: String,
    pub(super) triggers: Vec<String>,
    pub(super) active: bool,
    pub(super) secret: Option<String>,
    pub(super) payload_template: Option<String>,
    pub(super) version: String,
    /// For the triggers that come some time after: how long, and in which unit.
    pub(super) time: Option<i64>,
    pub(super) time_unit: Option<String>,
    pub(super) created_at: Timestamp,
}

/// A Calendly webhook subscription.
#[derive(Debug, Clone)]
pub(super) struct CalendlyHook {
    pub(super) uri: String,
    pub(super) url: String,
    pub(super) events: Vec<String>,
    pub(super) scope: String,
    pub(super) organization: String,
    pub(super) user: Option<String>,
    pub(super) signing_key: Option<String>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
    pub(super) retry_started_at: Option<Timestamp>,
    pub(super) disabled: bool,
}

impl CalComHook {
    /// What this webhook receives of a message, if anything.
    pub(super) fn receives(&self, delivery: &Delivery) -> Option<Delivery> {
        let wanted = delivery.provider == Provider::CalCom
            && self.active
            && self.triggers.contains(&delivery.event);
        wanted.then(|| match &self.payload_template {
            Some(template) => apply_template(delivery, template),
            None => delivery.clone(),
        })
    }
}

impl CalendlyHook {
    /// Whether this subscription receives a message. One of scope `user` hears of that host's events only.
    pub(super) fn receives(&self, delivery: &Delivery) -> bool {
        delivery.provider == Provider::Calendly
            && !self.disabled
            && self.events.contains(&delivery.event)
            && (self.scope != "user" || self.is_about_my_user(delivery))
    }

    fn is_about_my_user(&self, delivery: &Delivery) -> bool {
        let body: Json = serde_json::from_slice(&delivery.body).unwrap_or(Json::Null);
        let host = [
            "payload",
            "scheduled_event",
            "event_memberships",
            "0",
            "user",
        ]
        .into_iter()
        .try_fold(&body, Json::get);
        match (host, &self.user) {
            (Some(Json::Text(host)), Some(user)) => host == user,
            // Without a scheduled event nobody can tell.
            _ => true,
        }
    }
}
