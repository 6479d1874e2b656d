//! Booking out with the real binary: the commands, and several nodes that want one slot.

use std::net::SocketAddr;

use calbridge::clock::Clock;
use calbridge_emulator::{
    Clock as ProviderClock, Emulator, EmulatorConfig,
    calcom::{NewBooking, Status},
    server::CalComServer,
};
use futures::future::join_all;
use jiff::{Timestamp, ToSpan, civil::Weekday, tz::TimeZone};
use serde_json::{Value as Json, json};

use crate::{
    load::{count, until},
    nodes::postgres,
    server::{Home, Server},
};

/// Callers who want one slot at once.
const CALLERS: usize = 200;

/// Nobody needs a key, and nobody asks too often.
const OPEN: &[(&str, &str)] = &[
    ("CALBRIDGE_TRUSTED_NETWORK", "true"),
    ("CALBRIDGE_ADDRESS_PER_MINUTE", "0"),
    ("CALBRIDGE_LOG", "off"),
];

async fn provider() -> Emulator {
    let clock = Clock::system();
    Emulator::start(EmulatorConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        seed: 1,
        clock: ProviderClock::new(move || clock.now()),
        calcom: CalComServer::default().generous(),
    })
    .await
    .unwrap()
}

/// A connection that asks the provider, and what can be booked there.
fn connect(home: &Home, provider: &Emulator) {
    let key = provider.calcom_api_key();
    let add = ["connections", "add", "calcom", "--name", "cal", "--json"];
    let added = home.run(&[&add[..], &["--webhook-secret", "secret", "--api-key", key]].concat());
    let id = added["id"].to_string();
    let (base, most) = (provider.calcom_base_url(), "100000");
    let change = ["connections", "change", &id, "--api-url", &base, "--json"];
    let more = [
        "--default-event-type",
        "1",
        "--requests-per-minute",
        most,
        "--requests-at-once",
        most,
    ];
    home.run(&[&change[..], &more].concat());
    home.run(&["event-types", "sync", "--json"]);
}

