//! What the process itself uses, under the names that dashboards know. Only Linux tells.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::Registry,
};

/// The unit of processor times in `/proc`: it is this on every machine, whatever the kernel's own tick is.
const TICKS_PER_SECOND: f64 = 100.;

/// The process.
pub(super) struct Process {
    resident: Gauge,
    open_files: Gauge,
    cpu: Counter<f64, AtomicU64>,
}

impl Process {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let process = Self {
            resident: Gauge::default(),
            open_files: Gauge::default(),
            cpu: Counter::default(),
        };
        registry.register(
            "process_resident_memory_bytes",
            "Memory the process holds",
            process.resident.clone(),
        );
        registry.register(
            "process_open_fds",
            "Files and sockets that are open",
            process.open_files.clone(),
        );
        registry.register("process_cpu_seconds", "Processor time", process.cpu.clone());
        process
    }

    pub(super) fn look(&self) {
        if let Some(bytes) = resident() {
            self.resident.set(bytes);
        }
        if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
            // The one that lists them is not counted.
            let count = files.count().saturating_sub(1);
            self.open_files
                .set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        if let Some(seconds) = cpu() {
            self.cpu
                .inner()
                .store(seconds.to_bits(), std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn resident() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: i64 = line.split_whitespace().nth(1)?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program, in parentheses, may hold anything.
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace().skip(11);
    let user: u32 = fields.next()?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some((f64::from(user) + f64::from(system)) / TICKS_PER_SECOND)
}
