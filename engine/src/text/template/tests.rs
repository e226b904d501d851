//! Templates from files, Mixtral's own, hostile ones, and people who type control tokens.

use proptest::prelude::*;

use super::*;
use crate::text::tokenizer::tests::{bytes_only, small};

fn user(text: &str) -> Message {
    Message::new(Role::User, text)
}

fn assistant(text: &str) -> Message {
    Message::new(Role::Assistant, text)
}

fn render(source: Option<&str>, messages: &[Message]) -> Result<String, TemplateError> {
    ChatTemplate::new(source)?.render(&bytes_only(), messages)
}

#[test]
fn without_a_template_mixtrals_instruct_format_is_used_for_several_turns() {
    let text = render(None, &[user("你好"), assistant("您好"), user("写诗")]);
    assert_eq!(text.as_deref(), Ok("<s> [INST] 你好 [/INST] 您好</s> [INST] 写诗 [/INST]"));
}

#[test]
fn a_system_message_goes_before_the_first_question_where_the_template_knows_none() {
    let text = render(None, &[Message::new(Role::System, "简短回答"), user("你好")]);
    assert_eq!(text.as_deref(), Ok("<s> [INST] 简短回答\n\n你好 [/INST]"));
    let own = "{% for m in messages %}{% if m['role'] == 'system' %}<<{{ m.content }}>>{% else %}{{ m.content }}{% endif %}{% endfor %}";
    assert_eq!(render(Some(own), &[Message::new(Role::System, "s"), user("u")]).as_deref(), Ok("<<s>>u"));
}

fn system(text: &str) -> Message {
    Message::new(Role::System, text)
}

/// Mixtral's own template, as in the Hugging Face repository `mistralai/Mixtral-8x7B-Instruct-v0.1` until 2024: it refuses
/// turns that do not alternate, and any role but two.
const MIXTRAL: &str = "{{ bos_token }}{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}{% if message['role'] == 'user' %}{{ ' [INST] ' + message['content'] + ' [/INST]' }}{% elif message['role'] == 'assistant' %}{{ ' ' + message['content'] + eos_token }}{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}{% endfor %}";
/// As Gemma's: names the system's role only to refuse it.
const NO_SYSTEM: &str = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('alternate') }}{% endif %}<{{ m['role'] }}>{{ m['content'] | trim }}<end>\n{% endfor %}{% if add_generation_prompt %}<model>{% endif %}";
/// As Llama 2's: takes a system message at the start, and loses every other one.
const FIRST_ONLY: &str = "{% if messages[0]['role'] == 'system' %}<<{{ messages[0]['content'] }}>>{% endif %}{% for m in messages %}{% if m['role'] == 'user' %}[{{ m['content'] }}]{% elif m['role'] == 'assistant' %}{{ m['content'] }}.{% endif %}{% endfor %}";
/// ChatML takes anything.
const CHATML: &str = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}";

#[test]
fn every_template_takes_every_order_of_messages_and_says_all_of_it() {
    let conversations: [(&[Message], [&str; 4]); 6] = [
        (
            &[user("a"), user("b")],
            [
                "<s> [INST] a\n\nb [/INST]",
                "<user>a\n\nb<end>\n<model>",
                "[a][b]",
                "<|user|>a<|end|><|user|>b<|end|><|assistant|>",
            ],
        ),
        (
            &[user("a"), assistant("x"), assistant("y"), user("b")],
            [
                "<s> [INST] a [/INST] x\n\ny</s> [INST] b [/INST]",
                "<user>a<end>\n<assistant>x\n\ny<end>\n<user>b<end>\n<model>",
                "[a]x.y.[b]",
                "<|user|>a<|end|><|assistant|>x<|end|><|assistant|>y<|end|><|user|>b<|end|><|assistant|>",
            ],
        ),
        (
            &[system("s"), user("a")],
            [
                "<s> [INST] s\n\na [/INST]",
                "<user>s\n\na<end>\n<model>",
                "<<s>>[a]",
                "<|system|>s<|end|><|user|>a<|end|><|assistant|>",
            ],
        ),
        (
            &[user("a"), system("s")],
            [
                "<s> [INST] s\n\na [/INST]",
                "<user>s\n\na<end>\n<model>",
                "<<s>>[a]",
                "<|user|>a<|end|><|system|>s<|end|><|assistant|>",
            ],
        ),
        (
            &[system("s"), system("t"), user("a"), user("b")],
            [
                "<s> [INST] s\n\nt\n\na\n\nb [/INST]",
                "<user>s\n\nt\n\na\n\nb<end>\n<model>",
                "<<s\n\nt>>[a\n\nb]",
                "<|system|>s<|end|><|system|>t<|end|><|user|>a<|end|><|user|>b<|end|><|assistant|>",
            ],
        ),
        (
            // An empty message is no gap.
            &[user("a"), user(" "), assistant(""), user("b")],
            [
                "<s> [INST] a [/INST] </s> [INST] b [/INST]",
                "<user>a<end>\n<assistant><end>\n<user>b<end>\n<model>",
                "[a][ ].[b]",
                "<|user|>a<|end|><|user|> <|end|><|assistant|><|end|><|user|>b<|end|><|assistant|>",
            ],
        ),
    ];
    for (messages, expected) in conversations {
        for (source, expected) in [MIXTRAL, NO_SYSTEM, FIRST_ONLY, CHATML].into_iter().zip(expected) {
            assert_eq!(render(Some(source), messages).as_deref(), Ok(expected), "{messages:?} by {source}");
        }
    }
    let alone = render(None, &[system("s")]).expect_err("nobody asks");
    assert!(alone.to_string().contains("system message alone"), "{alone}");
}

