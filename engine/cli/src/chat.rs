//! `mixtral chat`: several turns in the terminal, or one answer with `--prompt`.

use anyhow::anyhow;
use clap::Args;
use mixtral_engine::request::{DEFAULT_MAX_TOKENS, Event, Input, Message, Request, Role, SubmitError, Usage};
use mixtral_engine::{Engine, EngineOptions, LoadOptions, ModelCard};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::i18n::{Language, described};
use crate::interrupt::{Heard, Listener};
use crate::options::{Machine, Model, SamplingArguments, warn_of_long_context};
use crate::settings::Settings;

#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub model: Model,
    #[arg(short, long)]
    pub prompt: Option<String>,
    #[arg(long)]
    pub raw: bool,
    #[arg(short, long, alias = "system-prompt")]
    pub system: Option<String>,
    #[command(flatten)]
    pub sampling: SamplingArguments,
    #[arg(short = 'n', long, aliases = ["n-predict", "max-new-tokens"], default_value_t = DEFAULT_MAX_TOKENS)]
    pub max_tokens: usize,
    #[arg(long)]
    pub stop: Vec<String>,
    #[command(flatten)]
    pub machine: Machine,
}

const MODEL: &str = "model";
/// The context that a conversation gets where nobody says how long: a full 32K cache is large.
const CONTEXT: usize = 8192;

/// A conversation with one model.
struct Session {
    engine: Engine,
    listener: Listener,
    language: Language,
    settings: Settings,
    stop: Vec<String>,
    raw: bool,
    system: Option<String>,
    turns: Vec<Message>,
}

/// How an answer went.
struct Answer {
    text: String,
    interrupted: bool,
}

pub fn run(arguments: Arguments, language: Language) -> anyhow::Result<()> {
    let sampling = arguments.sampling.sampling()?;
    arguments.machine.pool.make(language)?;
    let options = EngineOptions { max_sequences: 1, queue: 1, ..arguments.machine.options() };
    let engine = Engine::start(arguments.machine.device, options)?;
    arguments.model.warn_of_merges(language);
    let load = LoadOptions { usual_context: Some(CONTEXT), ..arguments.machine.load_options(&arguments.model) };
    let card = arguments.model.load(&engine, MODEL, load)?;
    warn_of_long_context(card.context, card.trained_context, &arguments.machine.rope, language);
    let mut session = Session {
        engine,
        listener: Listener::new()?,
        language,
        settings: Settings { sampling, max_tokens: arguments.max_tokens },
        stop: arguments.stop,
        raw: arguments.raw,
        system: arguments.system,
        turns: Vec::new(),
    };
    match arguments.prompt {
        Some(prompt) => {
            let answer = session.answer(&prompt)?;
            say!("");
            if answer.interrupted { Err(anyhow!(t!(language, "chat-interrupted"))) } else { Ok(()) }
        }
        None => session.talk(&card),
    }
}

