//! What is left to do, from what the database remembers and what this binary knows.

use super::{
    super::{Engine, FromRow, Row, StoreError, release::Release},
    MigrateError, Migration, Step,
};

/// A migration as the database remembers it.
pub(super) struct Applied {
    version: i64,
    name: String,
    checksum: String,
    oldest_release: String,
}

impl FromRow for Applied {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            version: row.get("version")?,
            name: row.get("name")?,
            checksum: row.get("checksum")?,
            oldest_release: row.get("oldest_release")?,
        })
    }
}

/// The migrations still to apply, in order; an error when this release must keep its hands off.
pub(super) fn missing(
    applied: &[Applied],
    migrations: &[Migration],
    engine: Engine,
    release: &str,
) -> Result<Vec<Step>, MigrateError> {
    let this = parse(release)?;
    for done in applied {
        match migrations.iter().find(|m| m.version == done.version) {
            Some(known) if known.checksum(engine) != done.checksum => {
                return Err(MigrateError::Changed {
                    version: done.version,
                    name: done.name.clone(),
                });
            }
            None if this < parse(&done.oldest_release)? => {
                return Err(MigrateError::TooNew {
                    version: done.version,
                    name: done.name.clone(),
                    needed: done.oldest_release.clone(),
                    release: release.to_owned(),
                });
            }
            Some(_) | None => {}
        }
    }
    let newest = applied.iter().map(|done| done.version).max();
    let mut missing: Vec<&Migration> = migrations
        .iter()
        .filter(|m| applied.iter().all(|done| done.version != m.version))
        .collect();
    missing.sort_by_key(|m| m.version);
    match (missing.first(), newest) {
        (Some(first), Some(newest)) if first.version < newest => Err(MigrateError::TooLate {
            version: first.version,
            name: first.name,
            newest,
        }),
        _ => Ok(missing
            .into_iter()
            .map(|m| Step {
                version: m.version,
                name: m.name,
                sql: m.sql(engine),
            })
            .collect()),
    }
}

fn parse(release: &str) -> Result<Release, MigrateError> {
    Release::parse(release).ok_or_else(|| MigrateError::Release(release.to_owned()))
}
