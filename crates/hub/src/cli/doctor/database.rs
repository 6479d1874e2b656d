//! The database, and what the rows in it say about the state of things.

use calbridge_core::{ids::FIRST_TENANT, scope::Scope};
use calbridge_store::{
    PageRequest, Store, StoreError, api_keys,
    connections::{self, SecretKind, SignaturePolicy},
    jobs,
    migrations::MIGRATIONS,
    quarantine,
    sql::{Engine, Tx, migrate},
    tenants::{self, Tenant},
    webhook_events::{self, EventStatus},
};
use jiff::{SignedDuration, Timestamp};

use super::{Finding, nodes};
use crate::{config::Config, incidents::Kind, startup};

/// Work that waits longer than this is not being done.
const LAG: SignedDuration = SignedDuration::from_secs(60);

/// Everything about the database. One that is not there is not made by looking.
pub(super) async fn look(config: &Config, now: Timestamp) -> Vec<Finding> {
    if config.data.url.is_none() && !config.data.sqlite_file().is_file() {
        let says = format!(
            "there is no database {} yet",
            config.data.sqlite_file().display()
        );
        return vec![Finding::warn(
            "database",
            says,
            "`calbridge serve` makes it",
        )];
    }
    let store = match startup::open(config).await {
        Ok(store) => store,
        Err(error) => {
            let error = anyhow::Error::new(error);
            let remedy =
                "see whether the database runs, and whether the address and the password are right";
            return vec![Finding::fail("database", format!("{error:#}"), remedy)];
        }
    };
    let findings = look_into(&store, config, now).await;
    store.db().close().await;
    findings.unwrap_or_else(|error| {
        let error = anyhow::Error::new(error);
        vec![Finding::fail(
            "database",
            format!("{error:#}"),
            "see the log of the database",
        )]
    })
}

async fn look_into(
    store: &Store,
    config: &Config,
    now: Timestamp,
) -> Result<Vec<Finding>, StoreError> {
    let engine = match store.db().engine() {
        Engine::Sqlite => "SQLite",
        Engine::Postgres => "PostgreSQL",
    };
    match migrate::pending(store.db(), MIGRATIONS, startup::RELEASE).await {
        Ok(pending) if pending.is_empty() => {}
        Ok(pending) => {
            let says = format!("{engine} needs {} migrations", pending.len());
            return Ok(vec![Finding::fail("database", says, "`calbridge migrate`")]);
        }
        Err(error) => {
            let remedy = "run the release that the database was migrated by, or a newer one";
            return Ok(vec![Finding::fail("database", error.to_string(), remedy)]);
        }
    }
    let mut findings = vec![Finding::ok(
        "database",
        format!("{engine}, up to date with {}", startup::RELEASE),
    )];
    let mut tx = store.read().await?;
    let tenants = tenants::list_all(&mut tx).await?;
    if !tenants.iter().any(|tenant| tenant.id == FIRST_TENANT) {
        findings.push(Finding::warn(
            "tenants",
            "there is no tenant 1",
            "`calbridge serve` makes it",
        ));
    }
    findings.push(keys(&mut tx, config, &tenants, now).await?);
    findings.extend(links(store, &mut tx, now).await?);
    findings.extend(events(&mut tx, &tenants).await?);
    findings.push(refused(&mut tx).await?);
    findings.push(work(&mut tx, now).await?);
    findings.extend(incidents(&mut tx).await?);
    findings.extend(nodes::nodes(&mut tx).await?);
    tx.rollback().await?;
    Ok(findings)
}

/// What was noticed meanwhile; the other checks look for themselves.
async fn incidents(tx: &mut Tx) -> Result<Vec<Finding>, StoreError> {
    let open = calbridge_store::incidents::list_open_of_all_tenants(tx).await?;
    if open.is_empty() {
        return Ok(vec![Finding::ok("incidents", "none is open")]);
    }
    let findings = open.into_iter().map(|incident| {
        let remedy = Kind::from_word(&incident.kind).map(Kind::remedy);
        let says = format!(
            "tenant {}, since {}: {}",
            incident.tenant_id,
            crate::cli::output::at(incident.first_seen_at),
            incident.detail
        );
        Finding::warn(
            "incidents",
            says,
            remedy.unwrap_or("`calbridge incidents list`"),
        )
    });
    Ok(findings.collect())
}

async fn keys(
    tx: &mut Tx,
    config: &Config,
    tenants: &[Tenant],
    now: Timestamp,
) -> Result<Finding, StoreError> {
    let mut usable = 0;
    for tenant in tenants {
        let keys = api_keys::list(tx, &Scope::system(tenant.id)).await?;
        usable += keys
            .iter()
            .filter(|key| key.revoked_at.is_none() && key.expires_at.is_none_or(|at| now < at))
            .count();
    }
    Ok(match usable {
        0 if config.access.trusted_network => {
            Finding::ok("keys", "none, and none is needed on the trusted network")
        }
        0 => Finding::warn(
            "keys",
            "there is no key that works, so nobody can call the API",
            "`calbridge keys create --name NAME`",
        ),
        count => Finding::ok("keys", format!("{count} that work")),
    })
}

