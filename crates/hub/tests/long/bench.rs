//! What `calbridge bench` does with processes of its own.

use crate::{nodes::postgres, server::Home};

#[tokio::test]
async fn several_processes_share_the_work_and_are_gone_afterwards() {
    let (database, _folder, home) = postgres().await;
    let command = ["bench", "nodes", "--processes", "2", "--seconds", "1"];
    let report = home.run(&[&command[..], &["--connections", "4", "--json"]].concat());
    // Each connection sends at least once to one process, and then to both.
    assert_eq!(report["errors"], 0, "{report}");
    let by = report["processes"].as_array().unwrap();
    let counts: Vec<_> = by.iter().map(|by| by["processes"].as_u64()).collect();
    assert_eq!(counts, [Some(1), Some(2)]);
    let left = std::fs::read_dir(&home.data_dir).unwrap().count();
    assert_eq!(left, 0, "the scratch folder is gone");
    database.remove().await;
}

#[test]
fn one_file_is_not_shared_by_nodes() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home {
        data_dir: folder.path().to_owned(),
        database_url: None,
    };
    let refused = home.output(&["bench", "nodes", "--seconds", "1"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success());
    assert!(said.contains("--database-url"), "{said}");
}
