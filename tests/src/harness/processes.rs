//! Processes of others: what they started, and how they stand still.

use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

/// A process and those that it started, which can be frozen: they say nothing, and hang up on nobody.
#[derive(Debug)]
pub struct Processes {
    first: Pid,
}

/// They stand still until this is dropped.
#[derive(Debug)]
pub struct Frozen {
    all: Vec<Pid>,
}

impl Processes {
    /// This one and what it has started by the time that they are frozen.
    pub fn of(first: Pid) -> Self {
        Self { first }
    }

    /// SIGSTOP to all of them, the first one first, so that it starts no others meanwhile. It may have been starting one as the
    /// signal came, so its children are looked at until none is new.
    #[must_use]
    pub fn freeze(&self) -> Frozen {
        let mut all = vec![self.first];
        _ = kill_process(self.first, Signal::STOP);
        loop {
            let new: Vec<Pid> =
                children_of(self.first).into_iter().map(|(pid, _)| pid).filter(|pid| !all.contains(pid)).collect();
            if new.is_empty() {
                return Frozen { all };
            }
            for pid in &new {
                _ = kill_process(*pid, Signal::STOP);
            }
            all.extend(new);
        }
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        for pid in &self.all {
            _ = kill_process(*pid, Signal::CONT);
        }
    }
}

/// Reads `/proc`, which is there on the systems that the suites run on.
pub(super) fn children_of(parent: Pid) -> Vec<(Pid, String)> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(PathBuf::from("/proc").join(pid.to_string()).join("stat")).ok()?;
            // pid (name) state parent …; the name may hold spaces and brackets.
            let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
            let state = fields.next()?;
            let its_parent: i32 = fields.next()?.parse().ok()?;
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            (its_parent == parent.as_raw_nonzero().get() && state != "Z").then_some((Pid::from_raw(pid)?, line))
        })
        .collect()
}
