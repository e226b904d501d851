//! The names that give a model away, and where they stand in a sentence.

use std::collections::HashMap;

use regex::{Captures, Regex};

use super::rendered::{plain_letters, simplified};

/// What a name is the name of. Each stands in a sentence as one character, which the patterns of claims know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameKind {
    /// A model or a family, and hardly anything else.
    Model,
    /// A model whose name is a word, a person or an animal too.
    Word,
    /// Who makes models.
    Maker,
    /// A model and its maker of one name.
    Both,
    /// The same, and a word as well.
    BothWord,
}

impl NameKind {
    const ALL: [Self; 5] = [Self::Model, Self::Word, Self::Maker, Self::Both, Self::BothWord];

    /// The character that stands for a name of this kind.
    pub const fn mark(self) -> char {
        match self {
            Self::Model => '\u{e000}',
            Self::Word => '\u{e001}',
            Self::Maker => '\u{e002}',
            Self::Both => '\u{e003}',
            Self::BothWord => '\u{e004}',
        }
    }

    /// The kind that a character stands for.
    pub fn of_mark(mark: char) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.mark() == mark)
    }

    /// Whether the name means something else as often.
    pub const fn is_word(self) -> bool {
        matches!(self, Self::Word | Self::BothWord)
    }

    fn is_model(self) -> bool {
        self != Self::Maker
    }

    fn is_maker(self) -> bool {
        matches!(self, Self::Maker | Self::Both | Self::BothWord)
    }

    /// What a name is that was given twice.
    fn with(self, other: Self) -> Self {
        let is_word = (!self.is_model() || self.is_word()) && (!other.is_model() || other.is_word());
        match (self.is_model() || other.is_model(), self.is_maker() || other.is_maker()) {
            (true, true) => {
                if is_word {
                    Self::BothWord
                } else {
                    Self::Both
                }
            }
            (true, false) => {
                if is_word {
                    Self::Word
                } else {
                    Self::Model
                }
            }
            _ => Self::Maker,
        }
    }
}

/// What administrators edit: three lists, one name a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameLists {
    /// Models and families whose names mean nothing else.
    pub models: Vec<String>,
    /// Models whose names are words or people's names too.
    pub words: Vec<String>,
    /// Who makes models.
    pub makers: Vec<String>,
}

impl Default for NameLists {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Self { models: list(MODELS), words: list(WORDS), makers: list(MAKERS) }
    }
}

/// A model of the arena, as far as its names go.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegisteredModel {
    /// The name on pages, the slug, the family.
    pub names: Vec<String>,
    /// What a hub or a server calls it or its base, often `ORGANISATION/NAME`.
    pub hub_names: Vec<String>,
}

/// All names, ready to be looked for.
#[derive(Debug)]
pub struct Names {
    pattern: Regex,
    kinds: HashMap<String, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    kind: NameKind,
    /// The one spelling that counts, for a plain word that an administrator made a name.
    spelling: Option<String>,
}

