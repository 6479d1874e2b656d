//! The clock jumps a day ahead, two days back, and home again. Release builds have no clock that can.
#![cfg(debug_assertions)]

use calbridge_store::sql::{Db, SqliteOptions};

use crate::{
    load::{Load, Meetings},
    server::Home,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jumping_clock_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let shift = folder.path().join("shift");
    std::fs::write(&shift, "0").unwrap();
    let load = Load::new(&home, Meetings::Ahead);
    let environment = [("CALBRIDGE_TEST_CLOCK", shift.to_str().unwrap())];
    let server = home.serve_with(&[], &environment).await;
    load.aim(std::slice::from_ref(&server));
    let jump = async {
        for (answered, seconds) in [(30, "86400"), (90, "-86400"), (150, "0")] {
            load.reaches(answered).await;
            std::fs::write(&shift, seconds).unwrap();
        }
    };
    tokio::join!(load.send(), jump);
    assert_eq!(server.stop(), Some(0));
    let file = home.data_dir.join("calbridge.db");
    let db = Db::open_sqlite(&file, SqliteOptions::default())
        .await
        .unwrap();
    load.check(&db).await;
    let mut tx = db.read().await.unwrap();
    // The jumps were seen.
    let (days,): (i64,) = tx
        .query("SELECT COUNT(DISTINCT substr(created_at, 1, 10)) FROM webhook_events")
        .one()
        .await
        .unwrap();
    assert!(days >= 3, "{days}");
    let (failed,): (i64,) = tx
        .query("SELECT COUNT(*) FROM jobs WHERE state = 'failed'")
        .one()
        .await
        .unwrap();
    assert_eq!(failed, 0);
}
