//! A child process that ends with us.

#![expect(unsafe_code, reason = "pre_exec: Postgres asks to be told when the arena dies")]

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::Signal;

/// Asks the system to send `signal` when the calling thread ends, be it with the whole arena.
pub(super) fn die_with_this_thread(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    let ask = move || {
        #[cfg(target_os = "linux")]
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // The arena may have been killed before the line above.
        if rustix::process::getppid() == Some(parent) {
            Ok(())
        } else {
            Err(std::io::Error::from(rustix::io::Errno::SRCH))
        }
    };
    // SAFETY: between fork and exec the closure makes two system calls; it neither allocates nor
    // takes a lock, and the error it returns holds only a number.
    unsafe { command.pre_exec(ask) };
}
