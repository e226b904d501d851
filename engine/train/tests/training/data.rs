//! Training files: what is learnt of them, token by token, and what is refused, by line.

use mixtral_engine::text::{ChatTemplate, Tokenizer};
use mixtral_train::batch::Batch;
use mixtral_train::data::{BatchSampler, Data, Document, Reader};
use mixtral_train::model::Model;
use mixtral_train::recipe::Recipe;
use mixtral_train::trainer::steps_of;
use mixtral_train::vocabulary::{TEMPLATE, learn};

use crate::{pass, shape};

fn tokenizer() -> Tokenizer {
    let texts = ["甲乙丙丁戊己庚辛", "壬癸子丑寅卯辰巳"];
    Tokenizer::new(learn(texts.into_iter(), 280, 1).expect("a vocabulary")).expect("a tokenizer")
}

fn read(template: Option<&str>, context: usize, bytes: &[u8]) -> Result<Data, String> {
    read_as(template, context, false, bytes)
}

fn read_as(template: Option<&str>, context: usize, join: bool, bytes: &[u8]) -> Result<Data, String> {
    let (tokenizer, template) = (tokenizer(), ChatTemplate::new(template).expect("a template"));
    let reader = Reader { join, ..Reader::new(&tokenizer, &template, context) };
    reader.parse(bytes, "poems.jsonl").map_err(|e| e.to_string())
}

/// A document's tokens as text, with what is learnt in braces.
fn marked(document: &Document) -> String {
    let tokenizer = tokenizer();
    let mut out = String::new();
    for (at, &token) in document.tokens.iter().enumerate() {
        let piece = tokenizer.vocabulary().piece(token).expect("a piece");
        if document.has_loss(at) { out.push_str(&format!("{{{piece}}}")) } else { out.push_str(piece) }
    }
    out
}

const TWO_TURNS: &str = r#"{"messages": [{"role": "user", "content": "甲乙"}, {"role": "assistant", "content": "丙丁"},
    {"role": "user", "content": "戊"}, {"role": "assistant", "content": "己"}]}"#;

#[test]
fn only_answers_and_their_end_are_learnt_over_several_turns() {
    let line = TWO_TURNS.replace('\n', " ");
    let data = read(Some(TEMPLATE), 64, line.as_bytes()).expect("data");
    let said = "<s>[INST]▁甲乙▁[/INST]▁{丙}{丁}{</s>}[INST]▁戊▁[/INST]▁{己}{</s>}";
    assert_eq!(marked(&data.documents[0]), said);
    // Mixtral's own format, which puts the space at the answer's head.
    let data = read(None, 64, line.as_bytes()).expect("data");
    let said = "<s>▁[INST]▁甲乙▁[/INST]{▁}{丙}{丁}{</s>}▁[INST]▁戊▁[/INST]{▁}{己}{</s>}";
    assert_eq!(marked(&data.documents[0]), said);
}

#[test]
fn a_template_that_asks_for_an_answer_is_not_asked_for_one_more() {
    let template = "{{ bos_token }}{% for m in messages %}{{ m['role'] }}:{{ m['content'] }}{{ eos_token }}{% endfor %}\
                    {% if add_generation_prompt %}assistant:{% endif %}";
    let line = TWO_TURNS.replace('\n', " ");
    let data = read(Some(template), 200, line.as_bytes()).expect("data");
    let document = &data.documents[0];
    let loss_spans: Vec<u32> =
        (0..document.tokens.len()).filter(|&at| document.has_loss(at)).map(|at| document.tokens[at]).collect();
    assert_eq!(tokenizer().decode(&loss_spans).replace("</s>", ""), "丙丁己");
    assert_eq!(document.tokens.last(), Some(&2), "the end token ends the document");
}

#[test]
fn a_text_is_learnt_whole_and_a_long_one_in_blocks_that_lose_no_target() {
    let data = read(None, 64, "{\"text\": \"甲乙丙\"}\n".as_bytes()).expect("data");
    assert_eq!(marked(&data.documents[0]), "<s>{甲}{乙}{丙}{</s>}");
    let data = read(None, 3, "{\"text\": \"甲乙丙丁戊\"}".as_bytes()).expect("data");
    let blocks: Vec<String> = data.documents.iter().map(marked).collect();
    assert_eq!(blocks, ["<s>{甲}{乙}{丙}", "丙{丁}{戊}{</s>}"]);
}

#[test]
fn joined_texts_fill_blocks_and_lose_nothing_but_begin_tokens() {
    let lines = "{\"text\": \"甲乙丙\"}\n{\"text\": \"丁戊\"}\n{\"text\": \"己\"}\n";
    let data = read_as(None, 4, true, lines.as_bytes()).expect("data");
    let blocks: Vec<String> = data.documents.iter().map(marked).collect();
    assert_eq!(blocks, ["<s>{甲}{乙}{丙}{</s>}", "</s><s>{丁}{戊}{</s>}", "</s><s>{己}{</s>}"]);
    let talk = TWO_TURNS.replace('\n', " ");
    let mixed = read_as(None, 40, true, [lines, &talk, "\n", lines].concat().as_bytes()).expect("data");
    assert_eq!(mixed.documents.len(), 2, "a conversation stays by itself, and the texts around it are one block");
}

