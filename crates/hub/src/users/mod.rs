//! Users: the people of a tenant, some of whom host meetings.

mod change;

pub use change::{ChangeUserError, FindUserError, NewUser, UserEdit, change, create, find, list};
