//! Ctrl-C while an answer comes: it stops the answer, not the program.

use std::future::Future;
use std::io;
use std::pin::Pin;

use futures_util::StreamExt;
use mixtral_engine::EventStream;
use mixtral_engine::request::Event;
use tokio::runtime::{Builder, Runtime};
use tokio::signal::ctrl_c;

/// Waits for events or Ctrl-C, whichever is first.
pub struct Listener {
    runtime: Runtime,
    /// One wait over many events, so that a Ctrl-C between two of them is not lost.
    ctrl_c: Pin<Box<dyn Future<Output = io::Result<()>>>>,
}

/// What came first.
pub enum Heard {
    Event(Event),
    CtrlC,
    End,
}

impl Listener {
    pub fn new() -> io::Result<Self> {
        Ok(Self { runtime: Builder::new_current_thread().enable_all().build()?, ctrl_c: Box::pin(ctrl_c()) })
    }

    pub fn next(&mut self, stream: &mut EventStream) -> Heard {
        let Self { runtime, ctrl_c: pressed } = self;
        let heard = runtime.block_on(async {
            tokio::select! {
                _ = pressed.as_mut() => Heard::CtrlC,
                event = stream.next() => event.map_or(Heard::End, Heard::Event),
            }
        });
        if matches!(heard, Heard::CtrlC) {
            *pressed = Box::pin(ctrl_c());
        }
        heard
    }
}
