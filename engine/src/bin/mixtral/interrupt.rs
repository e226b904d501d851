//! Ctrl-C while an answer comes: it stops the answer, not the program.

use std::io;

use futures_util::StreamExt;
use mixtral_engine::EventStream;
use mixtral_engine::request::Event;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::ctrl_c;

/// Waits for events or Ctrl-C, whichever is first.
pub struct Listener {
    runtime: Runtime,
}

/// What came first.
pub enum Heard {
    Event(Event),
    CtrlC,
    End,
}

impl Listener {
    pub fn new() -> io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()? })
    }

    pub fn next(&self, stream: &mut EventStream) -> Heard {
        self.runtime.block_on(async {
            tokio::select! {
                // A system that has no signals to give only means that Ctrl-C does what it always does.
                Ok(()) = ctrl_c() => Heard::CtrlC,
                event = stream.next() => event.map_or(Heard::End, Heard::Event),
            }
        })
    }
}
