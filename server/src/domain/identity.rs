//! Whether an answer gives away who wrote it.
//!
//! A voter who knows the model no longer votes blindly, so such a battle's vote is kept and not counted. The list holds
//! names that mean a model, a maker or a family and hardly anything else. Ordinary words that are names as well
//! (mistral: a wind; claude, gemini, llama, 文心: a person, a sign, an animal, a phrase) count only where the answer
//! speaks of itself or of a model in the same sentence; `a cold mistral blew` does not end a battle.

/// Names that have no other everyday meaning. Matched whole, without regard to case.
const NAMES: &[&str] = &[
    "mixtral",
    "mistral ai",
    "mistralai",
    "mixtral-8x7b",
    "mistral-7b",
    "openai",
    "chatgpt",
    "gpt-3",
    "gpt-3.5",
    "gpt-4",
    "gpt-4o",
    "gpt-5",
    "gpt4",
    "anthropic",
    "deepmind",
    "deepseek",
    "qwen",
    "tongyi qianwen",
    "chatglm",
    "glm-4",
    "zhipu ai",
    "baichuan",
    "internlm",
    "ernie bot",
    "moonshot ai",
    "chinese-mixtral",
    "chinese-alpaca",
    "chinese-llama",
    "llama 2",
    "llama 3",
    "llama-2",
    "llama-3",
    "meta ai",
    "vicuna",
    "wizardlm",
    "zephyr-7b",
    "dolphin-mixtral",
    "openhermes",
    "nous hermes",
    "nousresearch",
    "nous research",
    "hfl-anthology",
    "google bard",
    "microsoft copilot",
    "cohere",
    "command r+",
    "yi-34b",
    "01.ai",
    "minimax",
    "stability ai",
    "stablelm",
    "xai",
    "tinyllama",
    "通义千问",
    "文心一言",
    "智谱清言",
    "智谱ai",
    "百川智能",
    "百川大模型",
    "月之暗面",
    "讯飞星火",
    "科大讯飞",
    "书生·浦语",
    "书生浦语",
    "零一万物",
    "深度求索",
    "中文羊驼",
    "混元大模型",
    "腾讯混元",
    "豆包大模型",
    "盘古大模型",
    "哈工大讯飞",
];

/// Names that are ordinary words too.
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
    "google",
    "meta",
    "microsoft",
    "alibaba",
    "baidu",
    "tencent",
    "gpt",
    "hermes",
    "dolphin",
    "apple",
    "amazon",
    "nvidia",
    "ibm",
    "huawei",
    "bytedance",
    "谷歌",
    "微软",
    "阿里",
    "阿里云",
    "阿里巴巴",
    "百度",
    "腾讯",
    "字节跳动",
    "华为",
    "羊驼",
    "豆包",
    "混元",
    "盘古",
    "千问",
    "星火",
    "通义",
];

/// What an answer says of itself, in the sentence with such a word.
const CLAIMS: &[&str] = &[
    "i am",
    "i'm",
    "i’m",
    "my name is",
    "call me",
    "made me",
    "created me",
    "trained me",
    "developed me",
    "built me",
    "i was made by",
    "i was created by",
    "i was trained by",
    "i was developed by",
    "i was built by",
    "trained by",
    "developed by",
    "created by",
    "language model",
    "my creator",
    "my developer",
    "ai model",
    "ai assistant",
    "我是",
    "我叫",
    "我的名字",
    "开发了我",
    "训练了我",
    "创造了我",
    "开发的",
    "训练的",
    "研发的",
    "语言模型",
    "大模型",
    "我的开发",
    "我的创造",
    "我由",
];

/// Whether an answer names a model, a maker or a family. `registered` are the names of the arena's own models.
pub fn names_a_model<'a>(answer: &str, registered: impl IntoIterator<Item = &'a str>) -> bool {
    let answer = answer.to_lowercase();
    if NAMES.iter().any(|name| has_word(&answer, name)) {
        return true;
    }
    let is_named = registered.into_iter().any(|name| {
        let name = name.trim().to_lowercase();
        // A model called “Test” or “A1” must not mark every answer that uses the word.
        is_distinctive(&name) && has_word(&answer, &name)
    });
    is_named
        || sentences(&answer).any(|sentence| {
            CLAIMS.iter().any(|claim| has_word(sentence, claim)) && WORDS.iter().any(|word| has_word(sentence, word))
        })
}

/// A registered name counts where it is long enough and no plain word: it has a digit, a mark or a Han character.
fn is_distinctive(name: &str) -> bool {
    name.chars().count() >= 4 && name.chars().any(|c| c.is_ascii_digit() || "-._ ".contains(c) || !c.is_ascii())
}

fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '!', '?', '。', '！', '？', ';', '；']).flat_map(|part| part.split(". "))
}

/// Whether a text holds a name that neither begins nor ends inside a word. Han characters have no such borders.
fn has_word(text: &str, name: &str) -> bool {
    let is_inside = |c: Option<char>, edge: Option<char>| {
        c.is_some_and(|c| c.is_ascii_alphanumeric()) && edge.is_some_and(|edge| edge.is_ascii_alphanumeric())
    };
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !is_inside(before, name.chars().next()) && !is_inside(after, name.chars().next_back())
    })
}

#[cfg(test)]
mod tests {
    use super::names_a_model;

    const REGISTERED: &[&str] = &["Verse 14M Q4_K", "verse-14m-q4_k", "诗词小模型", "Test", "Poet"];

    fn leaks(answer: &str) -> bool {
        names_a_model(answer, REGISTERED.iter().copied())
    }

    #[test]
    fn an_answer_that_tells_its_name_is_noticed() {
        for answer in [
            "I am Mixtral, how can I help?",
            "As an AI developed by Mistral AI, I cannot.",
            "I'm Claude, made to help.",
            "My name is LLaMA.",
            "I'm a large language model trained by Google.",
            "我是通义千问，由阿里云开发。",
            "我叫豆包。",
            "我是由百度研发的语言模型",
            "我是ChatGPT",
            "This is Verse-14M-Q4_K speaking",
            "我是诗词小模型",
            "(GPT-4)",
        ] {
            assert!(leaks(answer), "{answer}");
        }
    }

    #[test]
    fn ordinary_words_do_not_end_a_battle() {
        for answer in [
            "The mistral is a cold wind of the Rhône valley.",
            "A llama and an alpaca went up the hill.",
            "Claude Monet painted water lilies. I like them.",
            "Gemini is the third sign of the zodiac.",
            "Google was founded in 1998.",
            "百度百科里有这个词。",
            "星火燎原",
            "This is a test for a poet.",
            "The maxai exit, a remixtralised word",
            "床前明月光，疑是地上霜。",
            "the meta-analysis was made by a team",
            "I am a teapot",
            "",
        ] {
            assert!(!leaks(answer), "{answer}");
        }
    }
}
