//! Look whether something is the matter that only the tables can tell.

use calbridge_core::{ids::TenantId, scope::Scope};
use calbridge_store::{
    StoreError,
    incidents::{self, Incident},
    provider_breakers,
    sql::Tx,
    symptoms::{self, RecentEvents, RecentRefusals},
    tenants,
};
use jiff::{SignedDuration, Timestamp};

use super::{Kind, Seen, raise::raise_in, resolve::settle_in};
use crate::{app::App, jobs::JobError, logging::name_of};

/// What is counted as happening now.
const LATELY: SignedDuration = SignedDuration::from_mins(15);

/// Refused deliveries of one kind within that time; fewer come from whoever tries things out.
const MOST_REFUSED: i64 = 10;

/// Of this many events or more, one in twenty may fail.
const ENOUGH_EVENTS: i64 = 20;
const MOST_FAILED_PERCENT: i64 = 5;

/// How long somebody may want to know what was the matter.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(90 * 24);

/// What this looks for, and therefore may resolve. The others are resolved by whoever raises them.
const OURS: [Kind; 5] = [
    Kind::BreakerOpen,
    Kind::SignatureMismatch,
    Kind::ErrorRate,
    Kind::EventsParked,
    Kind::JobsFailed,
];

/// Raise what is the matter, and resolve what is not any more.
pub async fn look(app: &App) -> Result<(), JobError> {
    let now = app.clock.now();
    let mut tx = app.store.read().await?;
    let seen = see(&mut tx, now).await?;
    let open = incidents::list_open_of_all_tenants(&mut tx).await?;
    tx.rollback().await?;
    let over: Vec<&Incident> = open
        .iter()
        .filter(|incident| is_ours(incident) && !lasts(incident, &seen))
        .collect();
    if seen.is_empty() && over.is_empty() {
        return Ok(());
    }
    let mut tx = app.store.write().await?;
    for incident in over {
        let scope = Scope::system(incident.tenant_id);
        settle_in(&mut tx, &scope, &incident.kind, &incident.subject, now).await?;
    }
    for (tenant, seen) in seen {
        raise_in(&mut tx, &Scope::system(tenant), seen, now).await?;
    }
    incidents::prune_resolved_in_all(&mut tx, now - REMEMBERED).await?;
    tx.commit().await?;
    Ok(())
}

fn is_ours(incident: &Incident) -> bool {
    Kind::from_word(&incident.kind).is_some_and(|kind| OURS.contains(&kind))
}

fn lasts(incident: &Incident, seen: &[(TenantId, Seen)]) -> bool {
    seen.iter().any(|(tenant, seen)| {
        *tenant == incident.tenant_id
            && seen.kind.as_str() == incident.kind
            && seen.subject == incident.subject
    })
}

async fn see(tx: &mut Tx, now: Timestamp) -> Result<Vec<(TenantId, Seen)>, StoreError> {
    let since = now - LATELY;
    let mut seen = Vec::new();
    for breaker in provider_breakers::list_of_all_tenants(tx).await? {
        if breaker.word != "closed" {
            let id = breaker.connection_id;
            let detail =
                format!("the provider of connection {id} failed too often and is not asked");
            let mut one = about(Kind::BreakerOpen, format!("connection:{id}"), detail);
            one.connection_id = Some(id);
            seen.push((breaker.tenant_id, one));
        }
    }
    let only = match tenants::list_all(tx).await?.as_slice() {
        [only] => Some(only.id),
        _ => None,
    };
    let refusals = symptoms::recent_refusals_in_all(tx, since).await?;
    seen.extend(refusals.iter().filter_map(|one| refused(one, only)));
    let events = symptoms::recent_events_in_all(tx, since).await?;
    seen.extend(events.iter().filter_map(too_many_failed));
    for (tenant, count) in symptoms::parked_events_in_all(tx).await? {
        let detail = format!("{count} webhook events could not be applied and wait for somebody");
        seen.push((
            tenant,
            about(Kind::EventsParked, "events".to_owned(), detail),
        ));
    }
    for (tenant, count) in symptoms::failed_jobs_in_all(tx).await? {
        let detail = format!("{count} jobs failed for good");
        seen.push((tenant, about(Kind::JobsFailed, "jobs".to_owned(), detail)));
    }
    Ok(seen)
}

fn about(kind: Kind, subject: String, detail: String) -> Seen {
    Seen {
        kind,
        connection_id: None,
        subject,
        detail,
    }
}

/// At shared URLs nobody knows whose deliveries they are, unless there is only one tenant.
fn refused(found: &RecentRefusals, only: Option<TenantId>) -> Option<(TenantId, Seen)> {
    if found.count <= MOST_REFUSED {
        return None;
    }
    let (provider, count) = (name_of(found.provider), found.count);
    let (subject, place) = match found.connection_id {
        Some(id) => (format!("connection:{id}"), format!("connection {id}")),
        None => (
            format!("shared:{}", found.provider.slug()),
            "the shared URLs".to_owned(),
        ),
    };
    let detail =
        format!("{count} deliveries of {provider} for {place} were not verified within 15 minutes");
    let mut seen = about(Kind::SignatureMismatch, subject, detail);
    seen.connection_id = found.connection_id;
    Some((found.tenant_id.or(only)?, seen))
}

fn too_many_failed(found: &RecentEvents) -> Option<(TenantId, Seen)> {
    let RecentEvents {
        tenant_id,
        received,
        failed,
    } = *found;
    if received < ENOUGH_EVENTS || failed * 100 <= received * MOST_FAILED_PERCENT {
        return None;
    }
    let detail = format!(
        "{failed} of {received} webhook events of the last 15 minutes could not be applied"
    );
    Some((
        tenant_id,
        about(Kind::ErrorRate, "events".to_owned(), detail),
    ))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(19, 19, false)]
    #[case(20, 1, false)]
    #[case(20, 2, true)]
    #[case(1000, 50, false)]
    #[case(1000, 51, true)]
    fn more_than_one_in_twenty_is_too_many(
        #[case] received: i64,
        #[case] failed: i64,
        #[case] expected: bool,
    ) {
        let found = RecentEvents {
            tenant_id: TenantId(1),
            received,
            failed,
        };
        assert_eq!(too_many_failed(&found).is_some(), expected);
    }
}
