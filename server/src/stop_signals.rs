//! The signals by which a process is told to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGTERM or Ctrl-C. They are listened for from the moment that this is called, not from the first poll: whoever calls
/// it before telling that a service runs is stopped in order even at once.
///
/// # Errors
/// When the process can listen for no signals.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut term, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
