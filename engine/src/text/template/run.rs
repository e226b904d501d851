//! A template at work: compiled, and rendered within bounds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use serde::{Deserialize, Serialize};

use super::error::TemplateError;
use super::source::prepare;

/// Steps that a template may take for one conversation.
const FUEL: u64 = 500_000;
/// Bytes that a template may write beyond four times what it was given.
const SPARE_OUTPUT: usize = 1 << 20;
/// Stack of the thread that compiles: enough for the deepest chain that `source.rs` lets through.
const COMPILE_STACK: usize = 32 << 20;
const NAME: &str = "chat_template";

/// A message as a template sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// What was said.
    pub content: String,
}

/// What a template is given to lay out one conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateInput {
    /// The conversation.
    pub messages: Vec<Turn>,
    /// The text of the token that begins a text.
    pub bos_token: String,
    /// The text of the token that ends one.
    pub eos_token: String,
    /// Whether an answer is to follow.
    pub add_generation_prompt: bool,
    /// What stands between `<s>` and `[INST]` in Mixtral's own format.
    pub gap: String,
}

/// A compiled template, wherever it runs.
pub trait RenderTemplate: std::fmt::Debug + Send + Sync {
    /// The conversation as text.
    ///
    /// # Errors
    /// The template refused it, or went beyond its bounds.
    fn render(&self, input: &TemplateInput) -> Result<String, TemplateError>;
}

/// Compiles the text of a template.
pub type CompileTemplate = Arc<dyn Fn(&str) -> Result<Box<dyn RenderTemplate>, TemplateError> + Send + Sync>;

/// A template that runs in this process. Its text, its steps and what it writes are bounded. What one step may do is not:
/// a list doubled again and again takes all memory, a value that holds itself overflows the stack when it is printed.
/// Jinja gives no hold on that, so a process that must not end runs strangers' templates in another one.
#[derive(Debug)]
pub struct LocalTemplate {
    environment: Environment<'static>,
}

impl LocalTemplate {
    /// Compiles a template.
    ///
    /// # Errors
    /// It does not parse, with the place, or it is too long or too deep.
    pub fn compile(text: &str) -> Result<Self, TemplateError> {
        let text = prepare(text)?;
        let thread = std::thread::Builder::new().name("template".to_owned()).stack_size(COMPILE_STACK);
        let thread = thread.spawn(move || environment(text)).map_err(|e| TemplateError::Source(e.to_string()))?;
        let done = thread.join().map_err(|_| TemplateError::Source("the parser panicked".to_owned()))?;
        Ok(Self { environment: done? })
    }
}

fn environment(text: String) -> Result<Environment<'static>, TemplateError> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|e| TemplateError::Source(describe(&e)))?);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.set_fuel(Some(FUEL));
    environment.add_function("raise_exception", raise_exception);
    environment.add_function("strftime_now", strftime_now);
    environment.add_filter("tojson", to_json);
    environment.add_template_owned(NAME, text).map_err(|e| TemplateError::Source(describe(&e)))?;
    Ok(environment)
}

impl RenderTemplate for LocalTemplate {
    fn render(&self, input: &TemplateInput) -> Result<String, TemplateError> {
        let turn = |t: &Turn| {
            let content = Value::from(t.content.as_str());
            Value::from(BTreeMap::from([("role", Value::from(t.role.as_str())), ("content", content)]))
        };
        let values = context! {
            messages => input.messages.iter().map(turn).collect::<Vec<_>>(),
            bos_token => input.bos_token.as_str(),
            eos_token => input.eos_token.as_str(),
            add_generation_prompt => input.add_generation_prompt,
            tools => Value::from(()),
            documents => Value::from(()),
            gap => input.gap.as_str(),
        };
        let given: usize = input.messages.iter().map(|t| t.content.len()).sum();
        let mut out = Bounded { bytes: Vec::new(), limit: given * 4 + SPARE_OUTPUT, full: false };
        let template = self.environment.get_template(NAME).map_err(|e| TemplateError::Source(describe(&e)))?;
        match template.render_captured_to(values, &mut out) {
            Ok(_) => Ok(String::from_utf8_lossy(&out.bytes).into_owned()),
            Err(_) if out.full => Err(TemplateError::TooMuch { limit: out.limit }),
            Err(error) if error.kind() == ErrorKind::OutOfFuel => Err(TemplateError::Endless { steps: FUEL }),
            Err(error) => Err(TemplateError::Render(describe(&error))),
        }
    }
}

/// A writer that refuses what exceeds its bound.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.full = true;
            return Err(io::Error::other("too much output"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn strftime_now(format: &str) -> Result<String, Error> {
    let mut text = String::new();
    // Chrono reports an unknown directive as a formatting error.
    write!(text, "{}", chrono::Local::now().format(format))
        .map_err(|_| Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {format:?} is no format")))?;
    Ok(text)
}

/// As Hugging Face's `tojson`: without the escapes for HTML.
fn to_json(value: &Value, options: minijinja::value::Kwargs) -> Result<Value, Error> {
    let indent: Option<usize> = options.get("indent")?;
    let fail = |e: serde_json::Error| Error::new(ErrorKind::BadSerialization, e.to_string());
    let text = match indent {
        None => serde_json::to_string(value).map_err(fail)?,
        Some(indent) => {
            let spaces = " ".repeat(indent.min(16));
            let mut bytes = Vec::new();
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            value.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter)).map_err(fail)?;
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    Ok(Value::from(text))
}

fn describe(error: &Error) -> String {
    let what = error.detail().map_or_else(|| error.kind().to_string(), str::to_owned);
    error.line().map_or_else(|| what.clone(), |line| format!("{what} (line {line})"))
}
