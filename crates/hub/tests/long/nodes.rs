//! Several processes on one database, through kills, pauses and restarts: nothing lost, nothing applied twice, no manual
//! step.

use calbridge_store::{
    migrations::MIGRATIONS,
    sql::{Db, PostgresOptions, SqliteOptions},
    testing::{TestDb, postgres_db},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{
    cluster::Cluster,
    load::{Load, Meetings, count, until},
    server::{Home, Server},
};

/// Work of a dead node is taken over soon; and a pipe that nobody reads must not fill up.
const NODE: &[(&str, &str)] = &[
    ("CALBRIDGE_JOB_LEASE_SECONDS", "2"),
    ("CALBRIDGE_LOG", "off"),
];

pub async fn postgres() -> (TestDb, TempDir, Home) {
    let database = postgres_db(MIGRATIONS)
        .await
        .expect("PostgreSQL: run ./test long");
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: database.url().map(|url| url.expose_secret().to_owned()),
    };
    (database, folder, home)
}

async fn sqlite() -> (Db, TempDir, Home) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: None,
    };
    home.run(&["migrate"]);
    let file = home.data_dir.join("calbridge.db");
    let db = Db::open_sqlite(&file, SqliteOptions::default())
        .await
        .unwrap();
    (db, folder, home)
}

fn send(load: &std::sync::Arc<Load>) -> JoinHandle<()> {
    let load = load.clone();
    tokio::spawn(async move { load.send().await })
}

