//! Asking a model at an endpoint: by the log probabilities of the letters where it tells them, or by what it writes.

use anyhow::{anyhow, bail};
use futures_util::{StreamExt as _, stream};
use mixtral_engine::request::{Message, Role};
use mixtral_evaluation::{Benchmark, Extractor, Found, Judged, Layout, Letter, Question, messages, prompt};
use tokio::runtime::{Builder, Runtime};

use super::setup::{Answer, Mode, Part, THINKING_TOKENS, TOKENS};
use crate::endpoint::{Client, Fault, Input, Patience, Prompt};
use crate::i18n::Language;

/// The published temperature of free answers.
const TEMPERATURE: f32 = 0.2;

/// A model at an endpoint that is asked.
pub struct RemoteAsker {
    pub client: Client,
    pub patience: Patience,
    pub parallel: usize,
    pub benchmark: Benchmark,
    pub mode: Mode,
    pub seed: u64,
    pub language: Language,
    runtime: Runtime,
    extractor: Extractor,
}

impl RemoteAsker {
    /// Makes one; nothing is asked yet.
    pub fn new(
        (client, patience): (Client, Patience),
        parallel: usize,
        (benchmark, mode): (Benchmark, Mode),
        seed: u64,
        language: Language,
    ) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { client, patience, parallel, benchmark, mode, seed, language, runtime, extractor: Extractor::new()? })
    }

    /// Asks a subject's questions, some at once; `each` takes the answers in their order.
    pub fn ask(
        &self,
        part: &Part,
        questions: &[&Question],
        layout: Layout,
        each: &mut dyn FnMut(Answer) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        self.runtime.block_on(async {
            let asked = questions.iter().map(|question| self.one(part, question, layout));
            let mut answers = stream::iter(asked).buffered(self.parallel);
            while let Some(answer) = answers.next().await {
                each(answer?)?;
            }
            Ok(())
        })
    }

    async fn one(&self, part: &Part, question: &Question, layout: Layout) -> anyhow::Result<Answer> {
        // Tuned models have the server lay out the conversation; others go on with the text.
        let input = if layout.is_instruct {
            let turns = messages(self.benchmark, &part.subject, &part.examples, question, layout);
            let roles = [Role::User, Role::Assistant].into_iter().cycle();
            Input::Chat(turns.into_iter().zip(roles).map(|(text, role)| Message::new(role, text)).collect())
        } else {
            let header = part.headers.first().map_or("", String::as_str);
            Input::Text(format!("{header}{}", prompt(self.benchmark, question, layout)))
        };
        let by_letter = self.mode == Mode::Logits;
        let asked = Prompt {
            input,
            max_tokens: match self.mode {
                Mode::Logits => 1,
                Mode::Generate => TOKENS,
                Mode::Think => THINKING_TOKENS,
            },
            temperature: if by_letter { 0.0 } else { TEMPERATURE },
            seed: self.seed.wrapping_add(question.row as u64),
            first_tokens: by_letter,
        };
        let reply = match self.patience.ask(|| self.client.ask(&asked)).await {
            Ok(reply) => reply,
            // A question longer than the context is answered by nobody; the others may be.
            Err(Fault::Refused { status: 400, message }) if message.contains("context") => {
                return Ok(self.answer(part, question, None, None));
            }
            Err(fault) => bail!(fault.text(self.language)),
        };
        if !by_letter {
            let chosen = match self.extractor.extract(question, &reply.text) {
                Found::Letter(letter) => Some(letter),
                Found::Nothing => None,
            };
            return Ok(self.answer(part, question, chosen, Some(reply.text)));
        }
        let top = reply.first_tokens.ok_or_else(|| anyhow!(t!(self.language, "endpoint-no-logprobs")))?;
        Ok(self.answer(part, question, likeliest(&top), None))
    }

    fn answer(&self, part: &Part, question: &Question, chosen: Option<Letter>, text: Option<String>) -> Answer {
        let judged = Judged { subject: part.subject.clone(), row: question.row, chosen, answer: question.answer };
        Answer { judged, examples: part.examples.len(), text }
    }
}

/// The likeliest letter among the likeliest tokens: a token is a letter whatever white space is about it.
fn likeliest(top: &[(String, f64)]) -> Option<Letter> {
    let letter = |(token, logprob): &(String, f64)| {
        let token = token.trim_matches(|c: char| c.is_whitespace() || c == '▁');
        Some((token.parse::<Letter>().ok()?, *logprob))
    };
    let best = top.iter().filter_map(letter).reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.map(|(letter, _)| letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_likeliest_token_that_is_a_letter_is_the_answer() {
        let top =
            |tokens: &[(&str, f64)]| tokens.iter().map(|(token, p)| ((*token).to_owned(), *p)).collect::<Vec<_>>();
        assert_eq!(likeliest(&top(&[("The", -0.1), (" B", -2.0), ("▁C", -1.5), ("A", -3.0)])), Some(Letter::C));
        assert_eq!(likeliest(&top(&[("Answer", -0.1)])), None);
        assert_eq!(likeliest(&[]), None);
    }
}
