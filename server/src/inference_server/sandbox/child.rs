//! A sandbox as its parent holds it.

use std::io::{self, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use mixtral_engine::error::Crash;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::job::SandboxJob;

/// Bytes of one message, either way: more than the longest conversation and what a template may make of it.
const MAX_MESSAGE: u32 = 64 << 20;
/// Bytes kept of what a sandbox says on its standard error: the beginning names the cause.
const MAX_ERRORS: u64 = 4096;
/// What a sandbox needs of the environment: where libraries are.
const KEPT: [&str; 2] = ["LD_LIBRARY_PATH", "RAYON_NUM_THREADS"];

/// A running sandbox. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Sandbox {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Vec<u8>>,
    errors: Arc<Mutex<Vec<u8>>>,
}

impl Sandbox {
    /// Starts one from this program's file.
    pub(super) fn start(executable: &Path, job: SandboxJob) -> io::Result<Self> {
        let mut child = Command::new(executable)
            .args(["sandbox", job.name()])
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal is for the service alone.
            .process_group(0)
            .spawn()?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(io::Error::other("a sandbox's pipes are missing"));
        };
        let (send, answers) = sync_channel(1);
        thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            let mut output: BufReader<ChildStdout> = BufReader::new(output);
            while let Ok(answer) = read_message(&mut output) {
                if send.send(answer).is_err() {
                    break;
                }
            }
        })?;
        let said = Arc::new(Mutex::new(Vec::new()));
        let kept = said.clone();
        thread::Builder::new().name("sandbox-errors".to_owned()).spawn(move || {
            let mut begin = Vec::new();
            // A broken pipe later on ends the sandbox at its next word, which nobody would read.
            let _ = errors.take(MAX_ERRORS).read_to_end(&mut begin);
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = begin;
        })?;
        Ok(Self { child, input, answers, errors: said })
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// How the sandbox came to its end, or that it took too long and was ended. It is of no use then.
    pub(super) fn ask<T: DeserializeOwned>(&mut self, what: &impl Serialize, patience: Duration) -> Result<T, Crash> {
        let unreadable = |error: serde_json::Error| Crash::System(error.to_string());
        let asked = serde_json::to_vec(what).map_err(unreadable)?;
        // A sandbox that has ended breaks the pipe; how it ended says more than that.
        let _ = write_message(&mut self.input, &asked);
        match self.answers.recv_timeout(patience) {
            Ok(answer) => serde_json::from_slice(&answer).map_err(unreadable),
            Err(RecvTimeoutError::Timeout) => {
                self.end();
                Err(Crash::Silent(patience.as_secs()))
            }
            Err(RecvTimeoutError::Disconnected) => Err(self.how_it_ended()),
        }
    }

    fn how_it_ended(&mut self) -> Crash {
        let status = self.child.wait();
        // What it said last arrives a moment after its end.
        thread::sleep(Duration::from_millis(20));
        let said = String::from_utf8_lossy(&self.errors.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
        if said.contains("overflowed its stack") {
            return Crash::Stack;
        }
        if said.contains("memory allocation") {
            return Crash::Memory;
        }
        match status {
            // SIGXCPU
            Ok(status) if status.signal() == Some(24) => Crash::ProcessorTime,
            Ok(status) => match status.signal() {
                Some(signal) => Crash::Signal(signal),
                None => Crash::Ended(format!("{status}: {}", said.lines().last().unwrap_or_default())),
            },
            Err(error) => Crash::System(error.to_string()),
        }
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.end();
    }
}

/// Reads a message: its length in four bytes, then its bytes.
pub(super) fn read_message(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_MESSAGE {
        return Err(io::Error::other("a message is too long"));
    }
    let mut message = vec![0; length as usize];
    from.read_exact(&mut message)?;
    Ok(message)
}

/// Writes one.
pub(super) fn write_message(to: &mut impl Write, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).ok().filter(|length| *length <= MAX_MESSAGE);
    let length = length.ok_or_else(|| io::Error::other("a message is too long"))?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(message)?;
    to.flush()
}
