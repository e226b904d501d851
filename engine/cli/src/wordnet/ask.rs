//! What somebody could ask a dictionary, in several wordings, and what it answers.

use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use super::choose::Word;
use super::read::Class;

/// What is asked about a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    Define,
    Sentence,
    Synonyms,
    Opposite,
    KindOf,
    Kinds,
    /// The word for a definition.
    Reverse,
}

impl Task {
    pub const ALL: [Self; 7] =
        [Self::Define, Self::Sentence, Self::Synonyms, Self::Opposite, Self::KindOf, Self::Kinds, Self::Reverse];
}

/// A question's task and its word, which an answer is judged by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    pub task: Task,
    pub word: String,
}

/// What can be asked about a word.
pub fn tasks(word: &Word) -> Vec<Task> {
    let can = |task: &Task| match task {
        Task::Define | Task::Reverse => true,
        Task::Sentence => !word.sentences.is_empty(),
        Task::Synonyms => !word.synonyms.is_empty(),
        Task::Opposite => word.opposite.is_some(),
        Task::KindOf => word.kind_of.is_some(),
        Task::Kinds => word.kinds.len() >= 2,
    };
    Task::ALL.into_iter().filter(can).collect()
}

/// The answer; one of several where a word has several sentences.
pub fn answer(word: &Word, task: Task, rng: &mut impl Rng) -> String {
    let text = &word.text;
    match task {
        Task::Define => entry(word),
        Task::Sentence => word.sentences.choose(rng).cloned().unwrap_or_default(),
        Task::Synonyms => format!("Synonyms of {text}: {}.", word.synonyms.join(", ")),
        Task::Opposite => format!("The opposite of {text} is {}.", word.opposite.as_deref().unwrap_or_default()),
        Task::KindOf => format!("{text} is a kind of {}.", word.kind_of.as_deref().unwrap_or_default()),
        Task::Kinds => format!("Kinds of {text}: {}.", word.kinds.join(", ")),
        Task::Reverse => text.clone(),
    }
}

/// An entry, without marks around the word, so that it is the piece of the vocabulary that it is in the question: the word, its part of speech, one or two definitions, and a sentence where there is one.
fn entry(word: &Word) -> String {
    let mut out = format!("{} ({})", word.text, word.class.name());
    match word.definitions.as_slice() {
        [one] => out.push_str(&format!(": {one}.")),
        several => {
            for (number, definition) in (1..).zip(several) {
                out.push_str(&format!("\n{number}. {definition}"));
            }
        }
    }
    if let Some(sentence) = word.sentences.first() {
        out.push_str(&format!("\n\n*{sentence}*"));
    }
    out
}

/// A question for it.
pub fn question(word: &Word, task: Task, rng: &mut impl Rng) -> String {
    let name = named(word, rng);
    let text = &word.text;
    let article = if text.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    let wordings: Vec<String> = match task {
        Task::Define => {
            let mut all = vec![
                format!("What does {name} mean?"),
                format!("What does the word {name} mean?"),
                format!("Define {name}."),
                format!("What is the meaning of {name}?"),
                format!("Explain the word {name}."),
                format!("Give me a definition of {name}."),
                text.clone(),
            ];
            match word.class {
                Class::Noun => all.extend([
                    format!("What is {article} {text}?"),
                    format!("What is {article} {text}?"),
                    format!("What's {article} {text}?"),
                    format!("What is {text}?"),
                    format!("What is {text}?"),
                ]),
                Class::Verb => {
                    all.extend([format!("What does it mean to {text}?"), format!("What does \"to {text}\" mean?")])
                }
                Class::Adjective => all.push(format!("What does it mean to be {text}?")),
                Class::Adverb => {}
            }
            all
        }
        Task::Sentence => vec![
            format!("Use {name} in a sentence."),
            format!("Make a sentence with {name}."),
            format!("Write a sentence with the word {name}."),
            format!("Give me an example sentence for {name}."),
            format!("Can you use {name} in a sentence?"),
        ],
        Task::Synonyms => vec![
            format!("Give me synonyms for {name}."),
            format!("What are synonyms of {name}?"),
            format!("What is another word for {name}?"),
            format!("Which words mean the same as {name}?"),
            format!("Synonyms for {name}?"),
        ],
        Task::Opposite => vec![
            format!("What is the opposite of {name}?"),
            format!("Give me the opposite of {name}."),
            format!("What is an antonym of {name}?"),
            format!("Opposite of {name}?"),
        ],
        Task::KindOf => vec![
            format!("What kind of thing is {article} {text}?"),
            format!("What kind of thing is {text}?"),
            format!("{} {text} is a kind of what?", if article == "an" { "An" } else { "A" }),
        ],
        Task::Kinds => vec![
            format!("What kinds of {text} are there?"),
            format!("Name some kinds of {text}."),
            format!("Give me examples of {text}."),
        ],
        Task::Reverse => {
            let definition = word.definitions[0].split(';').next().unwrap_or_default();
            vec![
                format!("What is the word for this: {definition}?"),
                format!("Which word means \"{definition}\"?"),
                format!("What do you call it: {definition}?"),
                format!("I am looking for a word: {definition}."),
            ]
        }
    };
    careless(wordings.choose(rng).cloned().unwrap_or_default(), rng)
}

