//! The real binary as a child process.

use std::{
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Longer than anything takes on a slow machine; a test that waits this long has failed.
const DEADLINE: Duration = Duration::from_mins(1);

pub struct Server {
    child: Child,
    pub base: String,
    metrics: String,
    log: std::path::PathBuf,
}

/// Where a server keeps its data.
#[derive(Clone, Debug)]
pub struct Home {
    pub data_dir: std::path::PathBuf,
    pub database_url: Option<String>,
}

impl Home {
    fn arguments(&self, command: &mut Command) {
        command.arg("--data-dir").arg(&self.data_dir);
        if let Some(url) = &self.database_url {
            command.arg("--database-url").arg(url);
        }
    }

    /// A new SQLite installation in a folder.
    pub fn in_folder(folder: &Path) -> Self {
        let data_dir = folder.join("data");
        std::fs::create_dir(&data_dir).unwrap();
        Self {
            data_dir,
            database_url: None,
        }
    }

    /// Run a command to its end.
    pub fn output(&self, arguments: &[&str]) -> std::process::Output {
        let mut command = binary(&self.data_dir);
        command.args(arguments);
        self.arguments(&mut command);
        command.output().unwrap()
    }

    /// Run a command to its end and read its JSON.
    pub fn run(&self, arguments: &[&str]) -> serde_json::Value {
        let output = self.output(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or(serde_json::Value::Null)
    }

    /// Start the server and wait until it is ready.
    pub async fn serve(&self) -> Server {
        self.serve_with(&[], &[]).await
    }

    /// The same with more flags and variables.
    pub async fn serve_with(&self, flags: &[&str], variables: &[(&str, &str)]) -> Server {
        let mut server = self.begin_to_serve(flags, variables);
        server.wait_until_ready().await;
        server
    }

    /// Start the server, which may fail to.
    pub fn begin_to_serve(&self, flags: &[&str], variables: &[(&str, &str)]) -> Server {
        let listen = free_address();
        let mut command = binary(&self.data_dir);
        command.args(["serve", "--listen", &listen, "--migrate"]);
        command.args(flags).envs(variables.iter().copied());
        self.start(command, format!("http://{listen}"))
    }

    /// Start a process that does jobs and nothing else.
    pub fn work(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = binary(&self.data_dir);
        command.arg("work").envs(variables.iter().copied());
        self.start(command, String::new())
    }

    fn start(&self, mut command: Command, base: String) -> Server {
        self.arguments(&mut command);
        let metrics = free_address();
        // A pipe that nobody empties would stop a server that has much to complain about.
        let name = format!("calbridge-long-{}.log", metrics.replace(':', "-"));
        let log = std::env::temp_dir().join(name);
        command
            .env("CALBRIDGE_METRICS_LISTEN", &metrics)
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).unwrap());
        Server {
            child: command.spawn().unwrap(),
            base,
            metrics: format!("http://{metrics}/metrics"),
            log,
        }
    }
}

fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn binary(scratch: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_calbridge"));
    command
        .current_dir(scratch)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .env("CALBRIDGE_LOG", "error");
    command
}

impl Server {
    pub async fn wait_until_ready(&mut self) {
        let client = reqwest::Client::builder()
            .timeout(Duration::from_secs(2))
            .build()
            .unwrap();
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the server ended with {status}: {}", self.complaints());
            }
            let answer = client
                .get(format!("{}/health/ready", self.base))
                .send()
                .await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            assert!(begun.elapsed() < DEADLINE, "the server is not ready");
            tokio::task::yield_now().await;
        }
    }

    pub fn complaints(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ask it to stop; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        self.signal("-TERM");
        self.child.wait().unwrap().code()
    }

    /// `-STOP` pauses it, `-CONT` wakes it.
    pub fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .args([signal, &self.child.id().to_string()])
            .status();
        assert!(status.unwrap().success());
    }

    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Wait until it ends by itself; its exit code.
    pub async fn ended(&mut self) -> Option<i32> {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            assert!(begun.elapsed() < DEADLINE, "the server goes on");
            tokio::task::yield_now().await;
        }
    }

    /// The sum of a metric over its labels, if it is there.
    pub async fn metric(&self, name: &str) -> Option<f64> {
        let text = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()
            .unwrap()
            .get(&self.metrics)
            .send()
            .await
            .ok()?
            .text()
            .await
            .ok()?;
        let values: Vec<f64> = text
            .lines()
            .filter(|line| {
                line.strip_prefix(name)
                    .is_some_and(|rest| rest.starts_with([' ', '{']))
            })
            .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
            .collect();
        (!values.is_empty()).then(|| values.iter().sum())
    }

    /// Resident memory in bytes.
    pub fn resident(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status
            .lines()
            .find(|line| line.starts_with("VmRSS:"))
            .unwrap();
        let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        kilobytes * 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
        let _gone = std::fs::remove_file(&self.log);
    }
}