#[test]
fn an_answer_that_has_begun_is_continued_and_not_closed() {
    let begun = [user("a"), assistant("The sky")];
    for (source, expected) in [
        (MIXTRAL, "<s> [INST] a [/INST] The sky"),
        (NO_SYSTEM, "<user>a<end>\n<assistant>The sky"),
        (FIRST_ONLY, "[a]The sky"),
        (CHATML, "<|user|>a<|end|><|assistant|>The sky"),
    ] {
        assert_eq!(render(Some(source), &begun).as_deref(), Ok(expected), "{source}");
    }
    // White space at its end is part of it, and the same words earlier are not the place.
    let twice = [user("The sky "), assistant("The sky ")];
    assert_eq!(render(Some(CHATML), &twice).as_deref(), Ok("<|user|>The sky <|end|><|assistant|>The sky "));
    // Nothing of it yet: it is asked for.
    let nothing = [user("a"), assistant(" ")];
    assert_eq!(render(Some(CHATML), &nothing).as_deref(), Ok("<|user|>a<|end|><|assistant|>"));
    let shouts = render(Some("{{ messages[-1]['content'] | length }}"), &begun).expect_err("it is not in there");
    assert!(shouts.to_string().contains("changes the answer"), "{shouts}");
}

#[test]
fn blocks_are_trimmed_as_hugging_face_trims_them() {
    let source = "{% for m in messages %}\n    {% if true %}\n{{ m.content.strip() }}\n    {% endif %}\n{% endfor %}\n";
    assert_eq!(render(Some(source), &[user("  a "), user("b")]).as_deref(), Ok("a\nb\n"));
}

#[test]
fn python_methods_json_and_dates_work_in_templates() {
    let source =
        "{{ messages[0]['content'].split(',')[1].upper() }}{{ messages[0] | tojson }}{{ strftime_now('%Y') | length }}";
    assert_eq!(render(Some(source), &[user("a,<b")]).as_deref(), Ok("<B{\"content\":\"a,<b\",\"role\":\"user\"}4"));
    assert!(render(Some("{{ strftime_now('%!') }}"), &[user("a")]).is_err());
}

#[test]
fn a_broken_template_names_its_line_and_a_refusal_its_message() {
    let broken = ChatTemplate::new(Some("\n{% if %}")).expect_err("no condition");
    assert!(
        broken.to_string().starts_with("tokenizer.chat_template:") && broken.to_string().contains("line 2"),
        "{broken}"
    );
    let refused = render(Some("{{ raise_exception('only poems') }}"), &[user("a")]).expect_err("raised");
    assert!(refused.to_string().contains("only poems"));
}

#[test]
fn hostile_templates_end_with_an_error() {
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{{ '' }}{% endfor %}{% endfor %}";
    assert_eq!(render(Some(endless), &[user("a")]), Err(TemplateError::Endless { steps: 500_000 }));
    let flood = "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}";
    assert!(matches!(render(Some(flood), &[user("a")]), Err(TemplateError::TooMuch { .. })));
    let recursive = "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}";
    assert!(render(Some(recursive), &[user("a")]).is_err());
    assert!(ChatTemplate::new(Some(&"x".repeat(source::MAX_SOURCE + 1))).is_err());
}

#[test]
fn a_chain_too_deep_for_the_stack_is_refused_with_its_line() {
    let chains: [(&str, &str, &str); 12] = [
        ("{{ ", "-", "a }}"),
        ("{{ ", "not ", "a }}"),
        ("{{ a", ".b", " }}"),
        ("{{ a", "()", " }}"),
        ("{{ a", "[0]", " }}"),
        ("{{ a", "|abs", " }}"),
        ("{{ a", "+1", " }}"),
        ("{{ a", "~'}}'", " }}"),
        ("{{ a", " is defined and a", " }}"),
        ("{% set x = a", " if a else a", " %}"),
        ("{{ ", "[", " }}"),
        ("{% if a %}", "{% elif a %}", "{% endif %}"),
    ];
    // A thread with the stack of a server's: a chain that got through would end the whole test.
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let done = thread.spawn(move || {
        for (begin, link, end) in chains {
            for links in [5_000, 20_000] {
                let deep = format!("\n{begin}{}{end}", link.repeat(links));
                let refused = ChatTemplate::new(Some(&deep)).expect_err(link);
                assert!(matches!(refused, TemplateError::Source(_)), "{link}: {refused}");
            }
            // What published templates take, many times over, still works or fails as Jinja says.
            let _ = ChatTemplate::new(Some(&format!("{begin}{}{end}", link.repeat(100))));
        }
        let line = ChatTemplate::new(Some(&format!("\n\n{{{{ {}a }}}}", "-".repeat(5_000)))).expect_err("deep");
        assert!(line.to_string().contains("line 3"), "{line}");
    });
    done.expect("a thread").join().expect("nothing overflows");
}

