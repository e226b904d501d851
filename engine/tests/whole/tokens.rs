//! Token ids, and the text they stand for, must be those of llama.cpp, exactly.

use crate::files;

use mixtral_engine::formats::gguf::Gguf;
use mixtral_engine::request::{Message, Role};
use mixtral_engine::text::{ChatTemplate, Encoding, Tokenizer};

const BOTH: Encoding = Encoding { add_special: true, parse_special: true };

#[test]
fn token_ids_equal_llama_cpps() {
    let mut compared = 0;
    for (name, file, lines) in files::golden_models() {
        let gguf = Gguf::open(&file).expect("opens");
        let tokenizer = Tokenizer::from_gguf(gguf.metadata()).expect("a tokenizer");
        for line in &lines {
            let Some(prompt) = line["prompt"].as_str() else {
                continue;
            };
            assert_eq!(tokenizer.encode(prompt, BOTH), files::ids(line, "tokens"), "{name}: {prompt}");
            compared += 1;
        }
    }
    assert!(compared >= 36, "only {compared} prompts compared");
}

#[test]
fn decoded_text_equals_llama_cpps() {
    for (name, file, lines) in files::golden_models() {
        let gguf = Gguf::open(&file).expect("opens");
        let tokenizer = Tokenizer::from_gguf(gguf.metadata()).expect("a tokenizer");
        for line in &lines {
            let Some(text) = line["text"].as_str() else {
                continue;
            };
            assert_eq!(tokenizer.decode(&files::ids(line, "greedy")), text, "{name}");
        }
    }
}

#[test]
fn a_conversation_gives_the_tokens_of_its_golden_prompt() {
    for (name, file, lines) in files::golden_models() {
        let gguf = Gguf::open(&file).expect("opens");
        let tokenizer = Tokenizer::from_gguf(gguf.metadata()).expect("a tokenizer");
        let source = gguf.metadata().opt_str("tokenizer.chat_template").expect("text");
        let template = ChatTemplate::new(source).expect("parses");
        let mut compared = 0;
        for line in &lines {
            let prompt = line["prompt"].as_str().unwrap_or_default();
            let Some(question) = prompt.strip_prefix("[INST] ").and_then(|p| p.strip_suffix(" [/INST] ")) else {
                continue;
            };
            let tokens = template.encode(&tokenizer, &[Message::new(Role::User, question)], 1000).expect("renders");
            assert_eq!(tokens, files::ids(line, "tokens"), "{name}: {question}");
            compared += 1;
        }
        assert!(compared > 0, "{name}");
    }
}