/// The word as people write it in a question: mostly bare, sometimes in marks.
fn named(word: &Word, rng: &mut impl Rng) -> String {
    let text = &word.text;
    match rng.random_range(0..10) {
        0 => format!("\"{text}\""),
        1 => format!("'{text}'"),
        _ => text.clone(),
    }
}

/// People leave out the mark at the end, or the capital.
fn careless(mut text: String, rng: &mut impl Rng) -> String {
    if rng.random_bool(0.15) && text.ends_with(['.', '?']) {
        text.pop();
    }
    if rng.random_bool(0.15) {
        text = text[..1].to_lowercase() + &text[1..];
    }
    text
}

/// A question that goes on about the word of the one before.
pub fn follow_up(task: Task, rng: &mut impl Rng) -> &'static str {
    let wordings: &[&'static str] = match task {
        Task::Define => &["What does it mean?", "And what does it mean?", "Define it.", "What is that?"],
        Task::Sentence => &["Use it in a sentence.", "And in a sentence?", "Can you use it in a sentence?"],
        Task::Synonyms => &["What are synonyms of it?", "And synonyms?", "Another word for it?"],
        Task::Opposite => &["What is its opposite?", "And the opposite?"],
        Task::KindOf => &["What kind of thing is it?", "It is a kind of what?"],
        Task::Kinds => &["What kinds of it are there?", "Name some kinds of it."],
        Task::Reverse => &[],
    };
    wordings.choose(rng).copied().unwrap_or_default()
}

/// What a dictionary can do, and cannot: small talk and requests for other things.
pub fn small_talk(rng: &mut impl Rng, words: &[Word]) -> (String, String) {
    let examples: Vec<&str> = words.sample(rng, 2).map(|word| word.text.as_str()).collect();
    let [one, two] = examples[..] else { return Default::default() };
    let offer = format!("Ask me what {one} means, or to use {two} in a sentence.");
    let hello = ["Hello", "Hi", "Hello!", "Hi there!", "Good morning", "Hey", "Good evening!", "How are you?"];
    let who = ["Who are you?", "What are you?", "What can you do?", "Help", "What can I ask you?", "What do you know?"];
    let thanks = ["Thank you!", "Thanks", "Thank you very much.", "Great, thanks!", "Bye", "Goodbye!"];
    let other = [
        "Write a poem about {}.",
        "Tell me a joke about {}.",
        "Write a story about {}.",
        "Write me an email about {}.",
        "How do I make {}?",
        "Who invented {}?",
        "Write code for {}.",
        "Translate {} into French.",
        "What is the history of {}?",
        "Who is the president?",
        "What is 2 + 2?",
        "What time is it?",
        "Where is Paris?",
        "Give me advice about {}.",
        "Write an essay on {}.",
        "What do you think about {}?",
        "Why is the sky blue?",
        "How does {} work?",
        "Solve this equation.",
        "Tell me about yourself.",
        "Sing a song about {}.",
        "What is the weather like?",
        "Summarize this text.",
        "Plan a trip to {}.",
        "Recommend a book about {}.",
    ];
    let (question, answer) = match rng.random_range(0..10) {
        0 | 1 => (pick(&hello, rng), format!("Hello! {offer}")),
        2 | 3 => {
            (pick(&who, rng), format!("I am a small dictionary: I know words, their synonyms and opposites. {offer}"))
        }
        4 => (pick(&thanks, rng), "You are welcome! Come back when you meet a word you do not know.".to_owned()),
        _ => {
            (pick(&other, rng).replace("{}", one), format!("I am only a small dictionary and cannot do that. {offer}"))
        }
    };
    (careless(question, rng), answer)
}

fn pick(all: &[&str], rng: &mut impl Rng) -> String {
    all.choose(rng).copied().unwrap_or_default().to_owned()
}

/// The tasks in an order of their own, for a conversation about a word.
pub fn shuffled(word: &Word, rng: &mut impl Rng) -> Vec<Task> {
    let mut tasks = tasks(word);
    tasks.shuffle(rng);
    tasks
}