/// One of several nodes is killed, and another started, again and again.
async fn one_is_killed_again_and_again(home: &Home, db: &Db, nodes: usize) {
    let load = Load::new(home, Meetings::Over);
    let mut rng = StdRng::seed_from_u64(7);
    let mut servers = Vec::new();
    for _ in 0..nodes {
        servers.push(home.serve_with(&[], NODE).await);
    }
    load.aim(&servers);
    let sending = send(&load);
    for _ in 0..6 {
        load.until_answered(rng.random_range(5..35)).await;
        let which = rng.random_range(0..nodes);
        servers[which].kill();
        servers[which] = home.serve_with(&[], NODE).await;
        load.aim(&servers);
    }
    sending.await.unwrap();
    load.check(db).await;
    for server in servers {
        assert_eq!(server.stop(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_three_nodes_is_killed_again_and_again_on_postgres() {
    let (database, _folder, home) = postgres().await;
    one_is_killed_again_and_again(&home, &database.db, 3).await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_processes_on_one_file_is_killed_again_and_again_on_sqlite() {
    let (db, _folder, home) = sqlite().await;
    one_is_killed_again_and_again(&home, &db, 2).await;
    db.close().await;
}

/// One process answers and another works.
async fn roles_are_split(home: &Home, db: &Db) {
    let load = Load::new(home, Meetings::Over);
    let api = home.serve_with(&["--no-worker"], NODE).await;
    load.aim(std::slice::from_ref(&api));
    load.send().await;
    // Nobody does jobs yet.
    let completed = "SELECT COUNT(*) FROM bookings WHERE status = 'completed'";
    assert_eq!(count(db, completed).await, Some(0));
    assert_ne!(count(db, "SELECT COUNT(*) FROM jobs").await, Some(0));
    let worker = home.work(NODE);
    load.check(db).await;

    let roles = || -> Vec<String> {
        let nodes = home.run(&["nodes", "--json"]);
        let nodes = nodes["data"].as_array().unwrap().iter();
        let mut roles: Vec<String> = nodes
            .map(|node| format!("{} {}", node["role"], node["state"]))
            .collect();
        roles.sort();
        roles
    };
    until("both nodes are listed", async || {
        roles() == [r#""api" "alive""#, r#""work" "alive""#]
    })
    .await;
    assert_eq!(worker.stop(), Some(0));
    assert_eq!(api.stop(), Some(0));
    // They took leave.
    assert_eq!(roles(), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_answers_and_another_works_on_postgres() {
    let (database, _folder, home) = postgres().await;
    roles_are_split(&home, &database.db).await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_process_answers_and_another_works_on_sqlite() {
    let (db, _folder, home) = sqlite().await;
    roles_are_split(&home, &db).await;
    db.close().await;
}

/// A process is paused while it does a job. Its lease ends, another does the job, and then it wakes up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_wakes_after_its_lease_does_no_harm_on_postgres() {
    let (database, _folder, home) = postgres().await;
    let db = &database.db;
    let load = Load::new(&home, Meetings::Ahead);
    let api = home.serve_with(&["--no-worker"], NODE).await;
    load.aim(std::slice::from_ref(&api));
    load.send().await;

    // Somebody writes by SQL, so there is a job, which cannot go on while the table is locked.
    let mut tx = db.write().await.unwrap();
    tx.query("UPDATE bookings SET status = 'completed' WHERE id = (SELECT MIN(id) FROM bookings WHERE status = 'scheduled')")
        .execute()
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let mut lock = db.write().await.unwrap();
    lock.query("LOCK TABLE bookings IN ACCESS EXCLUSIVE MODE")
        .execute()
        .await
        .unwrap();
    let paused = home.work(NODE);
    until("the first has the job", async || {
        let leased =
            "SELECT COUNT(*) FROM jobs WHERE leased_until IS NOT NULL AND kind = 'retell_booking'";
        count(db, leased).await == Some(1)
    })
    .await;
    // It waits for the table, so it is in the middle of the job.
    until("the first is at the job", async || {
        let waiting = "SELECT COUNT(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
            WHERE c.relname = 'bookings' AND NOT l.granted";
        count(db, waiting).await == Some(1)
    })
    .await;
    paused.signal("-STOP");
    lock.rollback().await.unwrap();
    let other = home.work(NODE);
    until("the other has done the job", async || {
        count(
            db,
            "SELECT COUNT(*) FROM jobs WHERE kind = 'retell_booking'",
        )
        .await
            == Some(0)
    })
    .await;
    paused.signal("-CONT");
    until("the first knows that it lost its lease", async || {
        // Scheduled work may have been under way too.
        let lost = "SELECT COUNT(*) FROM nodes WHERE leases_lost > 0";
        count(db, lost).await == Some(1)
    })
    .await;

    assert_eq!(
        count(
            db,
            "SELECT COUNT(*) FROM bookings WHERE status = 'completed'"
        )
        .await,
        Some(1)
    );
    let moves = "SELECT COUNT(*) FROM booking_changes WHERE webhook_event_id IS NULL";
    assert_eq!(count(db, moves).await, Some(1));
    for server in [paused, other, api] {
        assert_eq!(server.stop(), Some(0));
    }
    database.remove().await;
}

/// A process is paused in the middle of a transaction, with a booking locked: the server ends it, and work goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_paused_process_has_locked_is_free_again_on_postgres() {
    let (database, _folder, home) = postgres().await;
    let db = &database.db;
    let load = Load::new(&home, Meetings::Over);
    let api = home.serve_with(&["--no-worker"], NODE).await;
    load.aim(std::slice::from_ref(&api));
    load.send().await;

    // A job gets as far as the lead of its booking.
    let mut lock = db.write().await.unwrap();
    lock.query("SELECT id FROM leads FOR UPDATE")
        .rows()
        .await
        .unwrap();
    let paused = home.work(NODE);
    until("the first has locked bookings and waits for leads", async || {
        let waiting = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        count(db, waiting).await.is_some_and(|waiting| waiting > 0)
    })
    .await;
    paused.signal("-STOP");
    lock.rollback().await.unwrap();
    let other = home.work(NODE);
    load.check(db).await;
    paused.signal("-CONT");
    for server in [paused, other, api] {
        assert_eq!(server.stop(), Some(0));
    }
    load.check(db).await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_and_starts_under_load_is_found_again_on_postgres() {
    let cluster = Cluster::start();
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: Some(cluster.url().expose_secret().to_owned()),
    };
    home.run(&["migrate"]);
    let load = Load::new(&home, Meetings::Over);
    let mut servers = [
        home.serve_with(&[], NODE).await,
        home.serve_with(&[], NODE).await,
    ];
    load.aim(&servers);
    let sending = send(&load);
    for mode in ["fast", "immediate", "immediate"] {
        load.until_answered(25).await;
        cluster.stop(mode);
        cluster.start_again();
    }
    sending.await.unwrap();
    let db = Db::open_postgres(&cluster.url(), PostgresOptions::default())
        .await
        .unwrap();
    load.check(&db).await;
    assert!(servers.iter_mut().all(Server::is_alive));
    for server in servers {
        assert_eq!(server.stop(), Some(0));
    }
    db.close().await;
}
