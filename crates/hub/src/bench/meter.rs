//! What the process and the machine use, as Linux tells; elsewhere nothing is known.

use std::{fs, time::Instant};

use super::report::Usage;

/// Ticks per second in `/proc`, the same on every Linux that runs today.
const TICKS: f64 = 100.0;

/// Began at some moment, and tells what was used since.
pub(super) struct Meter {
    began: Instant,
    own: Option<u64>,
    all: Option<u64>,
}

impl Meter {
    pub fn start() -> Self {
        Self {
            began: Instant::now(),
            own: own_ticks(),
            all: all_ticks(),
        }
    }

    pub fn read(&self) -> Usage {
        let seconds = self.began.elapsed().as_secs_f64();
        let since = |then: Option<u64>, now: Option<u64>| {
            let ticks = u32::try_from(now?.saturating_sub(then?)).unwrap_or(u32::MAX);
            (seconds > 0.0).then(|| f64::from(ticks) / TICKS / seconds)
        };
        Usage {
            cpu: since(self.own, own_ticks()),
            machine_cpu: since(self.all, all_ticks()),
            rss_bytes: rss(),
        }
    }
}

/// User and system time of this process.
fn own_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold anything; after it, fields 3 and on.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Time that the machine did not idle.
fn all_ticks() -> Option<u64> {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    let ticks: Vec<u64> = stat
        .lines()
        .next()?
        .split_whitespace()
        .skip(1)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    // user nice system idle iowait irq softirq steal; those after it are counted in the first.
    let idle = ticks.get(3)? + ticks.get(4)?;
    Some(ticks.iter().take(8).sum::<u64>().saturating_sub(idle))
}

fn rss() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
