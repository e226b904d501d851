//! `mixtral chat`: several turns in the terminal, or one answer with `--prompt`.

use anyhow::anyhow;
use indicatif::{ProgressBar, ProgressStyle};
use mixtral_engine::request::{Event, Input, Message, Request, Role, SubmitError, Usage};
use mixtral_engine::{Engine, EngineOptions, LoadOptions, ModelCard};
use rustyline::DefaultEditor;
use rustyline::error::ReadlineError;

use crate::arguments::Chat;
use crate::interrupt::{Heard, Listener};
use crate::language::Language;
use crate::settings::Settings;

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

pub fn run(arguments: Chat, language: Language) -> anyhow::Result<()> {
    let sampling = arguments.sampling.sampling()?;
    arguments.machine.make_pool()?;
    let context = arguments.machine.context;
    let options = EngineOptions { max_sequences: 1, queue: 1, ..EngineOptions::default() };
    let engine = Engine::start(arguments.machine.device, options)?;
    let bar = progress_bar();
    let context = Some(context.unwrap_or(CONTEXT));
    let load = LoadOptions { context, base: arguments.model.base, ..LoadOptions::default() };
    let card = engine.load(MODEL, &arguments.model.path, load, |p| {
        bar.set_length(p.total);
        bar.set_position(p.done);
    })?;
    bar.finish_and_clear();
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
            if answer.interrupted { Err(anyhow!(language.pick("interrupted", "已中断"))) } else { Ok(()) }
        }
        None => session.talk(&card),
    }
}

fn progress_bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}") {
        bar.set_style(style);
    }
    bar
}

impl Session {
    fn talk(&mut self, card: &ModelCard) -> anyhow::Result<()> {
        let l = self.language;
        let title = card.title.as_deref().unwrap_or(&card.file);
        say!("{title} · {} · {} · {}", card.quantisation, card.device, l.pick("/help for help", "输入 /help 查看帮助"));
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
            ["help"] => say!("{}", l.pick(HELP.0, HELP.1)),
            ["reset"] => {
                self.turns.clear();
                say!("{}", l.pick("The conversation begins anew.", "对话已重新开始。"));
            }
            ["system"] => {
                self.system = None;
                say!("{}", l.pick("There is no system message now.", "系统指令已去掉。"));
            }
            ["system", ..] => {
                self.system = Some(command["system".len()..].trim().to_owned());
                say!("{}", l.pick("The system message is set.", "系统指令已设定。"));
            }
            ["set"] => self.settings.lines().iter().for_each(|line| say!("{line}")),
            ["set", name, value] => match self.settings.set(name, value) {
                Ok(()) => say!("{name} {value}"),
                Err(error) => say!("{}{}", l.pick("not changed: ", "未更改："), crate::told(&error)),
            },
            _ => say!("{}", l.pick("No such command; see /help.", "没有这个命令；请看 /help。")),
        }
    }

    /// One question and its answer. What the model cannot do is said, and the conversation goes on.
    fn turn(&mut self, message: &str) -> anyhow::Result<()> {
        match self.answer(message) {
            Ok(_) => say!(""),
            Err(error) => say!("{}{}", self.language.pick("error: ", "错误："), crate::told(&error)),
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
                    let l = self.language;
                    eprintln!(
                        "{}",
                        l.pick("(the oldest turn is forgotten: the context is full)", "（上下文已满，最早一轮已忘记）")
                    );
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
                Heard::Event(Event::Started { .. }) => {}
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
        match self.language {
            Language::English => {
                eprint!("\n[{prompt} + {made} tokens, first after {first:.2} s, then {speed:.1} tokens/s]");
            }
            Language::Chinese => eprint!("\n[{prompt} + {made} 词元，首词元 {first:.2} 秒，其后 {speed:.1} 词元/秒]"),
        }
    }
}

const HELP: (&str, &str) = (
    "/reset            begin the conversation anew\n\
     /system TEXT      set the system message; without a text, remove it\n\
     /set              show the settings\n\
     /set NAME VALUE   change one, e.g. /set temperature 0.7, /set seed none\n\
     /exit             end (or Ctrl-D)\n\
     A line that ends with \\ goes on in the next. Ctrl-C stops an answer.",
    "/reset            重新开始对话\n\
     /system 文本      设定系统指令；不带文本则去掉\n\
     /set              显示各项设置\n\
     /set 名称 值      更改一项，例如 /set temperature 0.7、/set seed none\n\
     /exit             退出（或 Ctrl-D）\n\
     以 \\ 结尾的行接到下一行。Ctrl-C 停止回答。",
);