impl Names {
    /// Names out of the lists and the arena's own models.
    pub fn new<'a>(lists: &NameLists, registered: impl IntoIterator<Item = &'a RegisteredModel>) -> Self {
        let mut names = Self { pattern: Regex::new("$^").expect("a constant pattern"), kinds: HashMap::new() };
        let mut sources = Vec::new();
        for (list, kind) in
            [(&lists.models, NameKind::Model), (&lists.words, NameKind::Word), (&lists.makers, NameKind::Maker)]
        {
            for name in list {
                names.add(&mut sources, name, kind, false);
            }
        }
        for model in registered {
            for name in &model.names {
                names.add_model(&mut sources, name);
            }
            for name in &model.hub_names {
                let (maker, name) = name.split_once('/').unwrap_or(("", name));
                if maker.chars().count() >= 4 || !maker.is_ascii() {
                    names.add(&mut sources, maker, NameKind::Maker, false);
                }
                names.add_model(&mut sources, name);
            }
        }
        // The longest first: `mistral ai` before `mistral`.
        sources.sort_by_key(|source: &String| std::cmp::Reverse(source.len()));
        sources.dedup();
        if !sources.is_empty() {
            // A version belongs to the name: `-4o`, ` 3.1`, `2.5-72b-instruct`.
            let pattern = format!(
                r"(?i)(?P<name>{})(?:[ \-_.]?[vr]?[0-9][0-9a-z]*(?:[.\-_][0-9a-z]+)*)?(?:[ \-](?:instruct|chat|base|pro|plus|mini|turbo|ultra|nano|flash|sonnet|opus|haiku|large|small|medium|max|coder|vl|omni|thinking|preview)(?-u:\b))*",
                sources.join("|")
            );
            match regex::RegexBuilder::new(&pattern).size_limit(64 << 20).build() {
                Ok(pattern) => names.pattern = pattern,
                Err(error) => tracing::error!(%error, "the list of model names cannot be used"),
            }
        }
        names
    }

    /// A registered name: a name for sure where it has a digit, a separator or no Latin letters, else perhaps a word.
    fn add_model(&mut self, sources: &mut Vec<String>, name: &str) {
        let name = name.trim();
        if name.chars().count() < 2 {
            return;
        }
        let is_distinctive = name.chars().count() >= 4
            && name.chars().any(|c| c.is_ascii_digit() || "-._ ".contains(c) || !c.is_ascii());
        self.add(sources, name, if is_distinctive { NameKind::Model } else { NameKind::Word }, !is_distinctive);
        // `Aurora` of `Aurora-7B-Chat`.
        let stem: &str = name.split(|c: char| !c.is_alphabetic()).next().unwrap_or_default();
        if stem.len() < name.len() && stem.chars().count() >= 4 && stem.is_ascii() {
            self.add(sources, stem, NameKind::Word, true);
        }
    }

    fn add(&mut self, sources: &mut Vec<String>, name: &str, kind: NameKind, as_spelt: bool) {
        let plain = plain_letters(name.trim());
        let key = key(&plain);
        if key.is_empty() {
            return;
        }
        sources.push(source(&plain));
        let spelling = as_spelt.then(|| plain.chars().map(simplified).collect());
        match self.kinds.get_mut(&key) {
            // What is known without regard to case stays so.
            Some(entry) => {
                if spelling.is_none() || entry.spelling.is_some() {
                    entry.kind = entry.kind.with(kind);
                    entry.spelling = if entry.spelling.is_some() { spelling } else { None };
                }
            }
            None => {
                self.kinds.insert(key, Entry { kind, spelling });
            }
        }
    }

    /// The sentence with one character instead of each name.
    pub fn marked(&self, sentence: &str) -> String {
        let mark = |found: &Captures<'_>| {
            let (Some(whole), Some(name)) = (found.get(0), found.name("name")) else { return found[0].to_owned() };
            let is_inside = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            let before = sentence[..whole.start()].chars().next_back();
            let after = sentence[whole.end()..].chars().next();
            let begins_with_letter = name.as_str().starts_with(|c: char| c.is_ascii_alphanumeric());
            let ends_with_letter = whole.as_str().ends_with(|c: char| c.is_ascii_alphanumeric());
            let is_part = (begins_with_letter && (is_inside(before) || before.is_some_and(|c| c.is_ascii_digit())))
                || (ends_with_letter && is_inside(after));
            match self.kinds.get(&key(name.as_str())) {
                Some(entry)
                    if !is_part && entry.spelling.as_ref().is_none_or(|spelt| is_spelt(name.as_str(), spelt)) =>
                {
                    entry.kind.mark().to_string()
                }
                _ => whole.as_str().to_owned(),
            }
        };
        self.pattern.replace_all(sentence, mark).into_owned()
    }
}

/// Whether a word is written as a name: as registered where that has a capital, else with one.
fn is_spelt(word: &str, registered: &str) -> bool {
    let mut rest = registered.chars();
    let capitalised: String = rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect();
    word == capitalised || (word == registered && registered.chars().any(|c| !c.is_lowercase()))
}

/// A name without case and separators.
fn key(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric() || *c == '+').flat_map(char::to_lowercase).map(simplified).collect()
}

/// A pattern that finds the name with any separators: `chat gpt` is ChatGPT and Chat-GPT.
fn source(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric() && c != '+')
        .filter(|word| !word.is_empty())
        .map(|word| regex::escape(&word.chars().map(simplified).collect::<String>()))
        .collect();
    words.join(r"[\s.\-_·]{0,2}")
}

