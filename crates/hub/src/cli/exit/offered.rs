//! What goes wrong with event types, branches, users, hosts and findings.

use std::error::Error;

use calbridge_store::StoreError;

use crate::{
    agreement,
    branches::{ChangeBranchError, FindBranchError, OfferError},
    event_types::{EditEventTypeError, FindEventTypeError, sync::SyncError},
    hosts::ReviewError,
    provider_webhooks::WebhooksError,
    users::{ChangeUserError, FindUserError},
};

/// Whether what was named does not exist.
pub(super) fn is_not_found(error: &(dyn Error + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(FindEventTypeError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(EditEventTypeError::Find(FindEventTypeError::NotFound(_)))
        )
        || matches!(
            error.downcast_ref(),
            Some(SyncError::NotFound(_) | SyncError::NoRun(_))
        )
        || matches!(error.downcast_ref(), Some(FindBranchError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(ChangeBranchError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(
                OfferError::NoBranch(_)
                    | OfferError::NotOffered(_)
                    | OfferError::EventType(FindEventTypeError::NotFound(_))
            )
        )
        || matches!(error.downcast_ref(), Some(WebhooksError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(FindUserError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(ChangeUserError::NotFound(_)))
        || matches!(error.downcast_ref(), Some(ReviewError::NotFound(_)))
        || matches!(
            error.downcast_ref(),
            Some(agreement::ReviewError::NotFound(_))
        )
}

/// The database's own error, where a use case shows it as its own.
pub(super) fn store_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a StoreError> {
    if let Some(FindEventTypeError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(
        EditEventTypeError::Store(error)
        | EditEventTypeError::Find(FindEventTypeError::Store(error)),
    ) = error.downcast_ref()
    {
        return Some(error);
    }
    if let Some(SyncError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(FindBranchError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ChangeBranchError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(
        OfferError::Store(error) | OfferError::EventType(FindEventTypeError::Store(error)),
    ) = error.downcast_ref()
    {
        return Some(error);
    }
    if let Some(FindUserError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ChangeUserError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(WebhooksError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(ReviewError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    if let Some(agreement::ReviewError::Store(error)) = error.downcast_ref() {
        return Some(error);
    }
    None
}
