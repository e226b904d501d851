//! What a reader sees of an answer: the text behind Markdown, entities, invisible characters and letters that only look
//! like others.

use std::sync::LazyLock;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use regex::{Captures, Regex};
use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// As the pages read Markdown.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_MATH);

/// Elements that a reader passes over when they stand as text inside a word.
const ELEMENTS: &[&str] = &[
    "a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "code", "del", "dfn", "div", "em", "font", "i", "img", "ins",
    "kbd", "label", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "script", "small", "span", "strike", "strong",
    "style", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr",
];

/// The text of an answer with plain letters, one paragraph a line.
pub fn rendered(markdown: &str) -> String {
    let mut text = String::with_capacity(markdown.len());
    for event in Parser::new_ext(markdown, OPTIONS) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::FootnoteReference(part) => text.push_str(&part),
            Event::Html(part) | Event::InlineHtml(part) => text.push_str(&without_tags(&part)),
            Event::InlineMath(part) | Event::DisplayMath(part) => text.push_str(&without_tex(&part)),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            Event::Start(Tag::Item | Tag::TableCell) | Event::Rule => text.push('\n'),
            Event::End(
                TagEnd::Paragraph
                | TagEnd::Heading(_)
                | TagEnd::Item
                | TagEnd::TableCell
                | TagEnd::CodeBlock
                | TagEnd::HtmlBlock
                | TagEnd::BlockQuote(_),
            ) => text.push('\n'),
            _ => {}
        }
    }
    plain_letters(&text)
}

/// Plain letters instead of such that look alike, without what cannot be seen, and letters that were spaced out joined.
pub fn plain_letters(text: &str) -> String {
    let text = TEX_TEXT.replace_all(text, "$1");
    let text = ENTITY.replace_all(&text, |found: &Captures<'_>| entity(&found[1]).unwrap_or_default());
    let mut plain = String::with_capacity(text.len());
    // Stylised letters become letters first, then their marks fall, then what remains is looked up by its looks.
    for c in text.chars().filter(|c| !is_invisible(*c)).flat_map(unboxed).nfkd() {
        match c {
            // Private characters mean nothing, and names are marked with some; a backslash hides nothing.
            '\u{e000}'..='\u{f8ff}' | '\\' => {}
            c if is_mark(c) || is_invisible(c) => {}
            '‘' | '’' | 'ʼ' | '′' | '＇' | '‛' | '`' | '´' => plain.push('\''),
            c if c.is_ascii() => plain.push(c),
            c => plain.extend(by_looks(c)),
        }
    }
    let plain: String = plain.nfc().collect();
    SPACED.replace_all(&plain, |found: &Captures<'_>| joined(&found[0])).into_owned()
}

/// The simplified form of a Han character that names and claims are written with.
pub fn simplified(c: char) -> char {
    const PAIRS: &str = "開开發发発发訓训練练創创設设計计製制構构義义問问語语國国訊讯飛飞書书浦浦無无雲云騰腾擎擎點点譜谱華华為为\
        單单個个種种稱称聯联對对話话機机學学習习團团隊队司司這这裡里裏里從从來来會会實实際际並并實实稱称個个條条兩两與与騾骡駝驼壹一萬万";
    if !('\u{4e00}'..='\u{9fff}').contains(&c) {
        return c;
    }
    let mut pairs = PAIRS.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == c {
            return to;
        }
    }
    c
}

/// `\text{…}` and its kin.
static TEX_TEXT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\\(?:text|math|operator)[a-z]*\s*\{([^{}]*)\}").expect("a constant pattern"));
/// Entities that stand in code, where Markdown leaves them.
static ENTITY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"&(#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|shy|zwj|zwnj|nbsp|amp|quot|lt|gt);").expect("a constant pattern")
});
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"</?([a-zA-Z][a-zA-Z0-9]*)?[^<>]*>").expect("a constant pattern"));
/// Four and more single letters with one kind of gap between them.
static SPACED: LazyLock<Regex> = LazyLock::new(|| {
    let runs = ["[ ]{1,2}", "(?:[ ]?-[ ]?|[ ])", r"\.[ ]?", "-", "_", r"\*", "·", "•", r"\|", "/"];
    let runs: Vec<String> = runs.iter().map(|gap| format!(r"(?:[a-zA-Z0-9]{gap}){{3,}}[a-zA-Z0-9]")).collect();
    Regex::new(&format!(r"(?-u:\b)(?:{})(?-u:\b)", runs.join("|"))).expect("a constant pattern")
});

