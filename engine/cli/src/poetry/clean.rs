//! From what the package has to what can be learnt: simplified characters, whole poems only.

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

use super::Raw;
use mixtral_engine::error::{Error, Result};

/// The longest poem, in characters with punctuation.
const LONGEST: usize = 132;

/// What kind of poem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// Four lines, or eight, of five characters or seven.
    Regular {
        /// Characters of a line.
        width: usize,
        lines: usize,
    },
    /// Words to a tune.
    Ci,
}

impl Form {
    /// The form's names, the usual one first.
    pub fn names(self) -> &'static [&'static str] {
        match self {
            Self::Regular { width: 5, lines: 4 } => &["五言绝句", "五绝"],
            Self::Regular { width: 5, .. } => &["五言律诗", "五律"],
            Self::Regular { lines: 4, .. } => &["七言绝句", "七绝"],
            Self::Regular { .. } => &["七言律诗", "七律"],
            Self::Ci => &["词"],
        }
    }
}

/// A poem that can be learnt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Poem {
    /// The kind.
    pub form: Form,
    /// The title, where it is short and plain; of a ci the tune.
    pub title: Option<String>,
    /// The poet.
    pub author: String,
    /// The verses, each a sentence with its punctuation.
    pub verses: Vec<String>,
}

impl Poem {
    /// The poem as it is written down: a verse a line.
    pub fn text(&self) -> String {
        self.verses.join("\n")
    }

    /// The lines between punctuation.
    pub fn lines(&self) -> Vec<&str> {
        self.verses.iter().flat_map(|v| v.split(is_mark)).filter(|l| !l.is_empty()).collect()
    }
}

/// Why a poem is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dropped {
    /// Gaps, notes, or characters that belong to no poem.
    Damaged,
    /// More characters than a short context can hold.
    TooLong,
    /// Neither a regular poem of four or eight lines nor a ci.
    OtherForm,
}

/// Cleans poems.
pub struct Cleaner {
    simplify: OpenCC,
}

impl std::fmt::Debug for Cleaner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cleaner")
    }
}

impl Cleaner {
    /// Loads the tables of OpenCC.
    ///
    /// # Errors
    /// The tables are damaged.
    pub fn new() -> Result<Self> {
        let simplify = OpenCC::from_config(BuiltinConfig::T2s).map_err(|e| Error::Training(e.to_string()))?;
        Ok(Self { simplify })
    }

    /// Cleans a poem, or says why it is left out.
    ///
    /// # Errors
    /// Why it is left out.
    pub fn clean(&self, raw: &Raw) -> Result<Poem, Dropped> {
        let text = self.simplify.convert(&raw.paragraphs.concat());
        let text: String = text.chars().filter(|c| !c.is_whitespace()).map(unify).collect();
        if text.is_empty() || !text.chars().all(|c| is_han(c) || is_mark(c)) {
            return Err(Dropped::Damaged);
        }
        if text.chars().count() > LONGEST {
            return Err(Dropped::TooLong);
        }
        let verses = sentences(&text).ok_or(Dropped::Damaged)?;
        let ci = !raw.rhythmic.is_empty();
        let form = if ci { Form::Ci } else { regular(&verses).ok_or(Dropped::OtherForm)? };
        let title = self.simplify.convert(if ci { &raw.rhythmic } else { &raw.title });
        // 秋兴八首 其一 is a number in a cycle; the name before the space is the title.
        let title = title.split(char::is_whitespace).next().unwrap_or_default();
        let plain = (2..=8).contains(&title.chars().count()) && title.chars().all(is_han);
        if ci && (!plain || verses.len() < 2) {
            return Err(Dropped::Damaged);
        }
        Ok(Poem { form, title: plain.then(|| title.to_owned()), author: self.simplify.convert(&raw.author), verses })
    }
}

fn unify(c: char) -> char {
    match c {
        ',' => '，',
        '.' => '。',
        '!' => '！',
        '?' => '？',
        ';' => '；',
        other => other,
    }
}

pub(super) fn is_han(c: char) -> bool {
    matches!(c, '\u{4E00}'..='\u{9FFF}' | '\u{3400}'..='\u{4DBF}' | '〇')
}

/// The punctuation that poems have.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '，' | '。' | '！' | '？' | '；' | '、' | '：')
}

/// Cuts a text behind its full stops; nothing if it does not end in one.
fn sentences(text: &str) -> Option<Vec<String>> {
    let mut out: Vec<String> = text.split_inclusive(['。', '！', '？', '；']).map(str::to_owned).collect();
    if let Some(last) = out.last_mut()
        && last.ends_with('；')
    {
        last.pop();
        last.push('。');
    }
    let whole = out.last()?.ends_with(['。', '！', '？']);
    let sound = out.iter().all(|s| s.chars().count() > 2 && !s.starts_with(is_mark));
    (whole && sound).then_some(out)
}

fn regular(verses: &[String]) -> Option<Form> {
    let lines: Vec<usize> =
        verses.iter().flat_map(|v| v.split(is_mark)).filter(|l| !l.is_empty()).map(|l| l.chars().count()).collect();
    let (width, count) = (lines[0], lines.len());
    let even = lines.iter().all(|l| *l == width) && verses.len() * 2 == count;
    (even && matches!(width, 5 | 7) && matches!(count, 4 | 8)).then_some(Form::Regular { width, lines: count })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(paragraphs: &[&str], title: &str) -> Raw {
        Raw { paragraphs: paragraphs.iter().map(|p| (*p).to_owned()).collect(), title: title.into(), ..Raw::default() }
    }

    #[test]
    fn poems_become_simplified_and_know_their_form() {
        let cleaner = Cleaner::new().expect("tables");
        let poem = cleaner.clean(&raw(&["牀前看月光，疑是地上霜。", "舉頭望山月，低頭思故鄉。"], "靜夜思 其一"));
        let poem = poem.expect("a poem");
        assert_eq!(poem.form.names()[0], "五言绝句");
        assert_eq!(poem.title.as_deref(), Some("静夜思"));
        assert_eq!(poem.lines()[2..], ["举头望山月", "低头思故乡"]);
        assert!(poem.text().ends_with("疑是地上霜。\n举头望山月，低头思故乡。"), "{}", poem.text());
    }

    #[test]
    fn damaged_long_and_irregular_poems_are_left_out() {
        let cleaner = Cleaner::new().expect("tables");
        for (paragraphs, why) in [
            (vec!["秦川□帝宅，函谷壯皇居。"], Dropped::Damaged),
            (vec!["秦川雄帝宅，函谷壯皇居"], Dropped::Damaged),
            (vec!["秦川雄帝宅，函谷（一作谷函）壯皇居。"], Dropped::Damaged),
            (vec!["秦川雄帝宅，函谷壯皇居。"; 40], Dropped::TooLong),
            (vec!["秦川雄帝宅，函谷壯皇居。"; 3], Dropped::OtherForm),
            (vec!["秦川雄帝宅，函谷壯皇。"; 2], Dropped::OtherForm),
            (vec![], Dropped::Damaged),
        ] {
            assert_eq!(cleaner.clean(&raw(&paragraphs, "")).expect_err("left out"), why);
        }
    }
}
