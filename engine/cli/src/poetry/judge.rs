//! Whether an answer is what was asked for: its form, a couplet's length, its rhymes.

use pinyin::ToPinyin;

use super::Form;
use super::clean::{is_han, is_mark};

/// What can be said of one answer without taste.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// Of a poem asked for by its form: whether it has the lines and the characters of a line.
    pub form: Option<bool>,
    /// Of an answer to a couplet's first line: whether it has as many characters.
    pub couplet: Option<bool>,
    /// Of a poem that was to begin with a given line: whether it does.
    pub first: Option<bool>,
    /// Of a ci to a tune: whether its lines are as long as those of the poet's own.
    pub tune: Option<bool>,
    /// Neighbouring even lines of a poem of a regular form, and how many of them rhyme.
    pub rhymes: (usize, usize),
}

impl Judgement {
    /// How much of what can be judged is right, from 0 to 1: everything that was asked for counts the same, and so do the
    /// rhymes. Nothing where nothing can be judged.
    pub fn score(&self) -> Option<f64> {
        let asked = [self.form, self.couplet, self.first, self.tune].into_iter().flatten();
        let (pairs, rhymed) = self.rhymes;
        // A poem of another form has as many rhymes as its lines happen to have.
        let rhymes = self.form.map(|right| if right && pairs > 0 { rhymed as f64 / pairs as f64 } else { 0.0 });
        let parts: Vec<f64> = asked.map(|right| f64::from(u8::from(right))).chain(rhymes).collect();
        (!parts.is_empty()).then(|| parts.iter().sum::<f64>() / parts.len() as f64)
    }
}

/// Judges `answer`. What was asked for is read from the `question` in the words of [`super::ask()`]; how long a couplet's
/// answer should be, from the poet's own, `reference`.
pub fn judge(question: &str, reference: &str, answer: &str) -> Judgement {
    if question.contains("下联") || question.contains("下句") {
        let right = lines(answer).len() == 1 && han(answer) == han(reference);
        return Judgement { couplet: Some(right), ..Judgement::default() };
    }
    let lines = lines(answer);
    let outside = outside_of_marks(question);
    let given = ["首句", "开头", "第一句"].iter().any(|word| outside.contains(word));
    let line = question.split_once('“').and_then(|(_, after)| after.split('”').next());
    let first = line.filter(|_| given).map(|line| Some(line) == lines.first().copied());
    let Some((width, count)) = asked_form(&outside) else {
        let lengths = |lines: &[&str]| lines.iter().map(|line| han(line)).collect::<Vec<_>>();
        let tune = ["词", "填一首"]
            .iter()
            .any(|w| question.contains(w))
            .then(|| lengths(&lines) == lengths(&self::lines(reference)));
        return Judgement { tune, ..Judgement::default() };
    };
    let right = lines.len() == count && lines.iter().all(|line| line.chars().count() == width && han(line) == width);
    Judgement { form: Some(right), first, rhymes: rhymes(&lines), ..Judgement::default() }
}