impl Session {
    fn talk(&mut self, card: &ModelCard) -> anyhow::Result<()> {
        let l = self.language;
        let title = card.title.as_deref().unwrap_or(&card.file);
        say!("{title} · {} · {} · {}", card.quantisation, card.device, t!(l, "chat-help-hint"));
        let mut editor = DefaultEditor::new()?;
        let mut lines = String::new();
        loop {
            match editor.readline(if lines.is_empty() { "> " } else { "… " }) {
                Ok(line) => {
                    if let Some(line) = line.strip_suffix('\\') {
                        lines.push_str(line);
                        lines.push('\n');
                        continue;
                    }
                    lines.push_str(&line);
                    let message = std::mem::take(&mut lines);
                    let message = message.trim();
                    if message.is_empty() {
                        continue;
                    }
                    editor.add_history_entry(message)?;
                    match message.strip_prefix('/') {
                        Some("exit" | "quit") => break,
                        Some(command) => self.command(command),
                        None => self.turn(message)?,
                    }
                }
                // At the prompt Ctrl-C drops the line; Ctrl-D ends.
                Err(ReadlineError::Interrupted) => lines.clear(),
                Err(ReadlineError::Eof) => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn command(&mut self, command: &str) {
        let l = self.language;
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["help"] => say!("{}", t!(l, "chat-help")),
            ["reset"] => {
                self.turns.clear();
                say!("{}", t!(l, "chat-reset"));
            }
            ["system"] => {
                self.system = None;
                say!("{}", t!(l, "chat-system-removed"));
            }
            ["system", ..] => {
                self.system = Some(command["system".len()..].trim().to_owned());
                say!("{}", t!(l, "chat-system-set"));
            }
            ["set"] => self.settings.lines().iter().for_each(|line| say!("{line}")),
            ["set", name, value] => match self.settings.set(name, value, l) {
                Ok(()) => say!("{name} {value}"),
                Err(error) => say!("{}", t!(l, "chat-not-set", error = described(&error, l))),
            },
            _ => say!("{}", t!(l, "chat-no-command")),
        }
    }

    /// One question and its answer. What the model cannot do is said, and the conversation goes on.
    fn turn(&mut self, message: &str) -> anyhow::Result<()> {
        match self.answer(message) {
            Ok(_) => say!(""),
            Err(error) => {
                let l = self.language;
                say!("{}", t!(l, "error", what = described(&error, l)));
            }
        }
        Ok(())
    }

    fn answer(&mut self, message: &str) -> anyhow::Result<Answer> {
        self.turns.push(Message::new(Role::User, message));
        let mut stream = loop {
            match self.engine.submit(MODEL, self.request(message)) {
                Ok(stream) => break stream,
                // A conversation outgrows every context: the oldest question and answer go first.
                Err(SubmitError::PromptTooLong { .. }) if self.turns.len() > 2 => {
                    self.turns.drain(..2);
                    eprintln!("{}", t!(self.language, "chat-forgotten"));
                }
                Err(error) => {
                    self.turns.pop();
                    return Err(error.into());
                }
            }
        };
        let mut answer = Answer { text: String::new(), interrupted: false };
        let mut failure = None;
        loop {
            match self.listener.next(&mut stream) {
                Heard::Event(Event::Started { .. } | Event::Prompt { .. } | Event::Embedding { .. }) => {}
                Heard::Event(Event::Text { text, .. }) => {
                    say_on!("{text}");
                    answer.text.push_str(&text);
                }
                Heard::Event(Event::Finished { usage, .. }) => {
                    self.show(usage);
                    break;
                }
                Heard::Event(Event::Failed { error }) => {
                    failure = Some(error);
                    break;
                }
                Heard::CtrlC => {
                    answer.interrupted = true;
                    break;
                }
                Heard::End => break,
            }
        }
        if let Some(error) = failure {
            self.turns.pop();
            return Err(error.into());
        }
        // What came before an interruption was said: the next question may refer to it.
        self.turns.push(Message::new(Role::Assistant, answer.text.as_str()));
        Ok(answer)
    }

    fn request(&self, message: &str) -> Request {
        let input = if self.raw {
            Input::Text { text: message.to_owned(), parse_special: false }
        } else {
            let system = self.system.iter().map(|s| Message::new(Role::System, s.as_str()));
            Input::Chat(system.chain(self.turns.iter().cloned()).collect())
        };
        Request {
            sampling: self.settings.sampling.clone(),
            max_tokens: self.settings.max_tokens,
            stop: self.stop.clone(),
            ..Request::new(input)
        }
    }

    /// Counts and speeds, on the error output so that the answer alone can be piped on.
    fn show(&self, usage: Usage) {
        let made = usage.completion_tokens;
        let seconds = usage.total_seconds - usage.first_token_seconds;
        let speed = if made > 1 && seconds > 0.0 { (made - 1) as f64 / seconds } else { 0.0 };
        let (prompt, first) = (usage.prompt_tokens, usage.first_token_seconds);
        let (first, speed) = (format!("{first:.2}"), format!("{speed:.1}"));
        let text = t!(self.language, "chat-usage", prompt = prompt, made = made, first = first, speed = speed);
        eprint!("\n[{text}]");
    }
}
