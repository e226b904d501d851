//! A labelled set of sentences, disguises, and what must not take long.

use super::*;

/// `PART<tab>leak|clean<tab>LANGUAGE<tab>TEXT`. The patterns were written with the part `tuned` in sight; each later part was
/// written by somebody who did not know them, and was looked at only when it had been measured once. Found before it was looked
/// at, and of what was found how much was a leak: `fresh` 0.84 and 0.94, `fourth` 0.54 and 1 (odd phrasings), `fifth` 0.60 and
/// 0.95 (in passing), `sixth` 0.76 and 0.88 (a third unusual), `seventh` 0.75 and 0.99, `eighth` 0.95 and 0.97 (as in the logs of
/// arenas).
const SENTENCES: &str = include_str!("sentences.tsv");

fn names() -> Names {
    let model = |names: &[&str], hub: &[&str]| RegisteredModel {
        names: names.iter().map(ToString::to_string).collect(),
        hub_names: hub.iter().map(ToString::to_string).collect(),
    };
    let registered = [
        model(&["Verse 14M Q4_K", "verse-14m-q4_k"], &[]),
        model(&["诗词小模型"], &[]),
        model(&["Test"], &[]),
        model(&["Poet"], &[]),
        model(&["Aurora-7B-Chat"], &["borealis-labs/aurora-7b-chat"]),
    ];
    Names::new(&NameLists::default(), &registered)
}

fn gives_away(answer: &str) -> bool {
    find_giveaway(answer, &names()).is_some()
}

#[derive(Debug, Default)]
struct Counts {
    right: f64,
    wrong: Vec<String>,
    missed: Vec<String>,
}

impl Counts {
    fn precision(&self) -> f64 {
        self.right / (self.right + self.wrong.len() as f64)
    }

    fn recall(&self) -> f64 {
        self.right / (self.right + self.missed.len() as f64)
    }
}

#[test]
fn of_the_labelled_sentences_nearly_all_leaks_are_found_and_nearly_nothing_else() {
    let names = names();
    let mut lines = 0;
    for part in ["tuned", "measured", "later", "fresh", "fourth", "fifth", "sixth", "seventh", "eighth"] {
        let mut counts = Counts::default();
        for line in SENTENCES.lines().filter(|line| line.starts_with(part)) {
            let fields: Vec<&str> = line.splitn(4, '\t').collect();
            let [_, label, language, text] = fields[..] else { panic!("{line}") };
            assert!(["zh", "en", "fr", "es", "de", "ja"].contains(&language), "{line}");
            lines += 1;
            match (label, find_giveaway(text, &names).is_some()) {
                ("leak", true) => counts.right += 1.0,
                ("leak", false) => counts.missed.push(text.to_owned()),
                ("clean", true) => counts.wrong.push(text.to_owned()),
                ("clean", false) => {}
                _ => panic!("{line}"),
            }
        }
        assert!(counts.precision() >= 0.98 && counts.recall() >= 0.95, "{part}: {counts:#?}");
    }
    assert_eq!(lines, SENTENCES.lines().count(), "every line belongs to a part");
}

#[test]
fn an_answer_that_tells_its_name_is_noticed() {
    for answer in [
        "I am Mixtral, how can I help?",
        "I'm Claude, made to help.",
        "我是由百度研发的语言模型",
        "This is Verse-14M-Q4_K speaking",
        "我是诗词小模型",
        "(GPT-4)",
        "Roses are red.\n\nI am Aurora, and I write.",
        "- one\n- two\n- I was trained by Borealis Labs.",
        "我是千問，由阿里雲開發。",
    ] {
        assert!(gives_away(answer), "{answer}");
    }
}

#[test]
fn ordinary_words_do_not_end_a_battle() {
    for answer in [
        "This is a test for a poet.",
        "I am poet enough for this, and test it daily.",
        "The maxai exit, a remixtralised word",
        "the meta-analysis was made by a team",
        "I am a teapot",
        "GPT-4, Claude and Gemini are models.",
        "He wrote: \"I am Gemini. I was made by Google.\" Then he left.",
        "",
    ] {
        assert!(!gives_away(answer), "{answer}");
    }
}

#[test]
fn a_name_is_read_as_the_page_shows_it() {
    for disguised in [
        "M&#x69;xtral",
        "Mix\u{200b}tral",
        "Mix\u{ad}tral",
        "Mix&zwnj;tral",
        "\u{2066}Mixtral\u{2069}",
        "Ｍｉｘｔｒａｌ",
        "𝓜𝓲𝔁𝓽𝓻𝓪𝓵",
        "ᴍɪxᴛʀᴀʟ",
        "🄼🄸🅇🅃🅁🄰🄻",
        "🅼🅸🆇🆃🆁🅰🅻",
        "🇲🇮🇽🇹🇷🇦🇱",
        "Міхtrаl",
        "Μixτral",
        "Mïxtrál",
        "M̲i̲x̲t̲r̲a̲l̲",
        "Mix*tr*al",
        "Mi**xtr**al",
        "~~Mix~~tral",
        "`Mix`tral",
        "Mix<b></b>tral",
        "Mix<!-- -->tral",
        "[Mix](https://example.org)[tral](https://example.org)",
        "Mix\\tral",
        "M i x t r a l",
        "M.i.x.t.r.a.l",
        "M-i-x-t-r-a-l",
        "M1xtral",
        "M!xtr@l",
        "$Mixtral$",
        "$\\mathrm{Mixtral}$",
        "$M i x t r a l$",
        "MIXTRAL-8x7B",
    ] {
        let (claim, topic) = (format!("I am {disguised}."), format!("Many people like {disguised}."));
        assert!(gives_away(&claim), "{disguised}: {}", rendered::rendered(&claim));
        assert!(!gives_away(&topic), "{disguised}: {}", rendered::rendered(&topic));
    }
}

#[test]
fn the_sentence_that_decided_is_shown_as_its_reader_sees_it() {
    let found = find_giveaway("Here is a poem.\n\nRoses are red. I am **Mix**tral! Enjoy.", &names());
    assert_eq!(found.as_deref(), Some("I am Mixtral!"));
    let found = find_giveaway("私はOpenAIによって開発されたAIです。", &names());
    assert_eq!(found.as_deref(), Some("私はOpenAIによって開発されたAIです。"));
}

#[test]
fn administrators_decide_what_is_a_name() {
    let lists =
        NameLists { models: vec!["Nimbus".to_owned()], words: Vec::new(), makers: vec!["Acme (GmbH)".to_owned()] };
    let names = Names::new(&lists, []);
    assert!(find_giveaway("I am Nimbus.", &names).is_some());
    assert!(find_giveaway("I was trained by Acme GmbH.", &names).is_some());
    assert!(find_giveaway("I am Mixtral.", &names).is_none());
    assert!(find_giveaway("I am Mixtral.", &Names::new(&NameLists { models: Vec::new(), ..lists }, [])).is_none());
    // Whatever is typed is a name and no pattern.
    let odd = ["", " ", "(", "[a-", "a|b", "\\", "$^", "…"].map(str::to_owned).to_vec();
    let names = Names::new(&NameLists { models: odd, words: Vec::new(), makers: Vec::new() }, []);
    assert!(find_giveaway("I am a b.", &names).is_some());
    assert!(find_giveaway("I am here.", &names).is_none());
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_strange(text in "(I am |我是|Mixtral|\\*|`|<b>|&#|\\$|\\\\|“|\"|'|\u{200b}|\u{e000}|.|\\PC){0,60}") {
        find_giveaway(&text, &names());
    }
}