/// What a question says in its own words: a title or a line in marks may name a form as well.
fn outside_of_marks(question: &str) -> String {
    let mut outside = String::new();
    let mut depth = 0usize;
    for c in question.chars() {
        match c {
            '《' | '“' => depth += 1,
            '》' | '”' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    outside
}

/// Characters of a line and lines of the form that a question names outside of marks.
fn asked_form(outside: &str) -> Option<(usize, usize)> {
    let forms = [(5, 4), (5, 8), (7, 4), (7, 8)];
    let named = |&(width, lines): &(usize, usize)| {
        Form::Regular { width, lines }.names().iter().any(|name| outside.contains(name))
    };
    forms.into_iter().find(named)
}

fn lines(text: &str) -> Vec<&str> {
    text.split(|c: char| is_mark(c) || c.is_whitespace()).filter(|line| !line.is_empty()).collect()
}

fn han(text: &str) -> usize {
    text.chars().filter(|&c| is_han(c)).count()
}

/// Neighbouring even lines, and how many of them end alike. Today's readings stand for those of the poets' time, in which
/// some of these rhymes sounded otherwise: compare the share with the poets' own.
fn rhymes(lines: &[&str]) -> (usize, usize) {
    let ends: Vec<_> = lines.iter().skip(1).step_by(2).filter_map(|line| line.chars().last()).map(rhyme).collect();
    let agree = |pair: &&[Option<String>]| pair[0].is_some() && pair[0] == pair[1];
    (ends.len().saturating_sub(1), ends.windows(2).filter(agree).count())
}

/// The part of a syllable that rhymes: without the initial and without a medial i, u or ü.
fn rhyme(c: char) -> Option<String> {
    let syllable = c.to_pinyin()?.plain().to_owned();
    let last = syllable.trim_start_matches(|c: char| !"aeiouüv".contains(c));
    let initial = &syllable[..syllable.len() - last.len()];
    // After j, q, x and y, u stands for ü; "yan" and "yuan" rhyme with "an", "yin" and "yun" with nothing but their own.
    let last = if matches!(initial, "j" | "q" | "x" | "y") && matches!(last, "u" | "un" | "ue" | "uan") {
        format!("ü{}", &last[1..])
    } else {
        last.to_owned()
    };
    let short = match last.as_str() {
        // These are written short: iou, uei, uen.
        "iu" => "ou",
        "ui" => "ei",
        "un" => "en",
        "ie" | "üe" => "ie",
        // The i of zi, ci, si, zhi, chi, shi, ri is another vowel than that of ji.
        "i" if matches!(initial, "z" | "c" | "s" | "zh" | "ch" | "sh" | "r") => "-i",
        // "wo" and "guo" rhyme with "ge".
        "o" | "uo" | "e" => "o",
        other => match other.strip_prefix(['i', 'u', 'ü']) {
            Some(rest) if rest.starts_with(['a', 'o']) => rest,
            _ => other,
        },
    };
    Some(short.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_its_lines_and_their_length() {
        let four = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
        let of = |question: &str, answer: &str| judge(question, "", answer).form;
        assert_eq!(of("写一首五言绝句", four), Some(true));
        assert_eq!(of("写一首五绝，题为静夜思", four), Some(true));
        assert_eq!(of("写一首七言绝句", four), Some(false));
        assert_eq!(of("写一首五言律诗", four), Some(false));
        assert_eq!(of("以《七律》为题写一首五言绝句", four), Some(true), "the title is not what is asked");
        assert_eq!(of("写一首五言绝句", "床前明月光，疑是地上。\n举头望明月，低头思故乡。"), Some(false));
        assert_eq!(of("写一首五言绝句", "床前明月光，疑是地上x。\n举头望明月，低头思故乡。"), Some(false));
        assert_eq!(of("填一首《临江仙》", four), None);
        assert_eq!(of("写一首五言绝句", ""), Some(false));
    }

    #[test]
    fn a_couplet_is_answered_in_one_line_of_the_same_length() {
        let of = |answer: &str| judge("对下联：明月松间照", "清泉石上流", answer).couplet;
        assert_eq!(of("清风竹外清"), Some(true));
        assert_eq!(of("清风竹外清。"), Some(true));
        assert_eq!(of("清风竹外"), Some(false));
        assert_eq!(of("清风，竹外清"), Some(false));
    }

    #[test]
    fn a_given_first_line_is_said_again() {
        let poem = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
        let of = |question: &str| judge(question, "", poem).first;
        assert_eq!(of("以“床前明月光”为首句写一首五言绝句"), Some(true));
        assert_eq!(of("以“窗前明月光”为首句写一首五言绝句"), Some(false));
        assert_eq!(of("写一首五言绝句，首句是“床前明月光”"), Some(true));
        assert_eq!(of("以“疑是地上霜”开头，写一首五言绝句"), Some(false));
        assert_eq!(of("请写一首五言绝句，第一句用“床前明月光”"), Some(true));
        assert_eq!(of("写一首题为《首句》的五言绝句"), None);
        assert_eq!(of("以“静夜”为题写一首五言绝句"), None);
    }

    #[test]
    fn a_ci_is_held_against_the_poets_own_lines() {
        let of = |question: &str, answer: &str| judge(question, "一二三，四五。\n六七八九", answer).tune;
        assert_eq!(of("填一首《某调》", "天地人，山水。风花雪月。"), Some(true));
        assert_eq!(of("请填一首词，词牌是《某调》", "天地人，山水，风花雪月"), Some(true));
        assert_eq!(of("填一首《某调》", "天地，山水。风花雪月。"), Some(false));
        assert_eq!(of("写一首五言绝句", "天地"), None);
    }

    #[test]
    fn a_score_is_the_share_of_what_is_right() {
        let poem = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
        let of = |question: &str, answer: &str| judge(question, "清泉石上流", answer).score();
        assert_eq!(of("写一首五言绝句", poem), Some(1.0));
        assert_eq!(of("写一首五言绝句", &poem.replace('乡', "人")), Some(0.5));
        assert_eq!(of("写一首七言绝句", poem), Some(0.0), "rhymes do not mend a wrong form");
        assert_eq!(of("以“窗前明月光”为首句写一首五言绝句", poem), Some(2.0 / 3.0));
        assert_eq!(of("对下联：明月松间照", "清风竹外清"), Some(1.0));
        assert_eq!(of("你好", poem), None);
    }

    #[test]
    fn rhymes_go_by_the_end_of_a_syllable() {
        for (a, b, alike) in [
            ('光', '霜', true),
            ('霜', '乡', true),
            ('流', '秋', true),
            ('来', '开', true),
            ('归', '飞', true),
            ('天', '年', true),
            ('年', '圆', true),
            ('人', '春', true),
            ('家', '花', true),
            ('波', '多', true),
            ('时', '思', true),
            ('时', '西', false),
            ('光', '天', false),
            ('人', '星', false),
            ('风', '空', false),
        ] {
            assert_eq!(rhyme(a) == rhyme(b), alike, "{a} {:?}, {b} {:?}", rhyme(a), rhyme(b));
        }
        let poem = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。";
        assert_eq!(judge("写一首五言绝句", "", poem).rhymes, (1, 1));
        assert_eq!(judge("写一首五言绝句", "", "一二三四天，一二三四光。一二三四五，一二三四天。").rhymes, (1, 0));
    }
}
