//! A worker as a child process: how it is started, how it tells its port, how it ends.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::output::{Tail, each_line, forward};
use crate::domain::Device;
use crate::i18n::{Message, Translated};
use crate::inference_server::{LISTENING, STOP};

/// A driver may take its time to come up.
const START: Duration = Duration::from_secs(120);

/// A worker that listens.
pub(super) struct Process {
    pub(super) port: u16,
    pub(super) token: SecretString,
    child: Child,
    /// Held open for the worker's life: its end tells the worker that we are gone.
    input: ChildStdin,
}

/// What a worker may know of our environment: where things are, not our secrets.
const KEPT: [&str; 11] = [
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_MESSAGES",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "RAYON_NUM_THREADS",
];

fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os().filter(|(name, _)| {
        let name = name.to_string_lossy();
        KEPT.contains(&name.as_ref()) || name.starts_with("CUDA_") || name.starts_with("NVIDIA_")
    })
}

impl Process {
    /// Starts a worker; [`Process::listening`] must follow.
    pub(super) fn spawn(executable: &Path, device: Device, drain: Duration, tail: Tail) -> Result<Starting, Message> {
        let failed = |error: std::io::Error| {
            let told = Message::new("worker-no-start").with("program", executable.display());
            told.with_text("why", &Translated::of_system(&error))
        };
        let mut child = Command::new(executable)
            .args([
                "worker",
                "--supervised",
                "--log",
                "json",
                "--listen",
                "127.0.0.1:0",
                "--device",
                &device.to_string(),
            ])
            .args(["--drain-seconds", &drain.as_secs().to_string()])
            .env_clear()
            .envs(environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal reaches the service alone, which then stops its workers in order.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let (Some(input), Some(output), Some(errors)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let (found, port) = oneshot::channel();
        let mut found = Some(found);
        tokio::spawn(async move {
            each_line(output, |line| {
                let address = line.strip_prefix(LISTENING).and_then(|rest| rest.rsplit_once(':'));
                if let Some(port) = address.and_then(|(_, port)| port.parse::<u16>().ok())
                    && let Some(found) = found.take()
                {
                    // Nobody waits any more when the start was given up.
                    let _ = found.send(port);
                }
            })
            .await;
        });
        tokio::spawn(forward(device.to_string(), errors, tail));
        Ok(Starting { child, input, port })
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the process ends by itself.
    pub(super) async fn ended(&mut self) -> Message {
        how_it_ended(self.child.wait().await)
    }

    /// Ends it in order, else by force.
    pub(super) async fn stop(mut self, patience: Duration) {
        let told = self.input.write_all(format!("{STOP}\n").as_bytes()).await;
        if told.is_err() || timeout(patience, self.child.wait()).await.is_err() {
            tracing::warn!(pid = self.child.id(), "the worker does not stop: killing it");
            self.kill().await;
        }
    }

    /// Ends it by force.
    pub(super) async fn kill(mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "cannot kill the worker");
        }
    }
}

/// A worker that does not listen yet. Dropping it kills it.
pub(super) struct Starting {
    child: Child,
    input: ChildStdin,
    port: oneshot::Receiver<u16>,
}

impl Starting {
    pub(super) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Hands over the token and waits for the port.
    pub(super) async fn listening(mut self) -> Result<Process, Message> {
        let token = SecretString::from(crate::keys::random_token());
        let line = format!("{}\n", token.expose_secret());
        // A worker that dies at once breaks the pipe; how it ended says more than that.
        let _ = self.input.write_all(line.as_bytes()).await;
        let _ = self.input.flush().await;
        match timeout(START, self.port).await {
            Ok(Ok(port)) => Ok(Process { port, token, child: self.child, input: self.input }),
            Ok(Err(_)) => Err(how_it_ended(self.child.wait().await)),
            Err(_) => Err(Message::new("worker-slow-start").with("seconds", START.as_secs())),
        }
    }
}

fn how_it_ended(status: std::io::Result<ExitStatus>) -> Message {
    use std::os::unix::process::ExitStatusExt;
    match status {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => Message::new("worker-exited").with("code", code),
            (None, Some(9)) => Message::new("worker-killed"),
            (None, Some(signal)) => Message::new("worker-signal").with("signal", signal),
            (None, None) => Message::new("worker-ended"),
        },
        Err(error) => Message::new("worker-lost").with_text("why", &Translated::of_system(&error)),
    }
}
