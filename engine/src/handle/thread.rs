//! The engine's thread: commands in, one step for each model that has work, again and again.

use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Instant;

use super::request_state::RequestState;
use super::runner::ModelRunner;
use super::step::guarded_step;
use crate::request::GenerateError;

/// What the thread is told.
pub(super) enum Command {
    Add { number: u64, served: Box<ModelRunner> },
    Submit { number: u64, job: Box<RequestState> },
    Remove { number: u64, done: SyncSender<()> },
    Shutdown { deadline: Instant },
}

/// Runs until told to shut down, or until nobody is left who could tell it.
pub(super) fn run(commands: &Receiver<Command>) {
    let mut models: Vec<(u64, ModelRunner)> = Vec::new();
    let mut deadline: Option<Instant> = None;
    loop {
        let idle = models.iter().all(|(_, m)| m.scheduler.is_idle());
        let over = deadline.is_some_and(|d| idle || Instant::now() >= d);
        if over {
            break;
        }
        if idle {
            models.iter_mut().for_each(|(_, m)| m.check());
            let Ok(command) = commands.recv() else { break };
            handle_command(command, &mut models, &mut deadline);
        }
        while let Ok(command) = commands.try_recv() {
            handle_command(command, &mut models, &mut deadline);
        }
        let mut works = true;
        for (_, model) in models.iter_mut().filter(|(_, m)| !m.scheduler.is_idle()) {
            works &= guarded_step(model);
        }
        if !works {
            // Whoever watches over the engine sees that it has ended, and starts it anew with its device.
            tracing::error!("the device computes nothing any more; the engine ends");
            break;
        }
    }
    models.iter_mut().for_each(|(_, m)| m.fail_all(&GenerateError::ShutDown));
}

fn handle_command(command: Command, models: &mut Vec<(u64, ModelRunner)>, deadline: &mut Option<Instant>) {
    match command {
        Command::Add { number, served } => models.push((number, *served)),
        Command::Submit { number, mut job } => match models.iter_mut().find(|(n, _)| *n == number) {
            Some(_) if deadline.is_some() => job.fail(GenerateError::ShutDown),
            Some((_, model)) => model.enqueue(*job),
            None => job.fail(GenerateError::Unloaded),
        },
        Command::Remove { number, done } => {
            if let Some(at) = models.iter().position(|(n, _)| *n == number) {
                let (_, mut model) = models.remove(at);
                model.fail_all(&GenerateError::Unloaded);
            }
            // Whoever asked may have given up waiting.
            let _ = done.send(());
        }
        Command::Shutdown { deadline: at } => *deadline = Some(at),
    }
}
