//! Every command in the documentation is run, or known by name to be run elsewhere.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use calbridge::clock::Clock;
use calbridge_store::{migrations::MIGRATIONS, testing::postgres_db};
use jiff::{ToSpan, tz::TimeZone};
use secrecy::ExposeSecret;
use serde_json::{Value as Json, json};

const PAGES: [&str; 8] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/operating.md",
    "docs/api.md",
    "docs/api-design.md",
    "docs/logging.md",
    "docs/performance.md",
    "docs/scaling.md",
];

/// The lines of the shell blocks of a page, continued lines joined.
fn commands(page: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = std::fs::read_to_string(root.join(page)).unwrap();
    let mut commands = Vec::new();
    let mut inside = false;
    let mut open: Option<String> = None;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
            continue;
        }
        if !inside || line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let joined = match open.take() {
            Some(begun) => format!("{begun}\n{line}"),
            None => line.to_owned(),
        };
        if joined.ends_with('\\') {
            open = Some(joined);
        } else {
            commands.push(joined);
        }
    }
    commands
}

struct Demo {
    child: Child,
    port: u16,
}

impl Demo {
    /// With enough going on for the examples to find something.
    fn start(scratch: &Path) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut child = Command::new(env!("CARGO_BIN_EXE_calbridge"))
            .args(["demo", "--listen", &format!("127.0.0.1:{port}")])
            .current_dir(scratch)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines
            .by_ref()
            .map_while(Result::ok)
            .filter(|line| line.contains("processed"))
            .take(3)
            .count();
        assert_eq!(told, 3, "the demo tells what became of its events");
        // It goes on talking; somebody must listen.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        Self { child, port }
    }
}

impl Demo {
    async fn ask(&self, path: &str) -> Json {
        let url = format!("http://127.0.0.1:{}{path}", self.port);
        client()
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// What a line of the API's page means by `$BOOKING` and `$START`: a booking that was just made, and a free time.
    async fn names_in(&self, line: &str) -> Vec<(&'static str, String)> {
        if !line.contains("$BOOKING") && !line.contains("$START") {
            return Vec::new();
        }
        let url = format!("http://127.0.0.1:{}/api/v1/bookings", self.port);
        let wish = json!({"lead_id": 123});
        let booked = client().post(url).json(&wish).send().await.unwrap();
        let booked: Json = booked.json().await.unwrap();
        let start = self.free_in(14).await;
        vec![
            ("BOOKING", booked["booking_id"].to_string()),
            ("START", start),
        ]
    }

    /// A free time in so many days, or a few more.
    async fn free_in(&self, days: i64) -> String {
        let today = Clock::system().now().to_zoned(TimeZone::UTC).date();
        let from = today.checked_add(days.days()).unwrap();
        let to = from.checked_add(7.days()).unwrap();
        let path = format!("/api/v1/bookings/availability?date_from={from}&date_to={to}");
        let free = self.ask(&path).await;
        let last = free.as_array().and_then(|free| free.last());
        last.and_then(|last| last["time"].as_str())
            .unwrap()
            .to_owned()
    }
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn sh(line: &str, scratch: &Path, names: &[(&str, String)]) -> std::process::Output {
    Command::new("bash")
        .args(["-o", "pipefail", "-c", line])
        .current_dir(scratch)
        .env("SECRET", "a-webhook-secret")
        .envs(names.iter().cloned())
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// Run a line with curl: the status, and the answer with it.
fn curl(line: &str, scratch: &Path, names: &[(&str, String)]) -> (u16, String) {
    let line = line.replacen("curl", "curl -sS -w '\\n%{http_code}'", 1);
    let output = sh(&line, scratch, names);
    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
    let status = answer.lines().last().and_then(|last| last.parse().ok());
    (status.unwrap_or_default(), answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_of_the_documentation_works() {
    let scratch = tempfile::tempdir().unwrap();
    let database = postgres_db(MIGRATIONS)
        .await
        .expect("PostgreSQL: run ./test long");
    let url = database.url().unwrap().expose_secret().to_owned();
    let demo = Demo::start(scratch.path());
    let binary = env!("CARGO_BIN_EXE_calbridge");
    let address = format!("127.0.0.1:{}", demo.port);
    std::fs::write(scratch.path().join("key.txt"), "cal_test_key\n").unwrap();
    // What the lines about one event and one connection are about.
    let first = format!(
        "{binary} connections add calcom --name first --webhook-secret old --json && \
         {binary} signature sign calcom --secret old --body /dev/null --json > /dev/null"
    );
    let output = sh(&first, scratch.path(), &[]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );

    for page in PAGES {
        for command in commands(page) {
            let line = command
                .replace("./target/release/calbridge", "calbridge")
                .replace(
                    "postgres://calbridge@db.internal/calbridge",
                    &format!("'{url}'"),
                )
                .replace(
                    "postgres://calbridge@db.internal/postgres",
                    &format!("'{url}'"),
                )
                .replace("http://localhost:8000", &format!("http://{address}"))
                .replace("http://127.0.0.1:8000", &format!("http://{address}"));
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                // What runs this very test, builds, or was started above.
                // The streams of the log have tests of their own.
                ["./test" | "git" | "grep", ..]
                | ["cargo", "build", ..]
                | ["cargo", "run", "--release", "--", "demo"]
                // Servers: the other tests start them.
                | ["calbridge", "serve" | "work", ..] => {}
                ["curl", ..] => {
                    let names = demo.names_in(&line).await;
                    let (status, answer) = curl(&line, scratch.path(), &names);
                    assert!((200..300).contains(&status), "{page}: {command}\n{answer}");
                }
                ["calbridge", rest @ ..] => {
                    // An event to show and replay is there only in a hub that has had one.
                    let about_an_event =
                        rest.starts_with(&["events", "show"]) || rest.contains(&"42");
                    let line = line.replacen("calbridge", binary, 1);
                    let output = sh(&line, scratch.path(), &[]);
                    let code = output.status.code();
                    let fine = code == Some(0) || (about_an_event && code == Some(3));
                    assert!(
                        fine,
                        "{page}: {command}\n{}",
                        String::from_utf8_lossy(&output.stderr)
                    );
                }
                _ => panic!("{page}: no test runs `{command}`"),
            }
        }
    }
    drop(demo);
    database.remove().await;
}

/// The lines that one of the documents prints for bookings, in the order in which one would try them.
const DOCUMENTED: [&str; 6] = [
    r#"curl -X POST "http://localhost:8000/api/v1/leads" \
  -H "Content-Type: application/json" \
  -H "X-Tenant-Id: 1" \
  -d '{
    "name": "Тест Букинг",
    "email": "test@example.com",
    "phone": "+79991234567",
    "channel": "web",
    "consent": {"gdpr": true, "marketing": true}
  }'"#,
    r#"curl -X POST "http://localhost:8000/api/v1/bookings" \
  -H "Content-Type: application/json" \
  -d '{
    "lead_id": 123,
    "name": "Тест Букинг",
    "email": "test@example.com"
  }'"#,
    r#"curl -X POST "http://localhost:8000/api/v1/bookings" \
  -H "Content-Type: application/json" \
  -d '{
    "lead_id": 123,
    "name": "Иван Петров",
    "email": "ivan@example.com"
  }'"#,
    r#"curl "http://localhost:8000/api/v1/bookings/availability?date_from=2024-01-20&date_to=2024-01-27""#,
    r#"curl -X PATCH "http://localhost:8000/api/v1/bookings/456" \
  -H "Content-Type: application/json" \
  -d '{
    "booking_id": 456,
    "new_start_time": "2024-01-25T16:00:00Z",
    "reschedule_reason": "По просьбе клиента"
  }'"#,
    r#"curl -X DELETE "http://localhost:8000/api/v1/bookings/456" \
  -H "Content-Type: application/json" \
  -d '{
    "booking_id": 456,
    "cancellation_reason": "Клиент перенес встречу"
  }'"#,
];

