//! How many threads are worth starting.

use std::collections::HashSet;
use std::thread::available_parallelism;

/// Physical cores that this process may use, and no more than the time that its group is given. Two threads of one core share
/// what matrix products need.
pub fn allowed_cores() -> usize {
    // Affinity and quotas of control groups are counted in here.
    let threads = available_parallelism().map_or(1, usize::from);
    physical().map_or(threads, |cores| cores.clamp(1, threads))
}

/// Physical cores among the processors that this process may run on, where the system (Linux) tells.
fn physical() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let siblings = |cpu: usize| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
        std::fs::read_to_string(path).ok()
    };
    let cores: Option<HashSet<String>> = processors(list)?.into_iter().map(siblings).collect();
    cores.map(|cores| cores.len()).filter(|cores| *cores > 0)
}

/// Processors in a list such as `0-3,8`.
fn processors(list: &str) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for part in list.trim().split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        all.extend(first.parse().ok()?..=last.parse::<usize>().ok()?);
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(processors(" 0-3,8\n"), Some(vec![0, 1, 2, 3, 8]));
        assert_eq!(processors("5"), Some(vec![5]));
        assert_eq!(processors("a"), None);
        assert!(allowed_cores() >= 1);
    }
}
