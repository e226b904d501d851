//! The engine's thread: commands in, one step for each model that has work, again and again. Models of one family, which share a
//! base, take theirs together.

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
    for round in 0.. {
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
        if !step_all(&mut models, round) {
            // Whoever watches over the engine sees that it has ended, and starts it anew with its device.
            tracing::error!("the device computes nothing any more; the engine ends");
            break;
        }
    }
    models.iter_mut().for_each(|(_, m)| m.fail_all(&GenerateError::ShutDown));
}

/// One step for each model that has work. False if nothing can be computed here any more.
fn step_all(models: &mut [(u64, ModelRunner)], round: usize) -> bool {
    let mut works = true;
    let mut left: Vec<&mut ModelRunner> =
        models.iter_mut().map(|(_, model)| model).filter(|model| !model.scheduler.is_idle()).collect();
    while let Some(family) = left.first().map(|model| model.model.family()) {
        let others = match family {
            Some(_) => left.extract_if(1.., |model| model.model.family() != family).collect(),
            None => left.split_off(1),
        };
        // Where a step has not room for all that they want, another one is the first each time.
        let first = round % left.len();
        left.rotate_left(first);
        works &= guarded_step(left);
        left = others;
    }
    works
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
