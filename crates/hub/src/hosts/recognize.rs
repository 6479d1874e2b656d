//! Recognize a provider's people among our users.

use std::collections::BTreeMap;

use calbridge_core::{
    host::{self, Candidate, SeenHost},
    ids::{ConnectionId, HostMatchId, UserId},
    person::EmailAddress,
    provider::Provider,
    scope::Scope,
};
use calbridge_store::{
    PageRequest, StoreError,
    audit::{self, Deed},
    connections, event_type_hosts,
    host_matches::{self, HostMatch, MatchFilter, MatchState},
    sql::Tx,
    users::{self, User},
};
use jiff::Timestamp;
use serde_json::json;

/// A person as a provider shows them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Person {
    /// The provider's id of the person.
    pub provider_user_id: String,
    /// Name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// The provider's name of the account.
    pub username: Option<String>,
}

/// Look who of a connection's people are users of ours. What a person decided stays; who is surely somebody is confirmed,
/// the others wait for a review. How many there are to review.
pub async fn recognize(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    people: &[Person],
    now: Timestamp,
) -> Result<usize, StoreError> {
    let known = host_matches::list_of_connection_for_update(tx, scope, connection_id).await?;
    let rows = people.iter().map(|person| {
        let row = known
            .iter()
            .find(|row| row.provider_user_id == person.provider_user_id);
        let row = row
            .cloned()
            .unwrap_or_else(|| stranger(scope, connection_id, &person.provider_user_id, now));
        told(row, person)
    });
    // A person may be named by several event types.
    let rows: BTreeMap<String, HostMatch> = rows
        .map(|row| (row.provider_user_id.clone(), row))
        .collect();
    settle(
        tx,
        scope,
        connection_id,
        &known,
        rows.into_values().collect(),
        now,
    )
    .await
}

/// Look again at the people who wait for a review, after our users have changed.
pub async fn reconsider(tx: &mut Tx, scope: &Scope, now: Timestamp) -> Result<(), StoreError> {
    for connection in connections::list(tx, scope).await? {
        let known = host_matches::list_of_connection_for_update(tx, scope, connection.id).await?;
        settle(tx, scope, connection.id, &known, known.clone(), now).await?;
    }
    Ok(())
}

fn stranger(
    scope: &Scope,
    connection_id: ConnectionId,
    provider_user_id: &str,
    now: Timestamp,
) -> HostMatch {
    HostMatch {
        id: HostMatchId(0),
        tenant_id: scope.tenant_id(),
        connection_id,
        provider_user_id: provider_user_id.to_owned(),
        created_at: now,
        name: None,
        email: None,
        email_key: None,
        username: None,
        user_id: None,
        confidence: 0,
        state: MatchState::Suggested,
        why: host::Why::Nobody,
        updated_at: now,
    }
}

/// What is not said stays: lists differ in how much they tell about a person.
fn told(mut row: HostMatch, person: &Person) -> HostMatch {
    let keep = |slot: &mut Option<String>, told: &Option<String>| {
        if told.is_some() {
            slot.clone_from(told);
        }
    };
    keep(&mut row.name, &person.name);
    keep(&mut row.email, &person.email);
    keep(&mut row.username, &person.username);
    row.email_key = row.email.as_deref().and_then(key);
    row
}

fn key(email: &str) -> Option<String> {
    Some(EmailAddress::parse(email).ok()?.as_str().to_owned())
}

async fn settle(
    tx: &mut Tx,
    scope: &Scope,
    connection_id: ConnectionId,
    known: &[HostMatch],
    mut rows: Vec<HostMatch>,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let users = users::list(tx, scope).await?;
    for row in &mut rows {
        guess(row, &users);
    }
    rows.retain(|row| !known.contains(row));
    for row in &mut rows {
        row.updated_at = now;
    }
    host_matches::put(tx, &rows).await?;
    let newly = rows.iter().filter(|row| {
        row.state == MatchState::Confirmed
            && !known
                .iter()
                .any(|one| one.provider_user_id == row.provider_user_id && one.state == row.state)
    });
    for row in newly {
        note_confirmed(tx, scope, row, &users, now).await?;
    }
    event_type_hosts::link(tx, scope, connection_id).await?;
    let filter = MatchFilter {
        state: Some(MatchState::Suggested),
        connection_id: Some(connection_id),
    };
    let page = PageRequest::first(PageRequest::MOST);
    Ok(host_matches::list(tx, scope, &filter, page)
        .await?
        .data
        .len())
}

/// Who it may be, unless that is settled. Whom a person has ruled out is not suggested again.
fn guess(row: &mut HostMatch, users: &[User]) {
    if row.state == MatchState::Confirmed {
        return;
    }
    let seen = SeenHost {
        provider_user_id: row.provider_user_id.clone(),
        name: row.name.clone(),
        email_key: row.email_key.clone(),
        username: row.username.clone(),
    };
    let ruled_out = row.user_id.filter(|_| row.state == MatchState::Rejected);
    let candidates: Vec<Candidate> = users
        .iter()
        .filter(|user| user.is_active && Some(user.id) != ruled_out)
        .map(candidate)
        .collect();
    let guess = host::guess(&seen, &candidates);
    if guess.user_id.is_none() && row.state == MatchState::Rejected {
        return;
    }
    row.state = if guess.is_sure() {
        MatchState::Confirmed
    } else {
        MatchState::Suggested
    };
    row.user_id = guess.user_id;
    row.confidence = guess.confidence;
    row.why = guess.why;
}

fn candidate(user: &User) -> Candidate {
    Candidate {
        user_id: user.id,
        name: user.name.clone(),
        email_key: user.email.as_deref().and_then(key),
        provider_user_id: user.calcom_user_id.map(|id| id.to_string()),
        username: user.calcom_username.clone(),
    }
}

/// What follows when somebody is known to be a user: the user bears the provider's names from now on, and it is logged.
pub(super) async fn note_confirmed(
    tx: &mut Tx,
    scope: &Scope,
    row: &HostMatch,
    users: &[User],
    now: Timestamp,
) -> Result<(), StoreError> {
    let connection = connections::find(tx, scope, row.connection_id).await?;
    let is_calcom = connection.is_some_and(|one| one.provider == Provider::CalCom);
    let number: Option<i64> = row.provider_user_id.parse().ok();
    let taken = |id: i64| users.iter().any(|user| user.calcom_user_id == Some(id));
    let user = users.iter().find(|user| Some(user.id) == row.user_id);
    if let (true, Some(user), Some(number)) = (is_calcom, user, number)
        && user.calcom_user_id.is_none()
        && !taken(number)
    {
        let bearing = User {
            calcom_user_id: Some(number),
            calcom_username: user.calcom_username.clone().or(row.username.clone()),
            ..user.clone()
        };
        users::update(tx, scope, &bearing).await?;
    }
    let deed = Deed::of(
        scope,
        "host_match.confirm",
        "host_match",
        &row.provider_user_id,
    )
    .after(json!({
        "connection_id": row.connection_id,
        "user_id": row.user_id.map(|UserId(id)| id),
        "confidence": row.confidence,
        "why": row.why.as_str(),
    }));
    audit::append(tx, vec![deed], now).await
}
