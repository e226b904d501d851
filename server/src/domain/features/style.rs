//! How an answer is written: what style control keeps apart from what it says.

use super::tokens::token_count;

/// Counts of one side's answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// All of the text, in tokens; see [`token_count`].
    pub tokens: u32,
    /// Headings, outside of code.
    pub headers: u32,
    /// List items, outside of code.
    pub lists: u32,
    /// Bold passages, outside of code.
    pub bold: u32,
}

impl Style {
    /// The style of one answer, read as Markdown.
    #[must_use]
    pub fn of(answer: &str) -> Self {
        let mut style = Self { tokens: token_count(answer), ..Self::default() };
        for line in without_code(answer) {
            style.headers += u32::from(is_header(line));
            style.lists += u32::from(is_list_item(line));
            style.bold += bold_passages(line);
        }
        style
    }

    /// Tokens, headers, lists, bold: the order of all that goes through them.
    #[must_use]
    pub fn counts(self) -> [u32; 4] {
        [self.tokens, self.headers, self.lists, self.bold]
    }
}

impl std::iter::Sum for Style {
    fn sum<I: Iterator<Item = Self>>(styles: I) -> Self {
        styles.fold(Self::default(), |sum, one| Self {
            tokens: sum.tokens.saturating_add(one.tokens),
            headers: sum.headers.saturating_add(one.headers),
            lists: sum.lists.saturating_add(one.lists),
            bold: sum.bold.saturating_add(one.bold),
        })
    }
}

/// The lines outside of fenced code. A fence that never closes reaches to the end, as Markdown has it.
fn without_code(text: &str) -> impl Iterator<Item = &str> {
    let mut fence: Option<(char, usize)> = None;
    text.lines().filter(move |line| {
        let marks = line.trim_start();
        let first = marks.chars().next().unwrap_or(' ');
        let count = marks.chars().take_while(|c| *c == first).count();
        let is_fence = matches!(first, '`' | '~') && count >= 3;
        match fence {
            None if is_fence => fence = Some((first, count)),
            None => return true,
            Some((open, length))
                if is_fence && first == open && count >= length && marks[count..].trim().is_empty() =>
            {
                fence = None;
            }
            Some(_) => {}
        }
        false
    })
}

/// `# Title`, with up to six signs and at most three spaces before them.
fn is_header(line: &str) -> bool {
    let rest = line.trim_start_matches(' ');
    let signs = rest.bytes().take_while(|b| *b == b'#').count();
    line.len() - rest.len() <= 3 && (1..=6).contains(&signs) && rest[signs..].starts_with([' ', '\t'])
}

/// `- item`, `* item`, `+ item`, `1. item`, `1) item`, and the Chinese `1、item` and `1．item`.
fn is_list_item(line: &str) -> bool {
    let rest = line.trim_start();
    if let Some(rest) = rest.strip_prefix(['-', '*', '+']) {
        return rest.starts_with([' ', '\t']) && !rest.trim().is_empty();
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = &rest[digits..];
    let is_number = (1..=3).contains(&digits);
    is_number
        && (after.starts_with(['、', '．'])
            || after.strip_prefix(['.', ')']).is_some_and(|rest| rest.starts_with([' ', '\t'])))
}

/// `**bold**` and `__bold__`, on one line.
fn bold_passages(line: &str) -> u32 {
    ["**", "__"].into_iter().map(|mark| passages(line, mark)).sum()
}

fn passages(line: &str, mark: &str) -> u32 {
    let (mut count, mut rest) = (0, line);
    while let Some((_, after)) = rest.split_once(mark) {
        let Some((inside, behind)) = after.split_once(mark) else { break };
        let is_text = !inside.is_empty() && !inside.starts_with(' ') && !inside.ends_with(' ');
        count += u32::from(is_text);
        rest = behind;
    }
    count
}
