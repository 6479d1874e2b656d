//! A PostgreSQL server of one test's own, which the test may stop. It listens on loopback and is gone afterwards.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use secrecy::SecretString;
use tempfile::TempDir;

pub struct Cluster {
    bin: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    pub fn start() -> Self {
        let cluster = Self {
            bin: programs(),
            folder: tempfile::tempdir().unwrap(),
            port: TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port(),
        };
        if is_root() {
            let owner = Command::new("chown")
                .arg("postgres")
                .arg(cluster.folder.path())
                .status();
            assert!(owner.unwrap().success());
        }
        let data = cluster.data();
        let made = cluster.run(
            "initdb",
            &[
                "-D",
                &data,
                "--username=calbridge",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-sync",
            ],
        );
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        cluster.start_again();
        cluster
    }

    pub fn url(&self) -> SecretString {
        let port = self.port;
        format!("postgres://calbridge@127.0.0.1:{port}/postgres").into()
    }

    /// `fast` ends sessions, `immediate` is a crash.
    pub fn stop(&self, mode: &str) {
        let data = self.data();
        let stopped = self.run("pg_ctl", &["stop", "-w", "-D", &data, "-m", mode]);
        assert!(
            stopped.status.success(),
            "{}",
            String::from_utf8_lossy(&stopped.stderr)
        );
    }

    pub fn start_again(&self) {
        let (data, log) = (self.data(), self.path("log").to_string_lossy().into_owned());
        let options = format!(
            "-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories=",
            self.port
        );
        let started = self.run(
            "pg_ctl",
            &["start", "-w", "-D", &data, "-l", &log, "-o", &options],
        );
        assert!(
            started.status.success(),
            "{}",
            std::fs::read_to_string(self.path("log")).unwrap_or_default()
        );
    }

    fn data(&self) -> String {
        self.path("data").to_string_lossy().into_owned()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The server refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let program = self.bin.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.data();
        let _gone = self.run("pg_ctl", &["stop", "-D", &data, "-m", "immediate"]);
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

/// Where the newest server's programs are.
fn programs() -> PathBuf {
    let told = Command::new("pg_config").arg("--bindir").output();
    let told = told
        .ok()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let mut debian: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    debian.sort();
    let complete = |bin: &Path| bin.join("initdb").exists() && bin.join("pg_ctl").exists();
    told.into_iter()
        .chain(debian.into_iter().rev())
        .find(|bin| complete(bin))
        .expect("PostgreSQL: run ./test long")
}