/// A working day in some weeks, in the middle of it.
fn noon(weeks: i64) -> Timestamp {
    let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
    let day = today.checked_add(weeks.weeks()).unwrap();
    let day = match day.weekday() {
        Weekday::Saturday | Weekday::Sunday => day.checked_add(2.days()).unwrap(),
        _ => day,
    };
    day.at(12, 0, 0, 0)
        .to_zoned(TimeZone::UTC)
        .unwrap()
        .timestamp()
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Book by HTTP: the status, and what was said.
async fn book(client: &reqwest::Client, node: &Server, wish: &Json) -> (u16, Json) {
    let url = format!("{}/api/v1/bookings", node.base);
    let answer = client.post(url).json(wish).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_hundred_at_three_nodes_one_gets_the_slot_on_postgres() {
    let (database, _folder, home) = postgres().await;
    let provider = provider().await;
    connect(&home, &provider);
    let mut nodes = Vec::new();
    for _ in 0..3 {
        nodes.push(home.serve_with(&[], OPEN).await);
    }
    let (client, start) = (client(), noon(2));
    let callers = (0..CALLERS).map(|n| {
        let wish =
            json!({"name": "Ann", "email": format!("p{n}@example.org"), "start_time": start});
        let (client, node) = (&client, &nodes[n % nodes.len()]);
        async move { book(client, node, &wish).await }
    });
    let answers = join_all(callers).await;

    let (booked, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|(status, _)| *status == 201);
    let [(_, booked)] = booked.as_slice() else {
        panic!("{booked:?} {refused:?}")
    };
    assert_eq!(refused.len(), CALLERS - 1);
    for (status, said) in &refused {
        assert_eq!(
            (*status, &said["code"]),
            (409, &json!("slot_taken")),
            "{said}"
        );
        let others = said["alternatives"].as_array().unwrap();
        assert!(!others.is_empty(), "{said}");
        assert!(
            others
                .iter()
                .all(|other| other["start_time"] != json!(start)),
            "{said}"
        );
    }
    let theirs: Vec<_> = provider.look(|calcom, _| calcom.bookings().cloned().collect());
    let [theirs] = theirs.as_slice() else {
        panic!("{theirs:?}")
    };
    assert_eq!(
        (&booked["booking_uid"], theirs.start),
        (&json!(theirs.uid.as_str()), start)
    );
    for (sql, expected) in [
        ("SELECT COUNT(*) FROM bookings", 1),
        ("SELECT COUNT(*) FROM booking_intents", 1),
        (
            "SELECT COUNT(*) FROM booking_intents WHERE state = 'done'",
            1,
        ),
        ("SELECT COUNT(*) FROM claims", 1),
        (
            "SELECT COUNT(*) FROM claims c JOIN bookings b ON b.id = c.booking_id",
            1,
        ),
    ] {
        assert_eq!(count(&database.db, sql).await, Some(expected), "{sql}");
    }
    until("nothing is left to settle", async || {
        let jobs = "SELECT COUNT(*) FROM jobs WHERE kind = 'settle_intent'";
        count(&database.db, jobs).await == Some(0)
    })
    .await;
    for node in nodes {
        assert_eq!(node.stop(), Some(0));
    }
    provider.stop().await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_commands_book_move_and_call_off() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let provider = provider().await;
    connect(&home, &provider);
    let server = home.serve_with(&[], OPEN).await;
    let lead = json!({"name": "Ann Example", "email": "ann@example.org"});
    let url = format!("{}/api/v1/leads", server.base);
    let lead: Json = client()
        .post(url)
        .json(&lead)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let lead = lead["id"].to_string();
    assert_eq!(server.stop(), Some(0));
    let standing = || -> Vec<Timestamp> {
        provider.look(|calcom, _| {
            let all = calcom
                .bookings()
                .filter(|one| one.status == Status::Accepted);
            all.map(|one| one.start).collect()
        })
    };

    let (first, second) = (noon(2).to_string(), noon(3).to_string());
    let booked = home.run(&[
        "bookings", "book", "--lead", &lead, "--at", &first, "--json",
    ]);
    assert_eq!(
        (&booked["start_time"], &booked["status"]),
        (&json!(first), &json!("scheduled"))
    );
    let uid = booked["booking_uid"].as_str().unwrap();
    let moved = home.run(&[
        "bookings", "move", uid, "--to", &second, "--reason", "as asked", "--json",
    ]);
    assert_eq!(
        (&moved["id"], &moved["start_time"]),
        (&booked["id"], &json!(second))
    );
    assert_eq!(standing(), [noon(3)]);
    // Without a start, the next free time.
    let next = home.run(&["bookings", "book", "--lead", &lead, "--json"]);
    assert!(next["start_time"].as_str() < Some(first.as_str()), "{next}");

    let stranger = NewBooking::new("intro", noon(4), "Bo", "bo@example.org");
    provider
        .at_calcom(|calcom, now| calcom.book(stranger, now))
        .unwrap();
    let taken = noon(4).to_string();
    let refused = home.output(&["bookings", "book", "--lead", &lead, "--at", &taken]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("somebody else has the slot"), "{said}");
    let refused = home.output(&["bookings", "move", uid, "--to", &taken]);
    assert_eq!(refused.status.code(), Some(1));
    let nobody = home.output(&["bookings", "book", "--lead", "4711", "--at", &first]);
    assert_eq!(nobody.status.code(), Some(3));

    // By an id that it had; why is nobody's business.
    let off = home.run(&["bookings", "cancel", uid, "--json"]);
    assert_eq!(
        (&off["id"], &off["status"]),
        (&booked["id"], &json!("cancelled"))
    );
    assert!(!standing().contains(&noon(3)));
    let unknown = home.output(&["bookings", "cancel", "no-such-booking"]);
    assert_eq!(unknown.status.code(), Some(3));
    provider.stop().await;
}
