//! Who acts, for which tenant, and what they may do.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::{ApiKeyId, TenantId, UserId, WebhookEventId};

/// Who or what causes something. The word of [`Actor::label`] stands in history and the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A program or person with an API key.
    ApiKey {
        /// The key.
        id: ApiKeyId,
        /// Its name, as it was at the time.
        name: String,
    },
    /// A signed-in person.
    User {
        /// The person.
        id: UserId,
    },
    /// Somebody on the trusted network, without a credential.
    TrustedNetwork,
    /// Somebody unknown, who sees what is public.
    Visitor,
    /// A provider's webhook event.
    Webhook {
        /// The event.
        id: WebhookEventId,
    },
    /// The command line on the machine of the installation.
    Cli,
    /// Our own jobs.
    System,
    /// Somebody who wrote to the database directly.
    Sql,
}

impl Actor {
    /// One word and an id, as stored in `audit_log.actor`.
    pub fn label(&self) -> String {
        match self {
            Self::ApiKey { id, .. } => format!("api_key:{id}"),
            Self::User { id } => format!("user:{id}"),
            Self::TrustedNetwork => "trusted_network".to_owned(),
            Self::Visitor => "visitor".to_owned(),
            Self::Webhook { id } => format!("webhook_event:{id}"),
            Self::Cli => "cli".to_owned(),
            Self::System => "system".to_owned(),
            Self::Sql => "sql".to_owned(),
        }
    }
}

/// What a credential may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Read leads, bookings, timelines and webhook events.
    Read,
    /// Create and change leads and bookings.
    Write,
    /// Connections, keys, replays, raw bodies, quarantine.
    Admin,
}

impl Permission {
    /// Every permission, weakest first.
    pub const ALL: [Self; 3] = [Self::Read, Self::Write, Self::Admin];

    /// The word in JSON, SQL and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Admin => "admin",
        }
    }
}

/// The word names no permission.
#[derive(Debug, thiserror::Error)]
#[error("unknown permission `{0}`: use read, write or admin")]
pub struct UnknownPermission(String);

impl std::str::FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|permission| permission.as_str() == text)
            .ok_or_else(|| UnknownPermission(text.to_owned()))
    }
}

/// Tenant, actor and permissions, for one request or job. Every query of a tenant's table asks for one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scope {
    tenant: TenantId,
    actor: Actor,
    permissions: BTreeSet<Permission>,
}

impl Scope {
    /// Made by authentication only.
    pub fn authenticated(
        tenant: TenantId,
        actor: Actor,
        permissions: impl IntoIterator<Item = Permission>,
    ) -> Self {
        Self {
            tenant,
            actor,
            permissions: permissions.into_iter().collect(),
        }
    }

    /// For our own jobs and for what a verified connection causes: everything within one tenant.
    pub fn system(tenant: TenantId) -> Self {
        Self::authenticated(tenant, Actor::System, Permission::ALL)
    }

    /// For the command line, whose user owns the installation.
    pub fn cli(tenant: TenantId) -> Self {
        Self::authenticated(tenant, Actor::Cli, Permission::ALL)
    }

    /// The tenant whose rows exist for this scope.
    pub fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Whether the scope has the permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.permissions.contains(&permission)
    }
}
