//! Whose key it is.

use super::{
    Call, Operation,
    call::get,
    reader::{Misread, Object, Shape},
};

/// The person whose key it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Cal.com's id of the user.
    pub id: i64,
    /// The name in links; absent on accounts that are not set up yet.
    pub username: Option<String>,
    /// The address.
    pub email: Option<String>,
    /// The name.
    pub name: Option<String>,
    /// The IANA zone.
    pub time_zone: String,
    /// The language; newer servers only.
    pub locale: Option<String>,
    /// The opening hours that apply where an event type names none.
    pub default_schedule_id: Option<i64>,
    /// The organization the person belongs to.
    pub organization_id: Option<i64>,
}

const ACCOUNT: Shape = Shape {
    expected: &[
        "id",
        "username",
        "email",
        "name",
        "avatarUrl",
        "bio",
        "timeFormat",
        "defaultScheduleId",
        "weekStart",
        "timeZone",
        "organizationId",
    ],
    possible: &["locale", "organization", "metadata"],
};

/// Ask whose key it is: the cheapest way to check one.
pub fn me() -> Call<Account> {
    get(Operation::MeGet, &[&"me"], account)
}

fn account(envelope: &Object<'_>) -> Result<Account, Misread> {
    let me = envelope.need("data")?.object(&ACCOUNT)?;
    Ok(Account {
        id: me.need("id")?.integer()?,
        username: me.string("username")?,
        email: me.string("email")?,
        name: me.string("name")?,
        time_zone: me.need("timeZone")?.string()?,
        locale: me.string("locale")?,
        default_schedule_id: me.integer("defaultScheduleId")?,
        organization_id: me.integer("organizationId")?,
    })
}
