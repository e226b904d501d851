//! Whether a sentence claims of the answer itself that it is a model, or some maker's.

use std::sync::LazyLock;

use regex::Regex;

use super::names::NameKind;
use super::patterns::{
    AFTER, AI_NOUNS, BEFORE, CONTRAST, EMPLOYED, LANGUAGES, NEGATION, OPEN_END, PEOPLE, PLACE, SAID,
};
use super::rendered::simplified;

const MODEL: &str = "[\u{e000}\u{e001}\u{e003}\u{e004}]";
const MAKER: &str = "[\u{e002}\u{e003}\u{e004}]";

struct Rules {
    claims: Vec<Regex>,
    ai_nouns: Regex,
    people: Regex,
    after: Regex,
    before: Regex,
    open_end: Regex,
    said: Regex,
    place: Regex,
    article: Regex,
    surname: Regex,
    follower: Regex,
    kin: Regex,
    employed: Regex,
    negation: Regex,
    contrast: Regex,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let compile = |pattern: &str| {
        let pattern: String = pattern.chars().map(simplified).collect();
        Regex::new(&pattern).expect("a constant pattern")
    };
    let claims = LANGUAGES.iter().flat_map(|language| {
        language.claims.iter().chain(language.indirect).map(move |claim| {
            let claim = claim
                .replace("«fill»", language.fill)
                .replace("«adj»", language.adj)
                .replace("«ai»", language.ai)
                .replace("«made»", language.made)
                .replace("«m»", MODEL)
                .replace("«k»", MAKER);
            compile(&format!("(?i){claim}"))
        })
    });
    Rules {
        claims: claims.collect(),
        ai_nouns: compile(AI_NOUNS),
        people: compile(PEOPLE),
        after: compile(AFTER),
        before: compile(BEFORE),
        open_end: compile(&OPEN_END.replace("«fill»", r"\s*")),
        said: compile(SAID),
        place: compile(PLACE),
        employed: compile(EMPLOYED),
        negation: compile(NEGATION),
        contrast: compile(CONTRAST),
        article: compile(
            r"(?i)\b(?:a|an|the|le|la|un|une|el|los|una|der|die|das|ein|eine|einen|my|your|his|her|our)\s+$|\bl'$|一[只头个阵位]$",
        ),
        surname: compile(r"^\s+\p{Lu}\p{Ll}+"),
        follower: compile(
            r"(?i)^\s+(?:assistant|ai|chat|model|pro|ultra|nano|flash|sonnet|opus|haiku|instruct|large|small|medium|from|by|language)\b",
        ),
        kin: compile(
            r"(?i)^(?:'s)?[\s-]+(?:\w+\s+){0,2}?(?:family|line|line-?up|series|lineage|generation)\b|^[\s-]*(?:modell)?(?:familie|reihe|serie)\b|^的?\s*(?:ai|大)?(?:产品线|家族|系列|大家庭|一员)|^(?:ファミリー|シリーズ|の一員)",
        ),
    }
});

/// Whether a sentence, with marks instead of names, claims that its writer is a model or was made by a maker. `before` and
/// `after` are what stands around the sentence in its paragraph.
pub fn is_claim(before: &str, sentence: &str, after: &str) -> bool {
    if !sentence.chars().any(|c| NameKind::of_mark(c).is_some()) {
        return false;
    }
    RULES.claims.iter().any(|claim| {
        claim.find_iter(sentence).any(|found| {
            let whole = (found.start(), found.as_str(), found.end());
            is_meant(before, sentence, after, whole)
        })
    })
}

/// Whether a found claim is one: not quoted, not somebody else's, not about a person or an animal of that name.
fn is_meant(before: &str, sentence: &str, after: &str, (start, found, end): (usize, &str, usize)) -> bool {
    let rules = &*RULES;
    let lead = &sentence[..start];
    // The name is the last mark of the claim.
    let Some((at, mark)) = found.char_indices().rev().find(|(_, c)| NameKind::of_mark(*c).is_some()) else {
        return false;
    };
    let name_end = start + at + mark.len_utf8();
    let (prefix, rest) = (&sentence[..start + at], &sentence[name_end..]);
    if is_quoted(&format!("{before}{lead}"), &format!("{}{after}", &sentence[end..])) {
        return false;
    }
    if rules.before.is_match(lead)
        || rules.after.is_match(rest)
        || rules.open_end.is_match(rest)
        || rules.said.is_match(rest)
    {
        return false;
    }
    if rules.negation.is_match(&found[..at]) && !rules.contrast.is_match(&found[..at]) {
        return false;
    }
    // People have families too, but do not say `the Llama family` of them.
    let speaks_of_ai = rules.ai_nouns.is_match(sentence) || rules.kin.is_match(rest);
    // `我是基于GPT-4的，…` owns nothing.
    let owned = rest.strip_prefix("'s ").or_else(|| rest.strip_prefix('的'));
    let owned = owned.filter(|owned| !owned.starts_with(['，', ',', '。', '.', '；', '！', '!', '、']));
    // What a maker has that is a model speaks of one too: `Tencent's Hunyuan team`.
    let owns_name = owned.and_then(|owned| NameKind::of_mark(owned.chars().next()?)).is_some();
    // `那个叫Claude的助手`: what is called so is not owned.
    let is_called = prefix.trim_end().ends_with(['叫', '为', '做', '作']);
    if owned.is_some() && !owns_name && !is_called && !speaks_of_ai {
        return false;
    }
    if speaks_of_ai || !NameKind::of_mark(mark).is_some_and(NameKind::is_word) {
        return true;
    }
    // `My name is Claude. I am a student from Lyon.`
    let next = after.find(['.', '!', '?', '。', '！', '？']).map_or(after, |end| &after[..end]);
    let in_context = format!("{sentence} {next}");
    let other_names = sentence.chars().filter(|c| NameKind::of_mark(*c).is_some()).count() > 1;
    !(rules.article.is_match(prefix)
        || rules.employed.is_match(&in_context)
        || rules.place.is_match(found)
        || (rules.surname.is_match(rest) && !rules.follower.is_match(rest))
        || (rules.people.is_match(&in_context) && !other_names))
}

/// Whether what follows `before` stands in quotation marks while the paragraph says something outside of them.
fn is_quoted(before: &str, after: &str) -> bool {
    let mut open: Option<usize> = None;
    // Names stand here as marks.
    let is_letter = |c: char| c.is_alphanumeric() || NameKind::of_mark(c).is_some();
    let mut previous = ' ';
    for (at, c) in before.char_indices() {
        match c {
            // In German it closes.
            '“' if open.is_some_and(|at| before[at..].starts_with('„')) => open = None,
            '“' | '„' | '«' | '「' | '『' | '《' => open = Some(at),
            '”' | '»' | '」' | '』' | '》' => open = None,
            '"' => open = if open.is_some() { None } else { Some(at) },
            // An apostrophe inside a word is none of these.
            '\'' if !is_letter(previous) && open.is_none() => open = Some(at),
            '\'' if open.is_some_and(|at| before[at..].starts_with('\'')) => {
                let next = before[at + 1..].chars().next();
                if !next.is_some_and(is_letter) {
                    open = None;
                }
            }
            _ => {}
        }
        previous = c;
    }
    let Some(open) = open else { return false };
    let closes = if before[open..].starts_with('„') {
        after.find(['“', '”'])
    } else {
        after.find(['”', '»', '」', '』', '》', '"', '\''])
    };
    let outside = closes.map_or("", |at| &after[at..]);
    before[..open].chars().chain(outside.chars()).any(is_letter)
}
