//! What the rules decide on messages and answers as people and models write them, in English and Chinese.

use super::*;
use crate::domain::Choice;

fn categories(prompt: &str) -> Vec<Category> {
    let texts = JudgedTexts { prompts: vec![prompt.into()], ..JudgedTexts::default() };
    VoteFeatures::of(&texts).categories.each().collect()
}

fn assert_is(category: Category, prompts: &[&str]) {
    for prompt in prompts {
        assert!(categories(prompt).contains(&category), "{prompt} is {category}");
    }
}

fn assert_is_not(category: Category, prompts: &[&str]) {
    for prompt in prompts {
        assert!(!categories(prompt).contains(&category), "{prompt} is not {category}");
    }
}

#[test]
fn programs_are_told_from_talk_about_classes_and_functions() {
    assert_is(
        Category::Coding,
        &[
            "Write a Python function that reverses a list",
            "Why does my code throw an exception in this loop?",
            "What is the difference between a method and a function in Rust?",
            "```\nfn main() {}\n```\nexplain",
            "SELECT * FROM users; how do I make this SQL faster?",
            "Explain C++ templates",
            "用Python写一个快速排序",
            "帮我写个程序，统计文章里每个词出现的次数",
            "这段代码为什么报错？",
            "函数里的变量怎么传递？",
            "请解释正则表达式 ^a+$",
        ],
    );
    assert_is_not(
        Category::Coding,
        &[
            "Write a poem about the sea",
            "What class of ship was the Titanic?",
            "What is the function of the liver?",
            "Rust on my bike: how do I remove it?",
            "写一首五言绝句",
            "肝脏的功能是什么？",
            "介绍一下唐朝的制度",
        ],
    );
}

#[test]
fn mathematics_is_told_from_dates_and_counts() {
    assert_is(
        Category::Math,
        &[
            "What is 17 * 23?",
            "Solve for x: 2x + 3 = 11",
            "Prove that the square root of 2 is irrational",
            "A train travels 120 miles in 2 hours. How much is its average speed in 3 hours of 60 miles?",
            "Compute \\int_0^1 x^2 dx",
            "解方程 x^2 - 5x + 6 = 0",
            "鸡兔同笼，共有35个头，94只脚，问鸡兔各多少只",
            "抛两枚硬币都是正面的概率是多少？",
            "计算 12 × 34",
            "求函数 f(x) 的导数",
        ],
    );
    assert_is_not(
        Category::Math,
        &[
            "How many people live in Paris?",
            "What happened on 2024-01-02?",
            "Compare the years 1914-1918 and 1939-1945",
            "北京有多少人口？",
            "写一首关于秋天的七言绝句",
            "Tell me about Q4_K and Q8_0",
            "2024/01/02 是星期几",
        ],
    );
}

#[test]
fn writing_is_what_asks_for_a_work_and_not_what_asks_about_one() {
    assert_is(
        Category::CreativeWriting,
        &[
            "Write a haiku about rain",
            "Tell me a short story about a dragon who is afraid of heights",
            "Compose song lyrics in the style of the blues",
            "写一首五言绝句，题目《春望》。",
            "请以“月”为题作一首七律",
            "给我讲个笑话",
            "续写这个故事",
            "上联：春风得意马蹄疾，下联怎么对",
            "编一个关于狐狸的童话",
            "填一首《浣溪沙》词",
        ],
    );
    assert_is_not(
        Category::CreativeWriting,
        &[
            "Who wrote the poem Ozymandias?",
            "Write an email to my landlord",
            "Explain photosynthesis",
            "李白是谁？",
            "《红楼梦》的作者是谁？",
            "写一封辞职信",
            "工作中常用的关键词有哪些？",
            "这个词来自哪里？",
            "介绍一下唐诗的来历",
        ],
    );
}

#[test]
fn constraints_are_one_that_can_be_counted_or_two_of_other_kinds() {
    assert_is(
        Category::InstructionFollowing,
        &[
            "Describe Paris in exactly 50 words",
            "Summarise this in no more than three sentences.",
            "Write a 200-word essay on trees",
            "Act as a pirate and do not use the letter e",
            "Reply in JSON. Do not explain.",
            "用不超过100字介绍杭州",
            "用三句话概括《西游记》",
            "你是一名律师，请以表格形式回答",
            "请必须以“春”字开头，不要出现“花”字",
            "写一段话，200字左右",
        ],
    );
    assert_is_not(
        Category::InstructionFollowing,
        &[
            "What is the capital of France?",
            "Explain black holes",
            "写一首诗",
            "介绍一下黑洞",
            "Do you know any birds?",
        ],
    );
}