async fn links(store: &Store, tx: &mut Tx, now: Timestamp) -> Result<Vec<Finding>, StoreError> {
    let all = connections::list_enabled_of_all_tenants(tx).await?;
    if all.is_empty() {
        let remedy = "`calbridge connections add calcom --name NAME --webhook-secret SECRET`";
        return Ok(vec![Finding::warn(
            "connections",
            "there are none, so no webhook is taken",
            remedy,
        )]);
    }
    let webhook = connections::list_secrets(tx, &all, SecretKind::Webhook).await?;
    let api = connections::list_secrets(tx, &all, SecretKind::ApiKey).await?;
    let mut findings = Vec::new();
    for connection in &all {
        let id = connection.id;
        let name = format!(
            "{} connection {id} `{}` of tenant {}",
            connection.provider, connection.name, connection.tenant_id
        );
        let is_its = |secret: &&connections::ConnectionSecret| {
            secret.connection_id == id && secret.is_valid(now)
        };
        let sealed = webhook.iter().chain(&api).filter(is_its);
        for secret in sealed {
            if secret.open(store.keys()).is_err() {
                let says =
                    format!("a secret of {name} cannot be opened: it was sealed with other keys");
                let remedy = format!(
                    "bring back the key file or CALBRIDGE_KEYS, or set it anew: `calbridge connections rotate-secret {id}`"
                );
                findings.push(Finding::fail("connections", says, remedy));
            }
        }
        let signed = webhook.iter().any(|secret| is_its(&secret));
        let remedy = format!(
            "`calbridge connections rotate-secret {id} --tenant {} --webhook-secret SECRET`",
            connection.tenant_id
        );
        match (connection.signature_policy, signed) {
            (_, true) => {}
            (SignaturePolicy::Off, false) => {
                let says = format!(
                    "{name} takes unsigned deliveries, also at the shared URLs: anybody can send them"
                );
                findings.push(Finding::warn("connections", says, remedy));
            }
            (SignaturePolicy::Required, false) => {
                let says =
                    format!("{name} has no webhook secret: whoever knows its URL can send to it");
                findings.push(Finding::warn("connections", says, remedy));
            }
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            "connections",
            format!("{}, their secrets can be opened", all.len()),
        ));
    }
    Ok(findings)
}

async fn events(tx: &mut Tx, tenants: &[Tenant]) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    let mut all = 0;
    for tenant in tenants {
        let counts = webhook_events::count_by_status(tx, &Scope::system(tenant.id)).await?;
        let of = |wanted: EventStatus| {
            counts
                .iter()
                .filter(|(status, _)| *status == wanted)
                .map(|(_, count)| count)
                .sum::<i64>()
        };
        all += counts.iter().map(|(_, count)| count).sum::<i64>();
        let id = tenant.id;
        let failed = of(EventStatus::Failed);
        if failed > 0 {
            let says = format!("{failed} of tenant {id} failed");
            let remedy = format!(
                "`calbridge events list --tenant {id} --status failed` says why; \
                 `calbridge events replay --tenant {id} --status failed` tries them again"
            );
            findings.push(Finding::warn("events", says, remedy));
        }
        let received = of(EventStatus::Received);
        if received > 0 {
            let says = format!("{received} of tenant {id} were received and not looked at yet");
            let remedy = format!(
                "if that stays so: `calbridge events replay --tenant {id} --status received`"
            );
            findings.push(Finding::warn("events", says, remedy));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::ok("events", format!("{all}, none failed")));
    }
    Ok(findings)
}

async fn refused(tx: &mut Tx) -> Result<Finding, StoreError> {
    let page = quarantine::list_of_all_tenants(tx, PageRequest::first(PageRequest::MOST)).await?;
    let more = if page.next_cursor.is_some() {
        " or more"
    } else {
        ""
    };
    Ok(match page.data.len() {
        0 => Finding::ok("quarantine", "empty"),
        count => Finding::warn(
            "quarantine",
            format!("{count}{more} deliveries that nothing verified"),
            "`calbridge events quarantine list` says why; the secrets here and at the provider may differ",
        ),
    })
}

async fn work(tx: &mut Tx, now: Timestamp) -> Result<Finding, StoreError> {
    let (due, failed) = jobs::count_of_all_tenants(tx, now).await?;
    if let Some(since) = jobs::next_due(tx).await?
        && now.duration_since(since) > LAG
    {
        let says = format!(
            "{due} are due, the first since {}",
            crate::cli::output::at(since)
        );
        return Ok(Finding::warn(
            "jobs",
            says,
            "see whether `calbridge serve` or `calbridge work` runs: they do the work",
        ));
    }
    Ok(match failed {
        0 => Finding::ok("jobs", format!("{due} due, none failed")),
        failed => Finding::warn(
            "jobs",
            format!("{failed} failed for good"),
            "look for `A job failed for good` in the log",
        ),
    })
}
