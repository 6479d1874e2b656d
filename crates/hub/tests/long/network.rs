//! The way to the database is slow, hangs or breaks: what was answered is there, once, without anybody's help.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use calbridge_store::{
    migrations::MIGRATIONS,
    testing::{TestDb, postgres_db},
};
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

use crate::{
    load::{Load, Meetings},
    server::{Home, Server},
};

/// How the way is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Open,
    /// Everything takes a little longer.
    Slow,
    /// Nothing arrives, and nothing breaks.
    Stalled,
    /// Connections break, and no new ones come about.
    Cut,
}

/// A way to a database that can be disturbed.
struct Proxy {
    address: SocketAddr,
    way: watch::Sender<Way>,
}

impl Proxy {
    async fn to(target: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (way, watched) = watch::channel(Way::Open);
        tokio::spawn(async move {
            loop {
                let (near, _) = listener.accept().await.unwrap();
                if *watched.borrow() == Way::Cut {
                    continue;
                }
                let Ok(far) = TcpStream::connect(&target).await else {
                    continue;
                };
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = far.into_split();
                tokio::spawn(carry(near_in, far_out, watched.clone()));
                tokio::spawn(carry(far_in, near_out, watched.clone()));
            }
        });
        Self { address, way }
    }

    fn set(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut way: watch::Receiver<Way>) {
    let mut bytes = vec![0; 16 * 1024];
    loop {
        let read = tokio::select! {
            read = from.read(&mut bytes) => read.unwrap_or(0),
            _ = way.wait_for(|way| *way == Way::Cut) => 0,
        };
        if read == 0 {
            return;
        }
        if *way.borrow() == Way::Slow {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let moves_on = way.wait_for(|way| *way != Way::Stalled).await;
        if moves_on.is_ok_and(|way| *way == Way::Cut) || to.write_all(&bytes[..read]).await.is_err()
        {
            return;
        }
    }
}

/// A database, the way to it, and a hub that knows only the way.
async fn behind_a_proxy() -> (TestDb, Proxy, Home, tempfile::TempDir) {
    let database = postgres_db(MIGRATIONS)
        .await
        .expect("PostgreSQL: run ./test long");
    let mut url = reqwest::Url::parse(database.url().unwrap().expose_secret()).unwrap();
    let target = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
    let proxy = Proxy::to(target).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: Some(url.to_string()),
    };
    (database, proxy, home, folder)
}

/// Wait until a metric is at least this.
pub async fn reaches(server: &Server, metric: &str, value: f64) {
    while server.metric(metric).await.unwrap_or(0.) < value {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disturbed_way_to_the_database_loses_nothing() {
    let (database, proxy, home, _folder) = behind_a_proxy().await;
    let load = Load::new(&home, Meetings::Ahead);
    let server = home.serve().await;
    load.aim(std::slice::from_ref(&server));
    let disturb = async {
        load.reaches(20).await;
        proxy.set(Way::Slow);
        load.reaches(50).await;
        proxy.set(Way::Stalled);
        reaches(&server, "calbridge_intake_oldest_seconds", 1.).await;
        proxy.set(Way::Open);
        load.reaches(100).await;
        proxy.set(Way::Cut);
        reaches(&server, "calbridge_deliveries_not_taken_total", 1.).await;
        proxy.set(Way::Open);
    };
    let disturb = tokio::time::timeout(Duration::from_mins(1), disturb);
    let ((), disturbed) = tokio::join!(load.send(), disturb);
    disturbed.expect("every disturbance is noticed");
    assert_eq!(server.stop(), Some(0));
    load.check(&database.db).await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_work_than_connections_waits_its_turn() {
    let (database, _proxy, home, _folder) = behind_a_proxy().await;
    let load = Load::new(&home, Meetings::Ahead);
    let environment = [
        ("CALBRIDGE_MAX_CONNECTIONS", "2"),
        ("CALBRIDGE_TRUSTED_NETWORK", "true"),
        ("CALBRIDGE_ADDRESS_PER_MINUTE", "0"),
    ];
    let server = Arc::new(home.serve_with(&[], &environment).await);
    load.aim(std::slice::from_ref(server.as_ref()));
    let readers: Vec<_> = (0..24)
        .map(|_| {
            let base = server.base.clone();
            tokio::spawn(async move {
                let client = calbridge_emulator::sender::client().unwrap();
                for _ in 0..20 {
                    let answer = client
                        .get(format!("{base}/api/v1/bookings?limit=5"))
                        .send()
                        .await;
                    let status = answer.unwrap().status();
                    assert!(status == 200 || status == 503, "{status}");
                }
            })
        })
        .collect();
    load.send().await;
    for reader in readers {
        reader.await.unwrap();
    }
    assert_eq!(server.metric("calbridge_database_waiting").await, Some(0.));
    let server = Arc::into_inner(server).unwrap();
    assert_eq!(server.stop(), Some(0));
    load.check(&database.db).await;
    database.remove().await;
}
