//! Whom a call goes to: a connection with what it takes to ask its provider.

use std::sync::Arc;

use calbridge_core::{
    budget::BudgetRule,
    fingerprint,
    ids::{ConnectionId, TenantId},
    provider::Provider,
    scope::Scope,
};
use calbridge_providers::calcom_api::{BaseUrl, BaseUrlError, Profile};
use calbridge_store::connections::Connection;
use secrecy::{ExposeSecret, SecretString};

use super::{AskError, notes};
use crate::{app::App, connections::KnownConnection};

/// A connection whose provider can be asked.
#[derive(Clone, Debug)]
pub struct Target {
    /// Tenant.
    pub tenant_id: TenantId,
    /// Connection.
    pub connection_id: ConnectionId,
    /// The server.
    pub base: BaseUrl,
    /// Which versions it speaks, where there are several.
    pub profile: Profile,
    /// How much the key may ask.
    pub rule: BudgetRule,
    /// The connection as it is stored.
    pub known: Arc<KnownConnection>,
    pub(super) key: SecretString,
    /// Names the key, on that server, without giving it away.
    pub(super) budget_key: String,
}

/// Why a connection cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The tenant has no such connection, or it is switched off.
    #[error("there is no such connection, or it is switched off")]
    NoConnection,
    /// It has no API key.
    #[error("connection `{0}` has no API key: set one with `calbridge connections set-key`")]
    NoKey(String),
    /// Its base URL cannot be used.
    #[error("the base URL of connection `{name}`: {error}")]
    BaseUrl {
        /// The connection.
        name: String,
        /// What is wrong.
        error: BaseUrlError,
    },
    /// Another kind of provider.
    #[error("{0} cannot be asked this")]
    OtherProvider(Provider),
    /// Which versions the server speaks could not be found out.
    #[error(transparent)]
    Ask(#[from] AskError),
}

/// The server that a Cal.com connection leads to.
pub fn server(app: &App, connection: &Connection) -> Result<BaseUrl, TargetError> {
    parsed(app, connection).map_err(|error| TargetError::BaseUrl {
        name: connection.name.clone(),
        error,
    })
}

fn parsed(app: &App, connection: &Connection) -> Result<BaseUrl, BaseUrlError> {
    let url = connection.api_url.as_deref();
    let (base, _) = BaseUrl::parse(url.unwrap_or(&app.config.calcom.api_url))?;
    Ok(base)
}

/// The Cal.com connection, ready to be asked. The first time, the server is asked which versions it speaks.
pub async fn target(
    app: &App,
    scope: &Scope,
    connection: ConnectionId,
) -> Result<Target, TargetError> {
    target_of(app, &known(app, scope, connection).await?).await
}

/// The same for a connection that is known already.
pub async fn target_of(app: &App, known: &Arc<KnownConnection>) -> Result<Target, TargetError> {
    let provider = known.connection.provider;
    if provider != Provider::CalCom {
        return Err(TargetError::OtherProvider(provider));
    }
    of_calcom(app, known).await
}

/// The connection, ready to be asked, whichever provider it leads to.
pub async fn any_target(
    app: &App,
    scope: &Scope,
    connection: ConnectionId,
) -> Result<Target, TargetError> {
    let known = known(app, scope, connection).await?;
    match known.connection.provider {
        Provider::CalCom => of_calcom(app, &known).await,
        Provider::Calendly => {
            let url = known.connection.api_url.as_deref();
            let base = BaseUrl::parse_without_version(url.unwrap_or(BaseUrl::CALENDLY));
            made_of(app, &known, base, CALENDLY_RULE)
        }
    }
}

/// The plan with the least: 50 requests a minute (contract, rate limits).
const CALENDLY_RULE: BudgetRule = BudgetRule {
    per_minute: 40,
    burst: 40,
};

async fn known(
    app: &App,
    scope: &Scope,
    connection: ConnectionId,
) -> Result<Arc<KnownConnection>, TargetError> {
    let snapshot = app.registry.current(&app.store, app.clock.now()).await;
    let known = snapshot.find(scope.tenant_id(), connection);
    known.cloned().ok_or(TargetError::NoConnection)
}

async fn of_calcom(app: &App, known: &Arc<KnownConnection>) -> Result<Target, TargetError> {
    let connection = &known.connection;
    let base = parsed(app, connection);
    let mut target = made_of(app, known, base, BudgetRule::default())?;
    target.profile = match connection.api_profile.as_deref().and_then(Profile::parse) {
        Some(profile) => profile,
        None => notes::find_profile(app, &target).await?,
    };
    Ok(target)
}

/// `usual` is how much a key may ask where the connection does not say.
fn made_of(
    app: &App,
    known: &Arc<KnownConnection>,
    base: Result<BaseUrl, BaseUrlError>,
    usual: BudgetRule,
) -> Result<Target, TargetError> {
    let connection = &known.connection;
    let key = known
        .api_key(app.clock.now())
        .ok_or_else(|| TargetError::NoKey(connection.name.clone()))?;
    let base = base.map_err(|error| TargetError::BaseUrl {
        name: connection.name.clone(),
        error,
    })?;
    let stored = |value: Option<i32>| value.and_then(|value| u32::try_from(value).ok());
    Ok(Target {
        tenant_id: connection.tenant_id,
        connection_id: connection.id,
        profile: Profile::Hosted2026,
        rule: BudgetRule {
            per_minute: stored(connection.requests_per_minute).unwrap_or(usual.per_minute),
            burst: stored(connection.requests_at_once).unwrap_or(usual.burst),
        },
        budget_key: fingerprint::of_parts([
            connection.provider.as_str(),
            base.as_str(),
            key.expose_secret(),
        ]),
        base,
        key,
        known: Arc::clone(known),
    })
}