#[test]
fn answers_that_refuse_say_so_at_their_beginning() {
    for answer in [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but I cannot assist with this request.",
        "I cannot provide instructions for that.",
        "As an AI language model, I am unable to have opinions.",
        "Unfortunately, I'm not able to browse the internet.",
        "抱歉，我无法回答这个问题。",
        "很抱歉，我不能提供这类信息。",
        "作为一个人工智能语言模型，我无法预测未来。",
        "对不起，这个要求违反了规定，我不能帮助你。",
    ] {
        assert!(is_refusal(answer), "{answer}");
    }
    for answer in [
        "I can't wait to tell you about Paris!",
        "Sorry for the delay. Paris is the capital of France.",
        "The word “sorry” is an apology.",
        "当然可以。下面是一首诗。",
        "我不能说的秘密是一部电影。",
        "",
    ] {
        assert!(!is_refusal(answer), "{answer}");
    }
    let late = format!("{}I'm sorry, but I can't go on.", "A long answer first. ".repeat(20));
    assert!(!is_refusal(&late));
}

#[test]
fn a_refusal_of_either_side_in_any_turn_counts() {
    let answers = |last: &str| vec!["Of course.".to_owned(), last.to_owned()];
    let texts = JudgedTexts {
        prompts: vec!["hello".into(), "and?".into()],
        answers_a: answers("Yes."),
        answers_b: Some(answers("I'm sorry, but I can't help with that.")),
    };
    let categories: Vec<_> = VoteFeatures::of(&texts).categories.each().collect();
    assert_eq!(categories, [Category::MultiTurn, Category::Refusal]);
}

#[test]
fn long_queries_are_counted_over_all_turns() {
    assert!(categories(&"word ".repeat(499)).is_empty());
    assert_eq!(categories(&"word ".repeat(500)), [Category::LongerQuery]);
    assert_eq!(categories(&"诗".repeat(500)), [Category::LongerQuery]);
    let half = "word ".repeat(250);
    let texts = JudgedTexts { prompts: vec![half.clone(), half], ..JudgedTexts::default() };
    let categories = VoteFeatures::of(&texts).categories;
    assert!(categories.has(Category::LongerQuery) && categories.has(Category::MultiTurn));
}

#[test]
fn tokens_are_counted_alike_in_all_languages() {
    for (text, tokens) in [
        ("", 0),
        ("  \t ", 0),
        ("Hello world", 2),
        ("internationalisation", 4),
        ("春眠不觉晓", 5),
        ("春眠，不觉晓。", 7),
        ("1234567", 3),
        ("a\n\n\nb", 3),
        ("用 Python 写", 3),
        ("don't", 3),
    ] {
        assert_eq!(token_count(text), tokens, "{text:?}");
    }
}

#[test]
fn marks_are_counted_outside_of_code() {
    let answer = "# Title\n\n## Part\n- one\n* two\n1. three\n2) four\n3、五\n\n**bold** and __more__ but not ** this **\n\
        ```markdown\n# no\n- no\n**no**\n```\n####### no\n#no\n-no\n1.no\n**\n~~~\n- open\n";
    let style = Style::of(answer);
    assert_eq!((style.headers, style.lists, style.bold), (2, 5, 2), "{style:?}");
    assert_eq!(style.tokens, token_count(answer), "length is that of all of the text");
    assert_eq!(Style::of("    # code").headers, 0);
    assert_eq!(Style::of("---\n***").lists, 0);
}

#[test]
fn styles_of_several_turns_add_up() {
    let texts = JudgedTexts {
        prompts: vec!["a".into(), "b".into()],
        answers_a: vec!["- one".into(), "# two".into()],
        answers_b: Some(vec!["plain".into()]),
    };
    let features = VoteFeatures::of(&texts);
    assert_eq!(features.style_a.counts(), [4, 1, 1, 0]);
    assert_eq!(features.style_b.map(Style::counts), Some([1, 0, 0, 0]));
    assert_eq!(VoteFeatures::of(&JudgedTexts::default()).style_b, None, "a direct chat has one side");
}

#[test]
fn the_leaderboard_without_refusals_and_ties_holds_what_is_left() {
    let refusal: Categories = [Category::Refusal].into_iter().collect();
    let board = BoardCategory::ExcludeRefusalsAndTies;
    assert!(board.holds(Categories::default(), Choice::A) && board.holds(Categories::default(), Choice::B));
    for choice in [Choice::Tie, Choice::BothBad] {
        assert!(!board.holds(Categories::default(), choice), "{choice}");
    }
    assert!(!board.holds(refusal, Choice::A));
    let code: Categories = [Category::Coding].into_iter().collect();
    assert!(BoardCategory::Coding.holds(code, Choice::Tie) && !BoardCategory::Math.holds(code, Choice::Tie));
}
