//! The webhook secrets of a connection, as they are compared with what the provider shows. None of this is printed.

use calbridge_store::{
    StoreError,
    connections::{self, Connection, SecretKind},
};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::judge::SecretState;
use crate::app::App;

/// A secret that counts.
pub(super) struct Secret {
    pub id: i64,
    pub text: SecretString,
    /// Nothing says when it stops counting.
    pub stays: bool,
}

/// The webhook secrets of a connection that count, newest first.
pub(super) async fn of(app: &App, connection: &Connection) -> Result<Vec<Secret>, StoreError> {
    let one = std::slice::from_ref(connection);
    let mut tx = app.store.read().await?;
    let rows = connections::list_secrets(&mut tx, one, SecretKind::Webhook).await?;
    tx.rollback().await?;
    let now = app.clock.now();
    let counting = rows.iter().filter(|row| row.is_valid(now));
    counting
        .map(|row| {
            Ok(Secret {
                id: row.id,
                text: row.open(app.store.keys())?,
                stays: row.retires_at.is_none(),
            })
        })
        .collect()
}

/// How what the provider signs with stands to what counts here.
pub(super) fn compare(ours: &[Secret], theirs: Option<&SecretString>) -> SecretState {
    let theirs = theirs.filter(|secret| !secret.expose_secret().is_empty());
    match (ours.split_first(), theirs) {
        (None, None) => SecretState::NoneAtAll,
        (None, Some(_)) => SecretState::OnlyThere,
        (Some(_), None) => SecretState::OnlyHere,
        (Some((newest, older)), Some(theirs)) => {
            if same(&newest.text, theirs) {
                SecretState::Same
            } else if older.iter().any(|one| same(&one.text, theirs)) {
                SecretState::Older
            } else {
                SecretState::Different
            }
        }
    }
}

pub(super) fn same(one: &SecretString, other: &SecretString) -> bool {
    let (one, other) = (one.expose_secret(), other.expose_secret());
    one.as_bytes().ct_eq(other.as_bytes()).into()
}
