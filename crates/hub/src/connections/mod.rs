//! Connections: a tenant's authorized links to provider accounts.

mod add;
mod change;
mod registry;

pub use add::{AddConnectionError, NewConnectionRequest, add};
pub use change::{ChangeConnectionError, disable, enable, rotate_secret, set_wanted_events};
pub use registry::{KnownConnection, Registry, Snapshot};