/// As the documents say, ids of answers are put where theirs stand; and a time ahead where theirs is over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_curl_lines_of_the_documents_book_move_and_call_off() {
    let scratch = tempfile::tempdir().unwrap();
    let demo = Demo::start(scratch.path());
    let here = format!("http://127.0.0.1:{}", demo.port);
    let ask = |line: &str| -> (u16, Json) {
        let line = line.replace("http://localhost:8000", &here);
        let (status, answer) = curl(&line, scratch.path(), &[]);
        let body = answer.rsplit_once('\n').map_or("", |(body, _)| body);
        let body = serde_json::from_str(body).unwrap_or_else(|_| panic!("{line}: {answer}"));
        (status, body)
    };
    let [lead, book_lead, book, availability, reschedule, cancel] = DOCUMENTED;

    let (status, lead) = ask(lead);
    assert_eq!(status, 201, "{lead}");
    let id = lead["id"].to_string();
    let (status, booked) = ask(&book_lead.replace("123", &id));
    assert_eq!(
        (status, booked["lead_id"].to_string()),
        (201, id.clone()),
        "{booked}"
    );
    let (status, booked) = ask(book);
    assert_eq!((status, &booked["lead_id"]), (201, &json!(123)), "{booked}");
    assert_eq!(booked["status"], "accepted");
    let lead = demo.ask(&format!("/api/v1/leads/{id}")).await;
    assert_eq!(lead["status"], "booked");

    // Nothing is free in the past.
    assert_eq!(ask(availability), (200, json!([])));
    let start = demo.free_in(7).await;
    let number = booked["booking_id"].to_string();
    let (status, moved) = ask(&reschedule
        .replace("456", &number)
        .replace("2024-01-25T16:00:00Z", &start));
    assert_eq!(
        (status, &moved["start_time"]),
        (200, &json!(start)),
        "{moved}"
    );
    // The former number goes on naming it.
    let (status, off) = ask(&cancel.replace("456", &number));
    assert_eq!(
        (status, &off["status"]),
        (200, &json!("cancelled")),
        "{off}"
    );
    assert_eq!(off["cancellation_reason"], "Клиент перенес встречу");
    let lead = demo.ask("/api/v1/leads/123").await;
    assert_eq!(lead["status"], "qualified");
}
