//! Find, add and change users.

use calbridge_core::{person::EmailAddress, scope::Scope};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    sql::Tx,
    users::{self, User},
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{app::App, edit::Edit, hosts};

/// Somebody to be added.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NewUser {
    /// Name.
    pub name: String,
    /// Everything else.
    pub told: UserEdit,
}

/// What is told about a user.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct UserEdit {
    /// Name; `None` leaves it alone.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Edit<EmailAddress>,
    /// Still one of them; `None` leaves it alone.
    pub is_active: Option<bool>,
    /// Cal.com's id of the person.
    pub calcom_user_id: Edit<i64>,
    /// Cal.com's name of the account.
    pub calcom_username: Edit<String>,
    /// IANA zone.
    pub time_zone: Edit<String>,
}

/// Why a user was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindUserError {
    /// The tenant has no such user.
    #[error("there is no user {0}")]
    NotFound(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a user could not be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeUserError {
    /// The tenant has no such user.
    #[error("there is no user {0}")]
    NotFound(String),
    /// The name is empty or too long.
    #[error("a user needs a name of 1 to 200 characters")]
    BadName,
    /// Another user is that person at Cal.com.
    #[error("another user has this `calcom_user_id`")]
    HostTaken,
    /// The database did not do it.
    #[error(transparent)]
    Store(StoreError),
}

impl From<StoreError> for ChangeUserError {
    fn from(error: StoreError) -> Self {
        match error {
            // Cal.com's id is all about a user that must be unique.
            StoreError::Conflict => Self::HostTaken,
            other => Self::Store(other),
        }
    }
}

/// The users of the tenant, oldest first.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<User>, StoreError> {
    let mut tx = app.store.read().await?;
    let all = users::list(&mut tx, scope).await?;
    tx.rollback().await?;
    Ok(all)
}

/// The user with this id, either of the two they have.
pub async fn find(app: &App, scope: &Scope, any_id: &str) -> Result<User, FindUserError> {
    let mut tx = app.store.read().await?;
    let user = users::find(&mut tx, scope, any_id).await?;
    tx.rollback().await?;
    user.ok_or_else(|| FindUserError::NotFound(any_id.to_owned()))
}

/// Add a user.
pub async fn create(app: &App, scope: &Scope, new: NewUser) -> Result<User, ChangeUserError> {
    let name = checked(&new.name)?;
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let before = users::create(&mut tx, scope, Uuid::now_v7(), &name, None, now).await?;
    let user = apply(before, new.told)?;
    let deed = Deed::of(scope, "user.create", "user", user.id).after(face(&user));
    write(app, tx, scope, user, deed).await
}

/// Change a user.
pub async fn change(
    app: &App,
    scope: &Scope,
    any_id: &str,
    told: UserEdit,
) -> Result<User, ChangeUserError> {
    let mut tx = app.store.write().await?;
    let before = users::find(&mut tx, scope, any_id)
        .await?
        .ok_or_else(|| ChangeUserError::NotFound(any_id.to_owned()))?;
    let user = apply(before.clone(), told)?;
    if user == before {
        return Ok(user);
    }
    let deed = Deed::of(scope, "user.change", "user", user.id)
        .before(face(&before))
        .after(face(&user));
    write(app, tx, scope, user, deed).await
}

/// A host of a provider may be recognized in what is new about the user.
async fn write(
    app: &App,
    mut tx: Tx,
    scope: &Scope,
    user: User,
    deed: Deed,
) -> Result<User, ChangeUserError> {
    let now = app.clock.now();
    users::update(&mut tx, scope, &user).await?;
    audit::append(&mut tx, vec![deed], now).await?;
    hosts::reconsider(&mut tx, scope, now).await?;
    let user = users::find(&mut tx, scope, &user.id.to_string())
        .await?
        .unwrap_or(user);
    tx.commit().await?;
    Ok(user)
}

fn checked(name: &str) -> Result<String, ChangeUserError> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 200 {
        return Err(ChangeUserError::BadName);
    }
    Ok(name.to_owned())
}

fn apply(mut user: User, told: UserEdit) -> Result<User, ChangeUserError> {
    if let Some(name) = told.name {
        user.name = checked(&name)?;
    }
    told.email
        .map(|email| email.as_str().to_owned())
        .apply(&mut user.email);
    user.is_active = told.is_active.unwrap_or(user.is_active);
    told.calcom_user_id.apply(&mut user.calcom_user_id);
    told.calcom_username.apply(&mut user.calcom_username);
    told.time_zone.apply(&mut user.time_zone);
    Ok(user)
}

fn face(user: &User) -> Value {
    json!({
        "name": user.name,
        "email": user.email,
        "is_active": user.is_active,
        "calcom_user_id": user.calcom_user_id,
        "calcom_username": user.calcom_username,
        "time_zone": user.time_zone,
    })
}
