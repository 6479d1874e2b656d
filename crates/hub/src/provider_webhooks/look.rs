//! Read the webhooks of every level that matters for a connection.

use calbridge_core::{ids::ConnectionId, lane::Lane, scope::Scope};
use calbridge_providers::calcom_api::{ErrorKind, ProviderWebhook, WebhookLevel, webhooks};
use calbridge_store::{StoreError, event_types};

use super::{
    Address, WebhooksError,
    judge::{Report, judge},
    secrets::{self, Secret},
};
use crate::{
    app::App,
    upstream::{self, AskError, Target, Wish},
};

/// Event types of teams that are looked at, at most: each is a request.
const MOST_TEAM_TYPES: usize = 25;

/// Pages of one level that are read, at most.
const MOST_PAGES: u32 = 4;

/// What there is at the provider, and what it is compared with.
pub(super) struct Looked {
    pub target: Target,
    pub lane: Lane,
    pub address: Address,
    pub secrets: Vec<Secret>,
    pub levels: Vec<LevelRead>,
    /// Some event types of teams were not looked at.
    pub more_team_types: bool,
}

/// The webhooks of one level, or why they cannot be read.
pub(super) struct LevelRead {
    pub level: WebhookLevel,
    pub webhooks: Result<Vec<ProviderWebhook>, AskError>,
}

/// Say whether the webhooks of a connection are as they should be. Changes nothing.
pub async fn check(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    lane: Lane,
) -> Result<Report, WebhooksError> {
    let looked = look(app, scope, id, lane).await?;
    Ok(judge(&looked))
}

pub(super) async fn look(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
    lane: Lane,
) -> Result<Looked, WebhooksError> {
    let target = upstream::target(app, scope, id)
        .await
        .map_err(|error| WebhooksError::of_target(id, error))?;
    let connection = &target.known.connection;
    let mut wanted = vec![WebhookLevel::User];
    wanted.extend(connection.organization_id.map(WebhookLevel::Organization));
    let mut of_teams = team_types(app, scope, id).await?;
    let more_team_types = of_teams.len() > MOST_TEAM_TYPES;
    of_teams.truncate(MOST_TEAM_TYPES);
    wanted.extend(of_teams);
    let mut levels = Vec::with_capacity(wanted.len());
    for level in wanted {
        let webhooks = match list(app, &target, level, lane).await {
            // Without the user's own there is nothing to say; other levels may need rights that the key has not.
            Err(error) if level == WebhookLevel::User || !is_about_the_level(&error) => {
                return Err(error.into());
            }
            read => read,
        };
        levels.push(LevelRead { level, webhooks });
    }
    Ok(Looked {
        address: Address::of(app, connection),
        secrets: secrets::of(app, connection).await?,
        levels,
        lane,
        more_team_types,
        target,
    })
}

fn is_about_the_level(error: &AskError) -> bool {
    let AskError::Provider(error) = error else {
        return false;
    };
    matches!(
        error.kind,
        ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Refused { .. }
    )
}

async fn team_types(
    app: &App,
    scope: &Scope,
    id: ConnectionId,
) -> Result<Vec<WebhookLevel>, StoreError> {
    let one_more = i64::try_from(MOST_TEAM_TYPES).unwrap_or(i64::MAX) + 1;
    let mut tx = app.store.read().await?;
    let found = event_types::list_of_teams(&mut tx, scope, id, one_more).await?;
    tx.rollback().await?;
    let levels = found.into_iter().filter_map(|(event_type, team)| {
        let event_type = event_type.parse().ok()?;
        Some(WebhookLevel::TeamEventType { team, event_type })
    });
    Ok(levels.collect())
}

/// All webhooks of a level.
pub(super) async fn list(
    app: &App,
    target: &Target,
    level: WebhookLevel,
    lane: Lane,
) -> Result<Vec<ProviderWebhook>, AskError> {
    let mut all = Vec::new();
    for page in 0..MOST_PAGES {
        let call = webhooks::list(level, page * webhooks::PAGE);
        let found = upstream::ask(app, target, &call, Wish::of(lane))
            .await?
            .value;
        let is_last = found.len() < webhooks::PAGE as usize;
        all.extend(found);
        if is_last {
            break;
        }
    }
    Ok(all)
}
