//! Section `node`.

use serde::{Deserialize, Serialize};

/// This process among others on the same database.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Node {
    /// What `calbridge nodes` calls it; the name of the machine when absent.
    pub name: Option<String>,
}

impl Node {
    /// What this node is called.
    pub fn name(&self) -> String {
        self.name
            .clone()
            .or_else(machine)
            .unwrap_or_else(|| "unnamed".to_owned())
    }
}

fn machine() -> Option<String> {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .into_iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|name| name.trim().to_owned())
        .find(|name| !name.is_empty())
}
