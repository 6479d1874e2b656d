//! Whatever is thrown at the doors: an answer that is a 2xx or a problem, a process that lives, memory that is bounded.

use std::time::Duration;

use calbridge_core::provider::Provider;
use calbridge_emulator::{CalCom, Calendly};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::server::{Home, Server};

const SECRET: &str = "hostile-test-secret";
const REQUESTS: usize = 1500;

fn seeds() -> Vec<(Provider, Vec<u8>)> {
    let now = "2031-01-05T08:00:00Z".parse().unwrap();
    let mut seeds = Vec::new();
    for name in calbridge_emulator::calcom::TRIGGERS {
        seeds.push((
            Provider::CalCom,
            CalCom::new(1).trigger(name, now).unwrap().body,
        ));
    }
    for name in calbridge_emulator::calendly::EVENTS {
        seeds.push((
            Provider::Calendly,
            Calendly::new(1).trigger(name, now).unwrap().body,
        ));
    }
    seeds
}

fn mutated(rng: &mut StdRng, body: &[u8]) -> Vec<u8> {
    let mut body = body.to_vec();
    match rng.random_range(0..9) {
        0 => {
            for _ in 0..rng.random_range(1..20) {
                let at = rng.random_range(0..body.len());
                body[at] = rng.random();
            }
        }
        1 => body.truncate(rng.random_range(0..body.len())),
        2 => {
            let depth = rng.random_range(1..50_000);
            body = [b"[".repeat(depth), b"]".repeat(depth)].concat();
        }
        3 => {
            let long = "x".repeat(rng.random_range(1..400_000));
            body = String::from_utf8_lossy(&body)
                .replace("ACCEPTED", &long)
                .into_bytes();
        }
        4 => {
            body = String::from_utf8_lossy(&body)
                .replace("2031", "999999999")
                .into_bytes();
        }
        5 => {
            body = String::from_utf8_lossy(&body)
                .replace('@', "\\u0000@\\ud800")
                .into_bytes();
        }
        6 => {
            body = String::from_utf8_lossy(&body)
                .replace("null", "[{}, -1e400, \"\\u202e\"]")
                .into_bytes();
        }
        7 => {
            body = (0..rng.random_range(0..5000))
                .map(|_| rng.random())
                .collect();
        }
        _ => {
            let at = rng.random_range(0..body.len());
            let piece = body[at..].to_vec();
            body.splice(at..at, piece);
        }
    }
    body
}

async fn start() -> (tempfile::TempDir, Server, [String; 2]) {
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().join("data"),
        database_url: None,
    };
    std::fs::create_dir(&home.data_dir).unwrap();
    let path = |provider: &str| {
        let added = home.run(&[
            "connections",
            "add",
            provider,
            "--name",
            "hostile",
            "--webhook-secret",
            SECRET,
            "--json",
        ]);
        added["webhook_path"].as_str().unwrap().to_owned()
    };
    let paths = [path("calcom"), path("calendly")];
    let server = home.serve().await;
    (folder, server, paths)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_bodies_get_an_answer_and_do_no_harm() {
    let (_folder, mut server, [calcom, calendly]) = start().await;
    let seeds = seeds();
    let client = calbridge_emulator::sender::client().unwrap();
    let mut rng = StdRng::seed_from_u64(11);
    for n in 0..REQUESTS {
        let (provider, body) = &seeds[rng.random_range(0..seeds.len())];
        let body = mutated(&mut rng, body);
        let path = if *provider == Provider::CalCom {
            &calcom
        } else {
            &calendly
        };
        let mut request = client.post(format!("{}{path}", server.base));
        #[expect(
            clippy::disallowed_methods,
            reason = "the real binary has the real clock"
        )]
        let now = jiff::Timestamp::now();
        for (name, value) in calbridge_providers::sign(*provider, &SECRET.into(), &body, now) {
            request = request.header(name, value);
        }
        if n % 7 == 0 {
            request = request.header("content-type", "text/\u{fc}; charset=???".as_bytes());
        }
        if n % 11 == 0 {
            request = request.header("x-filler", "y".repeat(6000));
        }
        let answer = request.body(body.clone()).send().await.unwrap();
        let status = answer.status();
        let kind = answer.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        assert!(
            status.is_success() || kind.starts_with("application/problem+json"),
            "{status} {kind} for {}",
            String::from_utf8_lossy(&body[..body.len().min(300)])
        );
        assert!(status != 500, "{}", answer.text().await.unwrap());
    }
    assert!(server.is_alive());
    let megabytes = server.resident() / 1024 / 1024;
    assert!(megabytes < 400, "{megabytes} MB");
    assert_eq!(server.stop(), Some(0));
}

