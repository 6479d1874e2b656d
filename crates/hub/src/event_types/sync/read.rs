//! Read a connection's lists from its provider: event types of its own, of its team and organization, and who is in them.

use calbridge_core::{ids::ConnectionId, scope::Scope};

use super::{apply::Reading, run::Progress};
use crate::app::App;

/// Why nothing could be read at all.
#[derive(Debug)]
pub(super) struct Unread(pub String);

/// Everything that a connection's key shows.
pub(super) async fn everything(
    _app: &App,
    _scope: &Scope,
    _connection_id: ConnectionId,
    progress: &Progress<'_>,
) -> Result<Reading, Unread> {
    progress.tell(0, 0, 0).await;
    Err(Unread("the provider cannot be asked yet".to_owned()))
}
