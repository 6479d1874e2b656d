//! Whose token it is.

use super::answer::get;
use crate::calcom::api::{
    Call, Operation,
    reader::{Misread, Object, Shape},
};

/// The person whose token it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The URI of the user.
    pub uri: String,
    /// The URI of the organization the user is in now.
    pub organization: String,
    /// The name.
    pub name: Option<String>,
    /// The IANA zone.
    pub time_zone: Option<String>,
}

const ACCOUNT: Shape = Shape {
    expected: &[
        "uri",
        "name",
        "slug",
        "email",
        "scheduling_url",
        "timezone",
        "current_organization",
        "created_at",
        "updated_at",
    ],
    possible: &["avatar_url", "resource_type", "locale", "time_notation"],
};

/// Ask whose token it is: the cheapest way to check one.
pub fn me() -> Call<Account> {
    get(Operation::UsersMe, &[&"users", &"me"], account)
}

fn account(envelope: &Object<'_>) -> Result<Account, Misread> {
    let user = envelope.need("resource")?.object(&ACCOUNT)?;
    Ok(Account {
        uri: user.need("uri")?.string()?,
        organization: user.need("current_organization")?.string()?,
        name: user.string("name")?,
        time_zone: user.string("timezone")?,
    })
}
