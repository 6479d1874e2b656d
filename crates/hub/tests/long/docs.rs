//! Every command in the documentation is run, or known by name to be run elsewhere.

use std::{
    io::{BufRead, BufReader},
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use calbridge_store::{migrations::MIGRATIONS, testing::postgres_db};
use secrecy::ExposeSecret;

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
            .args(["demo", "--fast", "--listen", &format!("127.0.0.1:{port}")])
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

impl Drop for Demo {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

fn sh(line: &str, scratch: &Path) -> std::process::Output {
    Command::new("bash")
        .args(["-o", "pipefail", "-c", line])
        .current_dir(scratch)
        .env("SECRET", "a-webhook-secret")
        .stdin(Stdio::null())
        .output()
        .unwrap()
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
    let output = sh(&first, scratch.path());
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
                    let output = sh(
                        &line.replacen("curl", "curl -sS -w '\\n%{http_code}'", 1),
                        scratch.path(),
                    );
                    let answer = String::from_utf8_lossy(&output.stdout).into_owned();
                    let status = answer.lines().last().unwrap_or_default().to_owned();
                    assert!(status.starts_with('2'), "{page}: {command}\n{answer}");
                }
                ["calbridge", rest @ ..] => {
                    // An event to show and replay is there only in a hub that has had one.
                    let about_an_event =
                        rest.starts_with(&["events", "show"]) || rest.contains(&"42");
                    let line = line.replacen("calbridge", binary, 1);
                    let output = sh(&line, scratch.path());
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