/// Models and families.
const MODELS: &[&str] = &[
    "mixtral",
    "mistral 7b",
    "mistral large",
    "mistral nemo",
    "le chat",
    "chat gpt",
    "gpt 3",
    "gpt 4",
    "gpt 5",
    "gpt 4o",
    "gpt oss",
    "o1-mini",
    "deep seek",
    "qwen",
    "qwq",
    "tongyi qianwen",
    "chat glm",
    "glm 4",
    "baichuan",
    "intern lm",
    "internlm",
    "ernie bot",
    "chinese mixtral",
    "chinese alpaca",
    "chinese llama",
    "llama 2",
    "llama 3",
    "llama 4",
    "vicuna",
    "wizard lm",
    "zephyr 7b",
    "dolphin mixtral",
    "open hermes",
    "nous hermes",
    "google bard",
    "microsoft copilot",
    "command r+",
    "command r",
    "yi 34b",
    "yi 6b",
    "stable lm",
    "tiny llama",
    "code llama",
    "hunyuan",
    "skywork",
    "olmo",
    "o3-mini",
    "o1-preview",
    "palm 2",
    "dbrx",
    "jamba",
    "guanaco",
    "star coder",
    "mini cpm",
    "open chat 3",
    "smol lm",
    "exaone",
    "giga chat",
    "yandex gpt",
    "hyper clova",
    "bing chat",
    "doubao",
    "sense chat",
    "spark desk",
    "magistral",
    "devstral",
    "pixtral",
    "mathstral",
    "apertus",
    "long cat",
    "ministral",
    "codestral",
    "通义千问",
    "文心一言",
    "智谱清言",
    "百川大模型",
    "讯飞星火",
    "书生 浦语",
    "中文羊驼",
    "混元大模型",
    "腾讯混元",
    "豆包大模型",
    "盘古大模型",
    "星火大模型",
    "ミクストラル",
    "チャットgpt",
];

/// Models whose names are words too.
const WORDS: &[&str] = &[
    "mistral",
    "claude",
    "gemini",
    "llama",
    "alpaca",
    "bard",
    "copilot",
    "grok",
    "falcon",
    "kimi",
    "ernie",
    "phi",
    "gemma",
    "yi",
    "gpt",
    "hermes",
    "dolphin",
    "minimax",
    "nova",
    "titan",
    "granite",
    "nemotron",
    "羊驼",
    "豆包",
    "混元",
    "盘古",
    "千问",
    "星火",
    "通义",
    "元宝",
    "百川",
    "克劳德",
    "ミストラル",
    "クロード",
    "ジェミニ",
    "グロック",
    "ラマ",
];

/// Who makes them.
const MAKERS: &[&str] = &[
    "mistral ai",
    "mistral",
    "open ai",
    "anthropic",
    "deep mind",
    "deep seek",
    "zhipu ai",
    "zhipu",
    "moonshot ai",
    "meta ai",
    "nous research",
    "cohere",
    "01.ai",
    "minimax",
    "stability ai",
    "xai",
    "hugging face",
    "google",
    "meta",
    "microsoft",
    "alibaba",
    "alibaba cloud",
    "baidu",
    "tencent",
    "apple",
    "amazon",
    "nvidia",
    "ibm",
    "huawei",
    "bytedance",
    "facebook",
    "iflytek",
    "sensetime",
    "tsinghua",
    "databricks",
    "together ai",
    "eleuther ai",
    "technology innovation institute",
    "inflection ai",
    "ai21 labs",
    "snowflake",
    "upstage",
    "reka ai",
    "allen institute",
    "allen institute for ai",
    "salesforce",
    "perplexity ai",
    "perplexity",
    "aleph alpha",
    "elyza",
    "rinna",
    "black forest labs",
    "yandex",
    "sber",
    "lg ai research",
    "naver",
    "xiaomi",
    "step fun",
    "moonshot",
    "cerebras",
    "lmsys",
    "智谱",
    "智谱ai",
    "百川智能",
    "月之暗面",
    "科大讯飞",
    "讯飞",
    "零一万物",
    "深度求索",
    "哈工大",
    "哈工大讯飞联合实验室",
    "谷歌",
    "微软",
    "阿里",
    "阿里云",
    "阿里巴巴",
    "百度",
    "腾讯",
    "字节",
    "字节跳动",
    "华为",
    "商汤",
    "清华大学",
    "上海人工智能实验室",
    "昆仑万维",
    "智源研究院",
    "阶跃星辰",
    "面壁智能",
    "稀宇科技",
    "小米",
    "快手",
    "美团",
    "京东",
    "网易",
    "复旦大学",
    "グーグル",
    "マイクロソフト",
    "アリババ",
    "アリババクラウド",
    "アンソロピック",
    "オープンai",
    "メタ",
];
