//! `kill -9` at random moments under load: what was answered with 2xx is there, once, applied.

use calbridge_store::{
    migrations::MIGRATIONS,
    sql::{Db, SqliteOptions},
    testing::postgres_db,
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::ExposeSecret;

use crate::{
    load::{Load, Meetings},
    server::Home,
};

const KILLS: usize = 6;

async fn killed_again_and_again(home: Home, open: impl AsyncFn() -> Db) {
    let load = Load::new(&home, Meetings::Ahead);
    let mut rng = StdRng::seed_from_u64(3);
    let mut servers = [home.serve().await];
    load.aim(&servers);
    let sending = tokio::spawn({
        let load = load.clone();
        async move { load.send().await }
    });
    for _ in 0..KILLS {
        load.until_answered(rng.random_range(5..35)).await;
        servers[0].kill();
        servers = [home.serve().await];
        load.aim(&servers);
    }
    sending.await.unwrap();
    let [server] = servers;
    assert_eq!(server.stop(), Some(0));
    load.check(&open().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().join("data"),
        database_url: None,
    };
    std::fs::create_dir(&home.data_dir).unwrap();
    let file = home.data_dir.join("calbridge.db");
    killed_again_and_again(home, async || {
        Db::open_sqlite(&file, SqliteOptions::default())
            .await
            .unwrap()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_survives_kills_on_postgres() {
    let database = postgres_db(MIGRATIONS)
        .await
        .expect("PostgreSQL: run ./test long");
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: database.url().map(|url| url.expose_secret().to_owned()),
    };
    killed_again_and_again(home, async || database.db.clone()).await;
    database.remove().await;
}