#[test]
fn bad_lines_are_refused_by_file_and_number() {
    let good = "{\"text\": \"甲\"}\n";
    let turn = |role: &str, content: &str| format!("{{\"role\": \"{role}\", \"content\": \"{content}\"}}");
    let talk = |turns: &[String]| format!("{{\"messages\": [{}]}}", turns.join(", "));
    let long = talk(&[turn("user", &"甲".repeat(60)), turn("assistant", "乙")]);
    for (line, said) in [
        (b"{\"text\": \"\xFF\"}".to_vec(), "not UTF-8 after byte 10"),
        (b"".to_vec(), "empty"),
        (b"  ".to_vec(), "empty"),
        (b"{\"text\": \" \"}".to_vec(), "the text is empty"),
        (b"{\"text\": 5}".to_vec(), "not a line of training data"),
        (b"{\"txt\": \"a\"}".to_vec(), "unknown field `txt`"),
        (b"{\"text\": \"a\", \"messages\": []}".to_vec(), "either \"text\" or \"messages\""),
        (b"{}".to_vec(), "either \"text\" or \"messages\""),
        (long.into_bytes(), "too long: the context is 32"),
        (talk(&[turn("user", "a"), turn("poet", "b")]).into_bytes(), "unknown role \"poet\""),
        (talk(&[turn("user", "a")]).into_bytes(), "the last message should be an answer"),
        (talk(&[]).into_bytes(), "the last message should be an answer"),
        (talk(&[turn("user", ""), turn("assistant", "b")]).into_bytes(), "a message is empty"),
        (talk(&[turn("assistant", "a")]).into_bytes(), "the user begins"),
        (talk(&[turn("system", "a"), turn("assistant", "b")]).into_bytes(), "the user begins"),
        (talk(&[turn("user", "a"), turn("user", "b"), turn("assistant", "c")]).into_bytes(), "take turns"),
    ] {
        let mut bytes = good.repeat(2).into_bytes();
        bytes.extend(&line);
        bytes.extend(b"\n");
        bytes.extend(good.as_bytes());
        let error = read(Some(TEMPLATE), 32, &bytes).expect_err("a bad line");
        assert!(error.contains("poems.jsonl: line 3: ") && error.contains(said), "{error}, should say {said}");
    }
    let error = read(None, 32, b"").expect_err("an empty file");
    assert!(error.contains("poems.jsonl: the file is empty"), "{error}");
}

#[test]
fn a_packed_document_sees_no_other() {
    let model = Model::random(&shape().config(50).expect("a shape"), 9).expect("a model");
    let documents: Vec<Vec<u32>> = (0..5).map(|d| (0..4 + 3 * d).map(|i| (d * 11 + i * 7) % 50).collect()).collect();
    let mut packed = Batch::new();
    documents.iter().for_each(|d| packed.push(d, |_| true));
    let all: Vec<Vec<f32>> = model.logits(&packed, &pass(false, None)).expect("logits").to_vec2().expect("rows");
    for (document, w) in documents.iter().zip(packed.starts.windows(2)) {
        let mut alone = Batch::new();
        alone.push(document, |_| true);
        let rows: Vec<Vec<f32>> = model.logits(&alone, &pass(false, None)).expect("logits").to_vec2().expect("rows");
        for (a, b) in rows.iter().flatten().zip(all[w[0]..w[1]].iter().flatten()) {
            assert!((a - b).abs() < 1e-5, "{a} alone, {b} packed");
        }
    }
}

#[test]
fn epochs_are_so_many_steps_as_it_takes_to_deal_everything_so_often() {
    let documents = (0..30).map(|d| Document { tokens: vec![1; 3 + d % 4], loss_spans: vec![(1, 3)] }).collect();
    let data = Data { documents };
    let recipe = |epochs| Recipe {
        num_train_epochs: epochs,
        max_steps: 77,
        batch_tokens: 16,
        gradient_accumulation_steps: 2,
        ..Recipe::default()
    };
    assert_eq!(steps_of(&recipe(None), &data), 77);
    let mut before = 0;
    for epochs in [0.4, 1.0, 2.0, 2.5] {
        let steps = steps_of(&recipe(Some(epochs)), &data);
        let mut dealer = BatchSampler::new(30, recipe(None).seed, 0, 0);
        let mut dealt = 0;
        for step in 1..=steps {
            for _ in 0..2 {
                dealer.next_batch(&data, 16);
            }
            dealt = dealer.epoch as usize * 30 + dealer.at;
            assert_eq!(dealt as f32 >= epochs * 30.0, step == steps, "{epochs}: {dealt} after {step} of {steps}");
        }
        assert!(dealt > before);
        before = dealt;
    }
}

#[test]
fn every_document_is_dealt_once_an_epoch_in_an_order_of_its_own() {
    let documents =
        (0..30u32).map(|d| Document { tokens: vec![d; 3 + d as usize % 4], loss_spans: vec![(1, 3)] }).collect();
    let data = Data { documents };
    let mut dealer = BatchSampler::new(30, 7, 0, 0);
    let mut orders: Vec<Vec<u32>> = Vec::new();
    while orders.len() < 3 {
        let batch = dealer.next_batch(&data, 16);
        assert!(batch.len() <= 16 && !batch.is_empty());
        for start in &batch.starts[..batch.starts.len() - 1] {
            if orders.last().is_none_or(|o| o.len() == 30) {
                orders.push(Vec::new());
            }
            orders.last_mut().expect("one").push(batch.tokens[*start]);
        }
    }
    for order in &orders[..2] {
        let mut sorted = order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..30).collect::<Vec<_>>());
    }
    assert_ne!(orders[0], orders[1]);
}