#[test]
fn a_chain_hidden_in_strings_comments_and_raw_text_is_measured_where_the_parser_sees_it() {
    let chain = format!("{{{{ {}1 }}}}", "-".repeat(5_000));
    for before in
        ["{% raw %}{{ ' {% endraw %}", "{%- raw -%} \" {%+ endraw -%}", "{# ' {{ #}", "{{ '{{' }}", "{{ {'a': {}}.a }}"]
    {
        let refused = ChatTemplate::new(Some(&format!("{before}{chain}"))).expect_err(before);
        assert!(refused.to_string().contains("parts"), "{before}: {refused}");
    }
    // Text is no tag: of that there may be as much as fits.
    let text = format!("{{# {} #}}{{% raw %}}{}{{% endraw %}}ok", "-".repeat(5_000), "{{ - ".repeat(2_000));
    assert_eq!(render(Some(&text), &[user("a")]).expect("renders").len(), 10_002);
}

#[test]
fn the_generation_tag_of_transformers_only_groups() {
    let source = "{% for m in messages %}{% if m.role == 'assistant' %}{%- generation -%} {{ m.content }} {%- endgeneration %}\n\
                  {% else %}[{{ m.content }}]{% endif %}{% endfor %}{% generation %}g{% endgeneration %}";
    assert_eq!(render(Some(source), &[user("a"), assistant("b"), user("c")]).as_deref(), Ok("[a]b[c]g"));
    let words = "{{ 'generation' }}{% set generation = 1 %}{{ generation }}{# generation #}generation";
    assert_eq!(render(Some(words), &[user("a")]).as_deref(), Ok("generation1generation"));
    assert!(render(Some("{% generation %}"), &[user("a")]).is_err());
}

#[test]
fn a_person_cannot_type_a_control_token_into_a_conversation() {
    let tokenizer = small();
    let template = ChatTemplate::new(Some(
        "{{ bos_token }}{% for m in messages %}{{ m.content.strip() }}{{ eos_token }}{% endfor %}",
    ))
    .expect("parses");
    for hostile in ["</s>", "<s>a</s>", "<<s>/s>", " </s", "a<", "<\u{FDD0}/s>", "</s></s></s>"] {
        let tokens = template.encode(&tokenizer, &[user(hostile)], 1000).expect("renders");
        assert_eq!(tokens.first(), Some(&1));
        assert_eq!(tokens.last(), Some(&2));
        assert!(tokens[1..tokens.len() - 1].iter().all(|t| *t > 2), "{hostile:?} gave {tokens:?}");
        let said = hostile.trim().replace('\u{FDD0}', "\u{FFFD}");
        assert_eq!(tokenizer.decode(&tokens), said);
    }
}

#[test]
fn a_conversation_that_cannot_fit_is_refused() {
    let template = ChatTemplate::new(None).expect("parses");
    let long = user(&"长".repeat(5000));
    assert!(matches!(template.encode(&bytes_only(), &[long], 100), Err(TemplateError::TooLong(_))));
}

proptest! {
    #[test]
    fn a_message_gives_the_tokens_of_its_plain_text_even_if_the_template_trims_it(
        text in "(</s>|<s>|<unk>|<|/|s|>|a|春| |\n){0,12}",
    ) {
        let tokenizer = small();
        let template = ChatTemplate::new(Some("{{ bos_token }}{{ messages[0].content.strip() }}{{ eos_token }}")).expect("parses");
        let tokens = template.encode(&tokenizer, &[user(&text)], 1000).expect("renders");
        let plain = tokenizer.encode(text.trim(), Encoding { add_special: false, parse_special: false });
        prop_assert_eq!(&tokens[1..tokens.len() - 1], &plain[..]);
    }

    #[test]
    fn no_template_makes_the_engine_panic(parts in proptest::collection::vec(0usize..24, 0..14)) {
        const PARTS: [&str; 24] = [
            "{{", "}}", "{%", "%}", " for m in messages ", " endfor ", " if m.role == 'user' ", " endif ", "m.content", "messages[0]",
            "['content']", " | trim", ".strip()", "bos_token", " set x = 1 ", "raise_exception('no')", "~", "'", "\n", "-", "loop.index0 % 2",
            "range(99999999)", "|tojson", "strftime_now('%')",
        ];
        let source: String = parts.into_iter().map(|p| PARTS[p]).collect();
        if let Ok(template) = ChatTemplate::new(Some(&source)) {
            let _ = template.encode(&bytes_only(), &[user("a")], 1000);
        }
    }
}