/// Write bytes as they are, and read what comes back until the server has enough of us.
async fn raw(server: &Server, bytes: &[u8]) -> String {
    let address = server.base.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close before it has read everything.
    let _refused = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _closed =
        tokio::time::timeout(Duration::from_secs(40), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_framing_is_cut_short() {
    let (_folder, mut server, [calcom, _]) = start().await;
    let head = |rest: &str| {
        format!("POST {calcom} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{rest}\r\n")
    };

    let announced = raw(&server, head("Content-Length: 99999999999\r\n").as_bytes()).await;
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");

    let mut endless = head("Transfer-Encoding: chunked\r\n").into_bytes();
    for _ in 0..100 {
        endless.extend_from_slice(b"8000\r\n");
        endless.extend_from_slice(&b"x".repeat(0x8000));
        endless.extend_from_slice(b"\r\n");
    }
    let endless = raw(&server, &endless).await;
    assert!(
        endless.starts_with("HTTP/1.1 413"),
        "{}",
        &endless[..endless.len().min(200)]
    );

    // A client that announces a body and never sends it.
    let slow = raw(&server, head("Content-Length: 10\r\n").as_bytes()).await;
    assert!(slow.starts_with("HTTP/1.1 408"), "{slow}");

    let rubbish = raw(&server, b"\x00\x01\x02 not http at all\r\n\r\n").await;
    assert!(
        rubbish.is_empty() || rubbish.starts_with("HTTP/1.1 400"),
        "{rubbish}"
    );
    assert!(server.is_alive());
    assert_eq!(server.stop(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_ask_for_nothing_are_let_go() {
    let (_folder, mut server, [calcom, _]) = start().await;
    let address = server.base.trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(&address).await.unwrap());
    }
    // One that sends a header line now and then, for ever.
    let mut dripping = TcpStream::connect(&address).await.unwrap();
    let head = format!("POST {calcom} HTTP/1.1\r\nHost: localhost\r\n");
    dripping.write_all(head.as_bytes()).await.unwrap();
    let drip = async {
        let mut beat = tokio::time::interval(Duration::from_millis(200));
        let mut n = 0;
        loop {
            beat.tick().await;
            n += 1;
            let line = format!("X-Drip-{n}: 1\r\n");
            if dripping.write_all(line.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    // Others are served meanwhile.
    let client = calbridge_emulator::sender::client().unwrap();
    let health = client
        .get(format!("{}/health/live", server.base))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    let let_go = tokio::time::timeout(Duration::from_mins(1), drip).await;
    assert!(let_go.is_ok(), "a dripping client is let go");
    for mut stream in silent {
        let mut bytes = Vec::new();
        let closed =
            tokio::time::timeout(Duration::from_mins(1), stream.read_to_end(&mut bytes)).await;
        assert!(closed.is_ok(), "a silent client is let go");
    }
    let health = client
        .get(format!("{}/health/live", server.base))
        .send()
        .await
        .unwrap();
    assert_eq!(health.status(), 200);
    assert!(server.is_alive());
    assert_eq!(server.stop(), Some(0));
}
