//! Why webhooks cannot be looked at or changed at all.

use calbridge_core::ids::ConnectionId;
use calbridge_store::StoreError;

use crate::{
    connections::ChangeConnectionError,
    upstream::{AskError, TargetError},
};

/// Why webhooks cannot be looked at or changed at all. What one level or one webhook refuses is part of the answer.
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// The tenant has no such connection.
    #[error("there is no connection {0}, or it is switched off")]
    NotFound(ConnectionId),
    /// It cannot be asked.
    #[error(transparent)]
    Target(TargetError),
    /// The provider did not say which webhooks there are.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Nobody said how this hub is reached.
    #[error(
        "nobody said how the provider reaches this hub: set server.public_url (CALBRIDGE_PUBLIC_URL), such as https://hub.example.org"
    )]
    NoAddress,
    /// There is no secret to follow.
    #[error(
        "connection {0} has no webhook secret that could be followed by another: `calbridge connections webhook repair {0}` sets one"
    )]
    NoSecret(ConnectionId),
    /// There is no webhook to tell.
    #[error(
        "no webhook at the provider leads to connection {0}: `calbridge connections webhook create {0}` makes one"
    )]
    NoWebhook(ConnectionId),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl WebhooksError {
    pub(super) fn of_target(id: ConnectionId, error: TargetError) -> Self {
        match error {
            TargetError::NoConnection => Self::NotFound(id),
            TargetError::Ask(error) => Self::Ask(error),
            error => Self::Target(error),
        }
    }
}

impl From<ChangeConnectionError> for WebhooksError {
    fn from(error: ChangeConnectionError) -> Self {
        match error {
            ChangeConnectionError::NotFound(id) => Self::NotFound(id),
            ChangeConnectionError::EmptySecret => {
                Self::Store(StoreError::Bug("an empty secret was made".into()))
            }
            ChangeConnectionError::Store(error) => Self::Store(error),
        }
    }
}
