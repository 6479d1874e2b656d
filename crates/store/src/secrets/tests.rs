//! Sealing on its own, and through a column of both engines.

use super::*;
use crate::{
    each_engine,
    sql::{Db, Engine},
};

type TestResult = Result<(), BoxError>;

const HERE: SealedFor<'_> = SealedFor {
    tenant_id: 1,
    table: "connections",
    row: "7",
};

fn ring(entries: &[(&str, u8)]) -> Result<KeyRing, SecretError> {
    let lines: Vec<String> = entries
        .iter()
        .map(|(id, byte)| format!("{id}:{}", STANDARD.encode([*byte; KEY])))
        .collect();
    KeyRing::parse(&SecretString::from(lines.join("\n")))
}

#[test]
fn a_secret_opens_only_where_it_belongs() -> TestResult {
    let ring = ring(&[("k1", 1)])?;
    let sealed = ring.seal(&SecretString::from("geheim 🦀"), &HERE)?;
    assert_eq!(ring.open(&sealed, &HERE)?.expose_secret(), "geheim 🦀");
    for elsewhere in [
        SealedFor {
            tenant_id: 2,
            ..HERE
        },
        SealedFor {
            table: "endpoints",
            ..HERE
        },
        SealedFor { row: "8", ..HERE },
        SealedFor {
            table: "connections7",
            row: "",
            ..HERE
        },
    ] {
        let opened = ring.open(&sealed, &elsewhere);
        assert!(
            matches!(opened, Err(SecretError::Unreadable)),
            "{elsewhere:?}"
        );
    }
    Ok(())
}

#[test]
fn a_changed_byte_is_noticed_wherever_it_is() -> TestResult {
    let ring = ring(&[("k1", 1), ("k2", 2)])?;
    let sealed = ring.seal(&SecretString::from("geheim"), &HERE)?;
    for index in 0..sealed.0.len() {
        let mut changed = sealed.clone();
        changed.0[index] ^= 1;
        assert!(ring.open(&changed, &HERE).is_err(), "byte {index}");
        let cut = Sealed(sealed.0[..index].to_vec());
        assert!(ring.open(&cut, &HERE).is_err(), "cut at {index}");
    }
    Ok(())
}

#[test]
fn the_same_secret_never_looks_the_same_twice() -> TestResult {
    let ring = KeyRing::generate();
    let secret = SecretString::from("");
    let (one, two) = (ring.seal(&secret, &HERE)?, ring.seal(&secret, &HERE)?);
    assert_ne!(one, two);
    assert_eq!(ring.open(&one, &HERE)?.expose_secret(), "");
    Ok(())
}

#[test]
fn keys_can_be_rotated() -> TestResult {
    let secret = SecretString::from("geheim");
    let old = ring(&[("k1", 1)])?;
    let both = ring(&[("k2", 2), ("k1", 1)])?;
    let new = ring(&[("k2", 2)])?;

    let sealed = old.seal(&secret, &HERE)?;
    assert!(old.is_current(&sealed) && !both.is_current(&sealed));
    let renewed = both.seal(&both.open(&sealed, &HERE)?, &HERE)?;
    assert!(both.is_current(&renewed));
    assert_eq!(renewed.key_id(), Some("k2"));
    assert_eq!(new.open(&renewed, &HERE)?.expose_secret(), "geheim");
    assert!(matches!(new.open(&sealed, &HERE), Err(SecretError::UnknownKey(id)) if id == "k1"));

    // The id of a key is not the key.
    let other = ring(&[("k1", 9)])?;
    assert!(matches!(
        other.open(&sealed, &HERE),
        Err(SecretError::Unreadable)
    ));
    Ok(())
}

#[test]
fn keys_come_from_lines_or_commas() -> TestResult {
    let key = |byte: u8| STANDARD.encode([byte; KEY]);
    let text = format!(
        "# two keys, old ones last\n\n new : {}\r\nold:{}\n",
        key(2),
        key(1)
    );
    assert!(
        KeyRing::parse(&SecretString::from(text)).is_err(),
        "an id has no spaces"
    );
    let text = format!("# two, old last\n\nnew: {}\r\nold:{}\n", key(2), key(1));
    let ring = KeyRing::parse(&SecretString::from(text))?;
    assert_eq!(ring.key_ids().collect::<Vec<_>>(), ["new", "old"]);
    let text = format!("new:{},old:{}", key(2), key(1));
    let ring = KeyRing::parse(&SecretString::from(text))?;
    assert_eq!(ring.key_ids().collect::<Vec<_>>(), ["new", "old"]);

    let short = STANDARD.encode([1; 31]);
    for text in [
        String::new(),
        "# nothing".into(),
        key(1),
        format!("a:{short}"),
        format!("a:{},a:{}", key(1), key(2)),
        format!("a b:{}", key(1)),
        format!(":{}", key(1)),
    ] {
        let error = KeyRing::parse(&SecretString::from(text))
            .err()
            .ok_or("an error")?;
        assert!(!error.to_string().contains(&key(1)), "{error}");
    }
    Ok(())
}

#[test]
fn a_key_file_is_made_once_for_its_owner_only() -> TestResult {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("keys");
    let made = KeyRing::load_or_create(&path)?;
    let sealed = made.seal(&SecretString::from("geheim"), &HERE)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(
            std::fs::metadata(&path)?.permissions().mode() & 0o777,
            0o600
        );
    }
    let loaded = KeyRing::load_or_create(&path)?;
    assert_eq!(loaded.open(&sealed, &HERE)?.expose_secret(), "geheim");
    assert!(KeyRing::load_or_create(&folder.path().join("no/folder")).is_err());
    Ok(())
}

#[test]
fn nothing_secret_is_printed() -> TestResult {
    let ring = ring(&[("k1", 65)])?;
    let sealed = ring.seal(&SecretString::from("geheim"), &HERE)?;
    assert_eq!(format!("{ring:?} {sealed:?}"), r#"["k1"] Sealed(..)"#);
    Ok(())
}

each_engine! {
    async fn a_sealed_column_comes_back(db: Db) -> TestResult {
        let ring = KeyRing::generate();
        let mut tx = db.write().await?;
        tx.script(match tx.engine() {
            Engine::Sqlite => "CREATE TABLE s (token BLOB)",
            Engine::Postgres => "CREATE TABLE s (token BYTEA)",
        })
        .await?;
        let sealed = ring.seal(&SecretString::from("geheim"), &HERE)?;
        tx.query("INSERT INTO s VALUES ($1), ($2)")
            .bind(&sealed)
            .bind(None::<Sealed>)
            .execute()
            .await?;
        let (stored,): (Sealed,) =
            tx.query("SELECT token FROM s WHERE token IS NOT NULL").one().await?;
        assert_eq!(ring.open(&stored, &HERE)?.expose_secret(), "geheim");
        Ok(())
    }
}
