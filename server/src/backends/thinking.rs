//! What a model thinks in the text of its answer, between tags: it is told apart as if the server had done so. Some servers
//! do (`reasoning_content`), others pass the tags on, and which it is must make no difference in a blind battle.

/// Tags at the start of an answer: DeepSeek R1, Qwen 3 and most others; Magistral; Kimi; Seed-OSS; Skywork; Command A; gpt-oss.
/// Letters of either case.
const TAGS: [(&str, &str); 10] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),
];
/// Some templates open the thinking themselves, so that the answer holds only its end, on a line of its own.
const ORPHAN: &str = "</think>";

/// Where a model writes code, such a line may be part of it.
const FENCE: &str = "```";

/// Splits the text of one answer as it comes in.
#[derive(Debug)]
pub(super) struct Thinking {
    state: State,
    /// What cannot be told yet.
    held: String,
    /// Whether it has thought already.
    has_thought: bool,
    /// Whether what was said may still turn out to be thinking that the template opened.
    may_retract: bool,
    is_at_line_start: bool,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Nothing was said yet.
    Start,
    /// Thinking until this tag.
    Inside(&'static str),
    /// The answer.
    Saying,
}

/// What a piece of text turned out to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Split {
    /// All that was said before this piece was thinking.
    pub(super) retracts: bool,
    /// Whether it holds thoughts.
    pub(super) is_thinking: bool,
    /// What is said.
    pub(super) text: String,
}

impl Default for Thinking {
    fn default() -> Self {
        Self { state: State::Start, held: String::new(), has_thought: false, may_retract: true, is_at_line_start: true }
    }
}

impl Thinking {
    /// Takes the next piece.
    pub(super) fn take(&mut self, piece: &str) -> Split {
        self.held.push_str(piece);
        let mut split = Split::default();
        loop {
            let goes_on = match self.state {
                State::Start => self.begin(),
                State::Inside(close) => self.think(close, &mut split),
                State::Saying if self.may_retract => self.say_line(&mut split),
                State::Saying => {
                    split.text.push_str(&std::mem::take(&mut self.held));
                    false
                }
            };
            if !goes_on {
                return split;
            }
        }
    }

    /// What is left at the end of the answer.
    pub(super) fn finish(&mut self) -> Split {
        let held = std::mem::take(&mut self.held);
        match self.state {
            State::Inside(_) => Split { is_thinking: true, ..Split::default() },
            State::Saying if self.may_retract && self.is_at_line_start && held.trim().eq_ignore_ascii_case(ORPHAN) => {
                Split { retracts: true, is_thinking: true, text: String::new() }
            }
            State::Start | State::Saying => Split { text: held, ..Split::default() },
        }
    }

    fn begin(&mut self) -> bool {
        let begun = self.held.trim_start();
        if let Some((open, close)) = TAGS.iter().find(|(open, _)| begins(begun, open)) {
            self.held = begun[open.len()..].to_owned();
            self.state = State::Inside(close);
            return true;
        }
        if TAGS.iter().any(|(open, _)| begins(open, begun)) {
            return false;
        }
        if self.has_thought {
            // The white space behind a thought is no part of the answer.
            self.held = begun.to_owned();
        }
        self.state = State::Saying;
        true
    }

    fn think(&mut self, close: &'static str, split: &mut Split) -> bool {
        split.is_thinking = true;
        self.has_thought = true;
        self.may_retract = false;
        if let Some(at) = self.held.to_ascii_lowercase().find(&close.to_ascii_lowercase()) {
            self.held.drain(..at + close.len());
            self.state = State::Start;
            return true;
        }
        // The beginning of the tag may be there already.
        let keep = (1..close.len())
            .rev()
            .find(|length| close.is_char_boundary(*length) && ends(&self.held, &close[..*length]));
        self.held.drain(..self.held.len() - keep.unwrap_or(0));
        false
    }

