//! A backup that is made while deliveries come is one state of the database, and serves on.

use calbridge_store::sql::{Db, SqliteOptions};

use crate::{
    load::{Load, Meetings, connect},
    server::Home,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn a_backup_under_load_is_consistent_and_can_be_served() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let load = Load::new(&home, Meetings::Ahead);
    let server = home.serve().await;
    load.aim(std::slice::from_ref(&server));
    let file = folder.path().join("backup.tar.zst");
    let name = file.to_str().unwrap().to_owned();
    let back_up = async {
        load.reaches(40).await;
        let (home, name) = (home.clone(), name.clone());
        let made = tokio::task::spawn_blocking(move || {
            home.run(&["backup", &name, "--with-keys", "--json"])
        });
        made.await.unwrap()
    };
    let ((), manifest) = tokio::join!(load.send(), back_up);
    assert_eq!(server.stop(), Some(0));
    assert!(
        manifest["rows"]["webhook_events"].as_i64().unwrap() >= 40,
        "{manifest}"
    );
    let checked = home.run(&["backup", "verify", &name, "--json"]);
    assert_eq!(checked["rows"], manifest["rows"]);

    let restored = Home {
        data_dir: folder.path().join("restored"),
        database_url: None,
    };
    let into = restored.data_dir.to_str().unwrap().to_owned();
    home.run(&["restore", &name, "--into", &into, "--json"]);
    let open = async || {
        let database = restored.data_dir.join("calbridge.db");
        Db::open_sqlite(&database, SqliteOptions::default())
            .await
            .unwrap()
    };
    // Each delivery was one change of one booking.
    let db = open().await;
    let mut tx = db.read().await.unwrap();
    let mut counts = Vec::new();
    for table in [
        "webhook_events",
        "webhook_bodies",
        "booking_changes",
        "activities",
    ] {
        let (count,): (i64,) = tx
            .query(format!("SELECT COUNT(*) FROM {table}"))
            .one()
            .await
            .unwrap();
        counts.push(count);
    }
    tx.rollback().await.unwrap();
    db.close().await;
    assert!(counts.iter().all(|count| *count == counts[0]), "{counts:?}");
    let differences = restored.run(&["rebuild", "--dry-run", "--json"]);
    assert_eq!(differences["summary"]["differences"], 0, "{differences}");

    // What came after the backup comes again.
    load.start_over();
    let server = restored.serve().await;
    load.aim(std::slice::from_ref(&server));
    load.send().await;
    assert_eq!(server.stop(), Some(0));
    let db = open().await;
    load.check(&db).await;
    db.close().await;
}

#[test]
fn a_damaged_backup_and_a_full_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    connect(&home, 1);
    let file = folder.path().join("backup.tar.zst");
    let name = file.to_str().unwrap().to_owned();
    home.run(&["backup", &name, "--json"]);
    let again = home.output(&["backup", &name]);
    assert!(
        !again.status.success(),
        "an older backup is not overwritten"
    );

    let missing = home.output(&["backup", "verify", "nowhere.tar.zst"]);
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert!(
        said.contains("there is no backup nowhere.tar.zst"),
        "{said}"
    );

    let occupied = home.data_dir.to_str().unwrap().to_owned();
    let refused = home.output(&["restore", &name, "--into", &occupied]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("not empty"),
        "{said}"
    );
    let forced = home.run(&["restore", &name, "--into", &occupied, "--force", "--json"]);
    let aside = forced["moved_aside"].as_str().unwrap();
    assert!(
        std::path::Path::new(aside).join("calbridge.db").is_file(),
        "{forced}"
    );
    assert_eq!(forced["has_keys"], true, "the keys stay where they were");

    let sound = std::fs::read(&file).unwrap();
    for (what, bytes) in [
        ("cut off", sound[..sound.len() / 2].to_vec()),
        ("changed", {
            let mut bytes = sound.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 0x55;
            bytes
        }),
        ("no backup at all", b"hello".to_vec()),
        ("empty", Vec::new()),
    ] {
        std::fs::write(&file, bytes).unwrap();
        let into = folder.path().join("into").to_str().unwrap().to_owned();
        for arguments in [
            vec!["backup", "verify", &name],
            vec!["restore", &name, "--into", &into],
        ] {
            let output = home.output(&arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains("not sound"), "{what}: {said}");
            assert_eq!(output.status.code(), Some(1), "{what}: {said}");
        }
        let left = std::fs::read_dir(&into).unwrap().count();
        assert_eq!(left, 0, "{what}: nothing is left");
    }
}
