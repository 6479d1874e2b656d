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

    /// Run a command to its end and read its JSON.
    pub fn run(&self, arguments: &[&str]) -> serde_json::Value {
        let mut command = binary(&self.data_dir);
        command.args(arguments);
        self.arguments(&mut command);
        let output = command.output().unwrap();
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
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let listen = format!("127.0.0.1:{port}");
        let mut command = binary(&self.data_dir);
        command.args(["serve", "--listen", &listen, "--migrate"]);
        command.args(flags).envs(variables.iter().copied());
        self.arguments(&mut command);
        let child = command.spawn().unwrap();
        let mut server = Server {
            child,
            base: format!("http://{listen}"),
        };
        server.wait_until_ready().await;
        server
    }

    /// Start a process that does jobs and nothing else.
    pub fn work(&self, variables: &[(&str, &str)]) -> Server {
        let mut command = binary(&self.data_dir);
        command.arg("work").envs(variables.iter().copied());
        self.arguments(&mut command);
        Server {
            child: command.spawn().unwrap(),
            base: String::new(),
        }
    }
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
    async fn wait_until_ready(&mut self) {
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

    fn complaints(&mut self) -> String {
        use std::io::Read;
        let mut text = String::new();
        if let Some(stderr) = &mut self.child.stderr {
            let _partial = stderr.read_to_string(&mut text);
        }
        text
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
    }
}