    /// Says what is held, but for the beginning of a line that may end thinking.
    fn say_line(&mut self, split: &mut Split) -> bool {
        if !self.is_at_line_start {
            let end = self.held.find('\n').map_or(self.held.len(), |at| at + 1);
            self.is_at_line_start = self.held[..end].ends_with('\n');
            split.text.extend(self.held.drain(..end));
            return !self.held.is_empty();
        }
        let line = self.held.trim_start_matches([' ', '\t']);
        let opens = |tag: &str| tag.len() > line.len() && begins(tag, line);
        if begins(ORPHAN, line) || opens(FENCE) || TAGS.iter().any(|(open, _)| opens(open)) {
            return false;
        }
        if begins(line, ORPHAN) {
            match line[ORPHAN.len()..].trim_start_matches([' ', '\t', '\r']) {
                "" => return false,
                after if after.starts_with('\n') => {
                    self.held = after.to_owned();
                    *split = Split { retracts: true, is_thinking: true, text: String::new() };
                    self.has_thought = true;
                    self.may_retract = false;
                    self.state = State::Start;
                    return true;
                }
                _ => {}
            }
        }
        if line.starts_with(FENCE) || TAGS.iter().any(|(open, _)| begins(line, open)) {
            self.may_retract = false;
        }
        self.is_at_line_start = false;
        true
    }
}

/// Whether a text begins so, whatever the case of ASCII letters.
fn begins(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// Whether it ends so.
fn ends(text: &str, end: &str) -> bool {
    let from = text.len().checked_sub(end.len());
    from.is_some_and(|from| text.as_bytes()[from..].eq_ignore_ascii_case(end.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said in the end, and whether it thought, when the text comes in pieces of so many characters.
    fn read(text: &str, size: usize) -> (String, bool) {
        let (mut thinking, mut said, mut thought) = (Thinking::default(), String::new(), false);
        let chars: Vec<char> = text.chars().collect();
        let mut take = |split: Split| {
            if split.retracts {
                said.clear();
            }
            said += &split.text;
            thought |= split.is_thinking;
        };
        for piece in chars.chunks(size) {
            take(thinking.take(&piece.iter().collect::<String>()));
        }
        take(thinking.finish());
        (said, thought)
    }

    #[test]
    fn thoughts_go_and_the_answer_stays_however_it_is_cut_into_pieces() {
        for (text, said, thought) in [
            ("<think>hm</think>\n\n好。", "好。", true),
            ("\n<think>\na < b\n</think>x <think>y</think>", "x <think>y</think>", true),
            ("<think></think>\n\n<think>more</think> x", "x", true),
            ("<thinking>a</think></thinking>x", "x", true),
            ("[THINK]a[/THINK]x", "x", true),
            ("◁think▷a◁/think▷x", "x", true),
            ("<reasoning>a</reasoning>\nx\n\n y", "x\n\n y", true),
            ("<Think>a</THINK>\n\nx", "x", true),
            ("<seed:think>a</seed:think>x", "x", true),
            ("<|begin_of_thought|>\na\n<|end_of_thought|>\n\nx", "x", true),
            ("<|START_THINKING|>a<|END_THINKING|>x", "x", true),
            ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>x", "x", true),
            // Thought until its limit.
            ("<think>a and b </thin", "", true),
            ("<think>", "", true),
            // Opened by the template.
            ("First, a.\nThen b.\n</think>\n\nx\ny", "x\ny", true),
            ("a\n </think> \r\nx", "x", true),
            ("a\n</think>", "", true),
            ("</think>\nx", "x", true),
            // Talks about tags, or code that holds them.
            ("Write `</think>` at the end.", "Write `</think>` at the end.", false),
            ("a\n</think> closes it\nb", "a\n</think> closes it\nb", false),
            ("```\n<think>\n</think>\n```", "```\n<think>\n</think>\n```", false),
            ("It is:\n<think>\na\n</think>\n", "It is:\n<think>\na\n</think>\n", false),
            ("<thin", "<thin", false),
            ("<b>x</b>", "<b>x</b>", false),
            ("  x \n", "  x \n", false),
            ("\n", "\n", false),
            ("", "", false),
        ] {
            for size in [1, 2, 3, 7, 1000] {
                assert_eq!(read(text, size), (said.to_owned(), thought), "{text:?} in pieces of {size}");
            }
        }
    }
}
