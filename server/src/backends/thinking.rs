//! What a model thinks in the text of its answer, between tags: it is told apart as if the server had done so. Some servers
//! do (`reasoning_content`), others pass the tags on, and which it is must make no difference in a blind battle.

/// Tags at the start of an answer: DeepSeek R1, Qwen 3 and most others; Magistral; Kimi; Seed-OSS; Skywork; Command A; gpt-oss;
/// Apertus; MedGemma.
/// Letters of either case.
const TAGS: [(&str, &str); 13] = [
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
    ("<analysis>", "</analysis>"),
    ("<|inner_prefix|>", "<|inner_suffix|>"),
    ("<unused94>thought", "<unused95>"),
];
/// Some templates open the thinking themselves, so that the answer holds only its end: on a line of its own, or where a line
/// ends, close behind a word. Whoever talks about tags writes on behind them, or quotes them.
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
    /// Whether the last that was said is part of a word.
    is_word_said: bool,
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
        Self {
            state: State::Start,
            held: String::new(),
            has_thought: false,
            may_retract: true,
            is_at_line_start: true,
            is_word_said: false,
        }
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
        let keep = begun_length(&self.held, close);
        self.held.drain(..self.held.len() - keep.unwrap_or(0));
        false
    }

    /// Says what is held of a line that has begun, but for a tag at its end that may end thinking.
    fn say_rest_of_line(&mut self, split: &mut Split) -> bool {
        let line_end = self.held.find('\n');
        let end = line_end.map_or(self.held.len(), |at| at + 1);
        let line = self.held[..end].trim_end_matches([' ', '\t', '\r', '\n']);
        let is_word = |c: char| !c.is_whitespace() && !"`'\"“‘「『(（".contains(c);
        let is_ended = ends(line, ORPHAN);
        let before = &line[..line.len() - if is_ended { ORPHAN.len() } else { 0 }];
        // What came before in this line has been said, and its last character is not known any more: it was none of a tag's.
        let closes =
            is_ended && !speaks_of_tags(before) && before.chars().next_back().map_or(self.is_word_said, is_word);
        if closes && line_end.is_some() {
            self.held.drain(..end);
            *split = Split { retracts: true, is_thinking: true, text: String::new() };
            self.has_thought = true;
            self.may_retract = false;
            self.state = State::Start;
            return true;
        }
        // It is not known yet what follows the tag, or whether it becomes one.
        let is_open = line_end.is_none();
        let tags = TAGS.iter().map(|(open, _)| *open).chain([ORPHAN]);
        let partial = tags.filter_map(|tag| begun_length(&self.held[..end], tag)).max();
        let keep = match (is_open, closes, partial) {
            (true, true, _) => end - before.len(),
            (true, false, Some(length)) => length,
            _ => 0,
        };
        let said: String = self.held.drain(..end - keep).collect();
        if let Some(last) = said.chars().next_back() {
            self.is_word_said = is_word(last);
        }
        self.is_at_line_start = said.ends_with('\n');
        self.may_retract &=
            !TAGS.iter().any(|(open, _)| said.to_ascii_lowercase().contains(&open.to_ascii_lowercase()));
        split.text.push_str(&said);
        keep == 0 && !self.held.is_empty()
    }

    /// Says what is held, but for the beginning of a line that may end thinking.
    fn say_line(&mut self, split: &mut Split) -> bool {
        if !self.is_at_line_start {
            return self.say_rest_of_line(split);
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

/// Whether a text holds an opening tag, of which whoever thinks says nothing.
fn speaks_of_tags(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    TAGS.iter().any(|(open, _)| text.contains(&open.to_ascii_lowercase()))
}

/// Whether a text begins so, whatever the case of ASCII letters.
fn begins(text: &str, start: &str) -> bool {
    text.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start.as_bytes()))
}

/// How much of a tag a text ends with, where that is not all of it.
fn begun_length(text: &str, tag: &str) -> Option<usize> {
    (1..tag.len()).rev().find(|length| tag.is_char_boundary(*length) && ends(text, &tag[..*length]))
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
            ("First, a.</think>\n\nx", "x", true),
            ("First, a\nso b</THINK> \n\nx\ny</think>\nz", "x\ny</think>\nz", true),
            ("想一想。</think>\n好。", "好。", true),
            ("<analysis>a</analysis>\nx", "x", true),
            ("<|inner_prefix|>a<|inner_suffix|>x", "x", true),
            ("<unused94>thought\na<unused95>x", "x", true),
            ("<think>a<thi", "", true),
            ("<think>a</think><think>b</think>\n\nx", "x", true),
            // Talks about tags, or code that holds them.
            ("Write `</think>` at the end.", "Write `</think>` at the end.", false),
            ("a\n</think> closes it\nb", "a\n</think> closes it\nb", false),
            (
                "It ends with </think>\nor with \"</think>\"\nor `</think>`\nx",
                "It ends with </think>\nor with \"</think>\"\nor `</think>`\nx",
                false,
            ),
            ("The tag <think> opens, and a</think>\nb", "The tag <think> opens, and a</think>\nb", false),
            ("a</think> closes it\nb", "a</think> closes it\nb", false),
            ("a</think>b\nc", "a</think>b\nc", false),
            ("a < b</thi\nc <", "a < b</thi\nc <", false),
            ("a</think>", "a</think>", false),
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
