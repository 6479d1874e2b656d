//! Connections: a tenant's authorized links to provider accounts.

mod add;
mod api;
mod change;
mod find;
mod forget;
mod probe;
mod registry;
mod reset;

pub use add::{AddConnectionError, NewConnectionRequest, add};
pub use api::{ApiEdit, ChangeApiError, change_api, set_api_key};
pub use change::{ChangeConnectionError, disable, enable, rotate_secret, set_wanted_events};
pub use find::{ShownConnection, find, list};
pub use forget::forget_answers;
pub use probe::{Probed, ProbedAccount, probe, remedy_of_asking};
pub use registry::{KnownConnection, Registry, Snapshot};
pub use reset::reset_circuits;
