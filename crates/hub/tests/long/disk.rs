//! The disk is full or cannot be written to: deliveries are turned away, and everything goes on when it is better.
//!
//! The disk is a small tmpfs. Where none can be mounted, because we are not root, there is nothing to test.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use calbridge_store::sql::{Db, SqliteOptions};

use crate::{
    load::{Load, Meetings},
    network::reaches,
    server::Home,
};

/// A small disk, gone with its guard.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], folder.path()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Take all the room that is left.
    fn fill(&self) -> PathBuf {
        let path = self.path().join("ballast");
        let mut ballast = std::fs::File::create(&path).unwrap();
        for size in [1 << 16, 1 << 12, 1] {
            while ballast.write_all(&vec![0; size]).is_ok() {}
        }
        path
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _gone = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn mount(arguments: &[&str], at: &Path) -> bool {
    let mounted = Command::new("mount").args(arguments).arg(at).output();
    mounted.is_ok_and(|output| output.status.success())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_turns_deliveries_away_until_there_is_room() {
    let Some(disk) = Disk::mount(48) else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    let home = Home::in_folder(disk.path());
    let load = Load::new(&home, Meetings::Ahead);
    let mut server = home.serve().await;
    load.aim(std::slice::from_ref(&server));
    let trouble = async {
        load.reaches(10).await;
        let ballast = disk.fill();
        reaches(&server, "calbridge_deliveries_not_taken_total", 3.).await;
        std::fs::remove_file(ballast).unwrap();
    };
    let trouble = tokio::time::timeout(Duration::from_mins(1), trouble);
    let ((), noticed) = tokio::join!(load.send(), trouble);
    noticed.expect("the full disk is noticed");
    assert!(server.is_alive());
    assert_eq!(server.stop(), Some(0));
    let file = home.data_dir.join("calbridge.db");
    let db = Db::open_sqlite(&file, SqliteOptions::default())
        .await
        .unwrap();
    load.check(&db).await;
    db.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_data_directory_is_refused_and_fine_once_it_can_be_written() {
    let Some(disk) = Disk::mount(48) else {
        println!("skipped: no tmpfs can be mounted here");
        return;
    };
    let home = Home::in_folder(disk.path());
    let load = Load::new(&home, Meetings::Ahead);
    assert!(mount(&["-o", "remount,ro"], disk.path()));
    let mut refused = home.begin_to_serve(&[], &[]);
    assert_eq!(refused.ended().await, Some(5), "{}", refused.complaints());
    assert!(!refused.complaints().is_empty());

    assert!(mount(&["-o", "remount,rw"], disk.path()));
    let server = home.serve().await;
    load.aim(std::slice::from_ref(&server));
    load.send().await;
    assert_eq!(server.stop(), Some(0));
    let file = home.data_dir.join("calbridge.db");
    let db = Db::open_sqlite(&file, SqliteOptions::default())
        .await
        .unwrap();
    load.check(&db).await;
    db.close().await;
}
