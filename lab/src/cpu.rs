//! Processor time as the kernel counts it, and what the machine is.

use std::collections::HashSet;

/// Kernel ticks per second of `/proc/PID/stat` (USER_HZ, 100 on every Linux of today).
const TICKS_PER_SECOND: f64 = 100.0;

struct Stat {
    parent: u32,
    own_ticks: u64,
    reaped_ticks: u64,
}

fn stat(pid: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<u64>().ok());
    Some(Stat {
        parent: number(1)? as u32,
        own_ticks: number(11)? + number(12)?,
        reaped_ticks: number(13)? + number(14)?,
    })
}

fn every_pid() -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// User and system seconds of a process and all its descendants, those that ended included.
pub fn seconds_of_tree(pid: u32) -> f64 {
    let stats: Vec<(u32, Stat)> = every_pid().into_iter().filter_map(|pid| Some((pid, stat(pid)?))).collect();
    let mut tree = HashSet::from([pid]);
    loop {
        let before = tree.len();
        tree.extend(
            stats.iter().filter(|(_, stat)| tree.contains(&stat.parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
        if tree.len() == before {
            break;
        }
    }
    let ticks: u64 =
        stats.iter().filter(|(pid, _)| tree.contains(pid)).map(|(_, stat)| stat.own_ticks + stat.reaped_ticks).sum();
    ticks as f64 / TICKS_PER_SECOND
}

/// User and system seconds of one process without its children.
pub fn seconds_of_process(pid: u32) -> f64 {
    stat(pid).map_or(0.0, |stat| stat.own_ticks as f64 / TICKS_PER_SECOND)
}

/// Seconds all processors were busy since start, and seconds they existed.
pub fn machine_seconds() -> (f64, f64) {
    let text = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    let ticks: Vec<u64> = line.split_whitespace().skip(1).take(8).filter_map(|field| field.parse().ok()).collect();
    let all: u64 = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    ((all - idle) as f64 / TICKS_PER_SECOND, all as f64 / TICKS_PER_SECOND)
}

/// One-minute load average.
pub fn load() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().and_then(|field| field.parse().ok()).unwrap_or(0.0)
}

pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

pub fn model() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    line.and_then(|line| line.split_once(": ")).map(|(_, name)| name.trim().to_owned()).unwrap_or_default()
}
