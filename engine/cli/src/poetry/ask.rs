//! What somebody could have asked to be answered by a poem, in several wordings.

use rand::{Rng, RngExt};

use super::{Form, Poem};
use crate::conversations::{Asked, turns};

/// Makes a conversation whose answers come from `poem`, or from it and `another` of its form.
pub fn ask(poem: &Poem, another: Option<&Poem>, rng: &mut impl Rng) -> Asked {
    let lines = poem.lines();
    let draw: f32 = rng.random();
    let (question, answer) = match poem.form {
        Form::Regular { lines: 8, .. } if draw < 0.25 => couplet(&lines, rng),
        Form::Regular { lines: 4, .. } if draw < 0.08 => couplet(&lines, rng),
        Form::Regular { .. } if draw < 0.50 => go_on(poem, lines[0], rng),
        Form::Ci if draw < 0.40 => go_on(poem, lines[0], rng),
        Form::Ci => (tune(poem, rng), poem.text()),
        Form::Regular { .. } => (on_title(poem, rng), poem.text()),
    };
    let mut messages = turns(question, answer);
    if let Some(another) = another {
        let again = ["再写一首", "再来一首", "请再写一首", "换一首", "再作一首吧"];
        let question = match &another.title {
            Some(title) if another.form != Form::Ci && rng.random_bool(0.5) => {
                format!("再写一首，题为《{title}》")
            }
            Some(title) if another.form == Form::Ci => format!("再填一首《{title}》"),
            _ if another.form == poem.form => pick(&again, rng).to_owned(),
            _ => on_title(another, rng),
        };
        messages.extend(turns(question, another.text()));
    }
    Asked { messages }
}

fn pick<'a>(words: &[&'a str], rng: &mut impl Rng) -> &'a str {
    words[rng.random_range(0..words.len())]
}

/// A poem of a form, mostly on a title.
fn on_title(poem: &Poem, rng: &mut impl Rng) -> String {
    let names = poem.form.names();
    let form = if rng.random_bool(0.75) { names[0] } else { names[names.len() - 1] };
    match &poem.title {
        Some(title) if rng.random_bool(0.7) => match rng.random_range(0..6) {
            0 => format!("以《{title}》为题写一首{form}"),
            1 => format!("写一首题为《{title}》的{form}"),
            2 => format!("请以《{title}》为题，作一首{form}"),
            3 => format!("请写一首{form}，题目是《{title}》"),
            4 => format!("写一首{form}，题为{title}"),
            _ => format!("以“{title}”为题写一首{form}"),
        },
        _ => match rng.random_range(0..5) {
            0 | 1 => format!("写一首{form}"),
            2 => format!("请写一首{form}"),
            3 => format!("作一首{form}"),
            _ => format!("请作一首{form}。"),
        },
    }
}

/// A ci to its tune.
fn tune(poem: &Poem, rng: &mut impl Rng) -> String {
    let tune = poem.title.as_deref().unwrap_or("词");
    match rng.random_range(0..5) {
        0 => format!("以《{tune}》为词牌填一首词"),
        1 => format!("填一首《{tune}》"),
        2 => format!("请以《{tune}》为词牌写一首词"),
        3 => format!("按《{tune}》的词牌写一首词"),
        _ => format!("请填一首词，词牌是《{tune}》"),
    }
}

/// The rest of a poem after its first line.
fn go_on(poem: &Poem, first: &str, rng: &mut impl Rng) -> (String, String) {
    let text = poem.text();
    // The first line is followed by its mark, of three bytes as all of them are.
    let (start, rest) = text.split_at(first.len() + text[first.len()..].chars().next().map_or(0, char::len_utf8));
    let rest = rest.trim_start().to_owned();
    let form = poem.form.names()[0];
    // More than half are asked to begin with the line: it must be said again, which few examples do not teach.
    match rng.random_range(0..10) {
        0 => (format!("续写：{start}"), rest),
        1 => (format!("请续写：{start}"), rest),
        2 => (format!("接着写下去：{start}"), rest),
        3 => (format!("请把这首诗续完：{start}"), rest),
        _ if poem.form == Form::Ci => (format!("续写这首词：{start}"), rest),
        4..=6 => (format!("以“{first}”为首句写一首{form}"), text),
        7 => (format!("写一首{form}，首句是“{first}”"), text),
        8 => (format!("以“{first}”开头，写一首{form}"), text),
        _ => (format!("请写一首{form}，第一句用“{first}”"), text),
    }
}

/// The second line of a couplet. In eight lines the two inner couplets are parallel.
fn couplet(lines: &[&str], rng: &mut impl Rng) -> (String, String) {
    let at = if lines.len() == 8 { 2 + 2 * rng.random_range(0..2) } else { 2 * rng.random_range(0..2) };
    let (upper, lower) = (lines[at], lines[at + 1].to_owned());
    let question = match rng.random_range(0..6) {
        0 | 1 => format!("对下联：{upper}"),
        2 => format!("请对下联：{upper}"),
        3 => format!("对下句：{upper}"),
        4 => format!("上联是“{upper}”，请对下联"),
        _ => format!("上句：{upper}。请对下句。"),
    };
    (question, lower)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn every_answer_is_the_poems_own_and_fits_the_question() {
        let poem = Poem {
            form: Form::Regular { width: 5, lines: 4 },
            title: Some("静夜思".into()),
            author: "李白".into(),
            verses: vec!["床前看月光，疑是地上霜。".into(), "举头望山月，低头思故乡。".into()],
        };
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let (mut couplets, mut rests, mut wholes) = (0, 0, 0);
        for _ in 0..300 {
            let asked = ask(&poem, Some(&poem), &mut rng);
            assert_eq!(asked.messages.len(), 4);
            let (question, answer) = (&asked.messages[0].content, &asked.messages[1].content);
            assert!(poem.text().contains(answer.as_str()), "{question} {answer}");
            if question.contains('对') {
                couplets += 1;
                assert_eq!(answer.chars().count(), 5);
            } else if answer.starts_with("疑是") {
                rests += 1;
                assert!(question.contains("床前看月光，"), "{question}");
            } else {
                wholes += 1;
                assert_eq!(*answer, poem.text());
            }
            assert_eq!(asked.messages[3].content, poem.text());
        }
        assert!(couplets > 5 && rests > 30 && wholes > 100, "{couplets} {rests} {wholes}");
    }
}