fn joined(letters: &str) -> String {
    letters.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn without_tags(html: &str) -> String {
    let tag = |found: &Captures<'_>| match found.get(1).map(|name| name.as_str().to_lowercase()) {
        Some(name) if matches!(name.as_str(), "br" | "p" | "div" | "li" | "tr" | "td") => " ".to_owned(),
        Some(name) if ELEMENTS.contains(&name.as_str()) => String::new(),
        Some(_) => found[0].replace(['<', '>'], " "),
        // A comment, `</>` or the like.
        None => String::new(),
    };
    TAG.replace_all(html, tag).into_owned()
}

/// The letters of a formula.
fn without_tex(formula: &str) -> String {
    let texts = TEX_TEXT.replace_all(formula, "$1");
    let mut letters = String::with_capacity(texts.len());
    let mut chars = texts.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            // A command is a mark between letters, a space or an accent.
            '\\' => while chars.next_if(char::is_ascii_alphabetic).is_some() {},
            '{' | '}' | '~' | '^' | '_' => {}
            c if c.is_whitespace() && texts.len() == formula.len() => {}
            c => letters.push(c),
        }
    }
    letters
}

fn entity(name: &str) -> Option<String> {
    let code = match name {
        "shy" | "zwj" | "zwnj" => return Some(String::new()),
        "nbsp" => return Some(" ".to_owned()),
        "amp" => return Some("&".to_owned()),
        "quot" => return Some("\"".to_owned()),
        "lt" => return Some("<".to_owned()),
        "gt" => return Some(">".to_owned()),
        number => match number.trim_start_matches('#').strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.trim_start_matches('#').parse().ok()?,
        },
    };
    char::from_u32(code).map(String::from)
}

/// Default-ignorable characters (Unicode's `Default_Ignorable_Code_Point`), controls and blanks without width.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_control() && !matches!(c, '\n' | '\t' | '\r'))
}

/// Marks that are drawn over Latin, Greek and Cyrillic letters; the sound marks of kana belong to their letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters in dark boxes and circles and flag letters, which Unicode does not decompose.
fn unboxed(c: char) -> Option<char> {
    let letter = |first: char| char::from_u32(u32::from('a') + (u32::from(c) - u32::from(first)));
    match c {
        '\u{1f150}'..='\u{1f169}' => letter('\u{1f150}'),
        '\u{1f170}'..='\u{1f189}' => letter('\u{1f170}'),
        '\u{1f1e6}'..='\u{1f1ff}' => letter('\u{1f1e6}'),
        c => Some(c),
    }
}

/// The Latin letters that a character of another alphabet looks like; else itself.
fn by_looks(c: char) -> impl Iterator<Item = char> {
    /// What looks like a letter in running text and not by Unicode's table, which compares shapes strictly.
    const ALIKE: &str = "ᴀaʙbᴄcᴅdᴇeꜰfɢgʜhɪiᴊjᴋkʟlᴍmɴnᴏoᴘpꞯqʀrꜱsᴛtᴜuᴠvᴡwʏyᴢzкkтtмmвbнhпnиuкkгrзeчyшwхxуyѕsіiјjԛqԝwαaβbγyδdεeηnιiκkλlμuνvρpσoτtυuχxωwıiłløođdħhŧtΛAꓮAꓐBꓚCꓓDꓰEꓝFꓖGꓧHꓲIꓙJꓗKꓡLꓟMꓠNꓳOꓑPꓣRꓢSꓔTꓴUꓦVꓪWꓫXꓬYꓜZᗩAᗷBᑕCᗪDᖴFᕼHᒍJᒪLᗰMᑎNᑭPᑫQᖇRᔕSᑌUᐯVᗯW᙭XᘔZ";
    let is_east_asian = matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{323af}');
    let mut found = None;
    if c.is_alphanumeric() && !is_east_asian {
        let looks: String = skeleton(c.encode_utf8(&mut [0; 4])).filter(|c| !is_mark(*c)).collect();
        let mut alike = ALIKE.chars();
        found = if looks == "l" && c.is_uppercase() {
            // The table calls every stroke an l; a capital stroke is read as I.
            Some("I".to_owned())
        } else if looks == "rn" {
            Some("m".to_owned())
        } else if !looks.is_empty() && looks.is_ascii() {
            Some(looks)
        } else {
            std::iter::from_fn(|| alike.next().zip(alike.next())).find(|(from, _)| *from == c).map(|(_, to)| to.into())
        };
    }
    found.unwrap_or_else(|| c.to_string()).chars().collect::<Vec<_>>().into_iter()
}
