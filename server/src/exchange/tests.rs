//! Rows of every form as their tools write them, and our own files read back.

use super::*;
use uuid::Uuid;

/// What a file of this text says, row by row.
fn rows_of(name: &str, bytes: impl AsRef<[u8]>) -> Vec<(u64, Row)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut rows = Vec::new();
    let how = Reading { container: Container::of(&path).unwrap(), with_conversations: true };
    read(&path, how, |number, row| {
        rows.push((number, row));
        true
    })
    .unwrap();
    rows
}

fn votes_of(name: &str, bytes: impl AsRef<[u8]>) -> Vec<ImportedVote> {
    rows_of(name, bytes).into_iter().flat_map(|(_, row)| row.unwrap()).collect()
}

fn summary(vote: &ImportedVote) -> (&str, &str, Choice) {
    (&vote.model_a, &vote.model_b, vote.choice)
}

const LOG: &str = concat!(
    r#"{"tstamp": 1700000000.5, "type": "bothbad_vote", "models": ["", ""], "states": [{"conv_id": "c0ffee00c0ffee00c0ffee00", "model_name": "vicuna-13b", "offset": 0, "messages": [["USER", "写一首诗"], ["ASSISTANT", "好"]], "template_name": "v1"}, {"conv_id": "d0", "model_name": "koala-13b", "offset": 0, "messages": []}], "ip": "1.2.3.4"}"#,
    "\n",
    r#"{"tstamp": 1700000001, "type": "chat", "model": "vicuna-13b", "ip": "1.2.3.4"}"#,
    "\n\n",
    r#"{"tstamp": 1700000002, "type": "leftvote", "models": ["<h3>Model A: vicuna-13b</h3>\n", "<h3>Model B: koala-13b</h3>\n"], "states": [{"conv_id": "x", "model_name": "vicuna-13b", "offset": 0, "messages": [["USER", ["an image"]], ["ASSISTANT", null]]}, {}], "ip": "1.2.3.4"}"#,
    "\n",
    "{broken\n",
);

#[test]
fn fastchats_log_is_read_with_hidden_names_and_lines_that_are_no_votes_are_left_out() {
    let rows = rows_of("2023-11-14-conv.json", LOG);
    let numbers: Vec<u64> = rows.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 4, 5], "numbers are those of the lines");
    let first = &rows[0].1.as_ref().unwrap()[0];
    assert_eq!(summary(first), ("vicuna-13b", "koala-13b", Choice::BothBad));
    assert_eq!((first.language.as_str(), first.turns, first.voter.as_deref()), ("zh", 1, Some("1.2.3.4")));
    assert_eq!(first.at.unwrap().timestamp_millis(), 1_700_000_000_500);
    assert_eq!(first.identity, "c0ffee00c0ffee00c0ffee00");
    assert_eq!(rows[1].1, Ok(Vec::new()));
    assert_eq!(summary(&rows[2].1.as_ref().unwrap()[0]), ("vicuna-13b", "koala-13b", Choice::A));
    assert!(matches!(rows[3].1, Err(BadRow::Unreadable(_))));
}

#[test]
fn cleaned_battles_and_lmarenas_releases_are_read() {
    let cleaned = r#"[
        {"question_id": "58210e39b3fd4441a2bd4a518bb44c2d", "model_a": "chatglm-6b", "model_b": "koala-13b", "winner": "model_b",
         "judge": "arena_user_973", "conversation_a": [{"role": "user", "content": "hi"}], "turn": 2, "anony": true,
         "language": "English", "tstamp": 1682351591.1322},
        {"question_id": "x", "model_a": "a", "model_b": "b", "winner": "tie (bothbad)", "tstamp": 1682351592},
        {"question_id": "y", "model_a": "a", "model_b": "b", "winner": "nobody"},
        17
    ]"#;
    let rows = rows_of("clean_battle.json", cleaned);
    let first = &rows[0].1.as_ref().unwrap()[0];
    assert_eq!(summary(first), ("chatglm-6b", "koala-13b", Choice::B));
    assert_eq!((first.language.as_str(), first.turns), ("en", 2));
    assert_eq!(rows[1].1.as_ref().unwrap()[0].choice, Choice::BothBad);
    assert_eq!(rows[2], (3, Err(BadRow::NoWinner("nobody".into()))));
    assert!(matches!(rows[3].1, Err(BadRow::Unreadable(_))), "what is no object is a bad row");
    let released = "id,model_a,model_b,winner,evaluation_session_id,evaluation_order,language,timestamp\n\
        c4b9710c-8d64-4bee-a0b0-94637ae4cc65,gpt-x,claude-y,both_bad,s,1,zh-Hant,2025-04-17 00:00:00.123\n\
        d4b9710c-8d64-4bee-a0b0-94637ae4cc65,gpt-x,claude-y,tie,s,1,,2025-04-17T00:00:00Z\n";
    let votes = votes_of("140k.csv", format!("\u{feff}{released}"));
    assert_eq!(summary(&votes[0]), ("gpt-x", "claude-y", Choice::BothBad));
    assert_eq!((votes[0].language.as_str(), votes[1].language.as_str()), ("zh", "und"));
    assert_eq!(votes[0].at.unwrap().to_rfc3339(), "2025-04-17T00:00:00.123+00:00");
    assert_eq!(votes[0].identity, "c4b9710c-8d64-4bee-a0b0-94637ae4cc65");
}

#[test]
fn evalica_comparia_and_open_webui_are_read() {
    let evalica = "id,prompt,worker,winner,left,right\n0,8,58,tie,Airoboros L2 70B,Weaver 12k\n0,8,83,left,A,B\n0,8,84,left,A,A\n";
    let rows = rows_of("evalica.csv", evalica);
    let votes: Vec<_> = rows.iter().filter_map(|(_, row)| row.as_ref().ok()).flatten().collect();
    assert_eq!(summary(votes[0]), ("Airoboros L2 70B", "Weaver 12k", Choice::Tie));
    assert_eq!(summary(votes[1]), ("A", "B", Choice::A));
    assert_ne!(votes[0].identity, votes[1].identity, "a running number is no id");
    assert_eq!(rows[2], (4, Err(BadRow::OneModel("A".into()))));
    let comparia = r#"{"conversation_pair_id": "p-1", "model_a_name": "m1", "model_b_name": "m2", "chosen_model_name": "m2", "both_equal": false, "visitor_id": "v", "conv_turns": 3, "timestamp": "2024-11-02 10:20:30.5", "conversation_a": [{"role": "user", "content": "salut"}]}
{"conversation_pair_id": "p-2", "model_a_name": "m1", "model_b_name": "m2", "chosen_model_name": null, "both_equal": true}
{"conversation_pair_id": "p-3", "model_a_name": "m1", "chosen_model_name": "m1"}
"#;
    let rows = rows_of("comparia.jsonl", comparia);
    let first = &rows[0].1.as_ref().unwrap()[0];
    assert_eq!(summary(first), ("m1", "m2", Choice::B));
    assert_eq!((first.turns, first.voter.as_deref()), (3, Some("v")));
    assert_eq!(rows[1].1.as_ref().unwrap()[0].choice, Choice::Tie);
    assert_eq!(rows[2], (3, Err(BadRow::NoModels)));
    let webui = r#"[
        {"id": "5d3e6a10-8a0b-4c2c-9a55-0a4d4a6b1c11", "user_id": "u", "version": 0, "type": "rating", "data": {"rating": 1, "model_id": "llama", "sibling_model_ids": ["qwen", "phi"], "reason": "x"}, "meta": {"arena": true}, "created_at": 1730000000},
        {"id": "6", "user_id": "u", "type": "rating", "data": {"rating": "-1", "model_id": "llama", "sibling_model_ids": ["qwen"]}, "created_at": 1730000001},
        {"id": "7", "user_id": "u", "type": "rating", "data": {"rating": 1, "model_id": "llama", "sibling_model_ids": null}}
    ]"#;
    let votes = votes_of("feedback-history-export.json", webui);
    let told: Vec<_> = votes.iter().map(summary).collect();
    assert_eq!(told, [("llama", "qwen", Choice::A), ("llama", "phi", Choice::A), ("llama", "qwen", Choice::B)]);
    assert_ne!(votes[0].identity, votes[1].identity);
}

fn written(choice: Choice, conversations: bool) -> WrittenVote {
    let said = |answer: &str| vec![("user", "你好".to_owned()), ("assistant", answer.to_owned())];
    WrittenVote {
        battle: Uuid::from_u128(u128::MAX / 7),
        model_a: "poet-14m".into(),
        model_b: "mixtral".into(),
        choice,
        voter: Some("0123456789abcdef".into()),
        is_blind: true,
        language: "zh".into(),
        turns: 2,
        prompt_set: "Nature".into(),
        is_prepared: true,
        at: DateTime::from_timestamp(1_700_000_000, 250_000_000).unwrap(),
        conversations: conversations.then(|| [said("甲，\"乙\""), said("丙")]),
    }
}

#[test]
fn what_is_written_is_read_back_the_same_in_every_container_and_shape() {
    for shape in [Shape::FastChat, Shape::Comparia] {
        for container in [Container::Json, Container::JsonLines, Container::Csv, Container::Parquet] {
            for conversations in [false, true] {
                let choices = [Choice::A, Choice::B, Choice::Tie];
                let mut writer = Writer::new(shape, container, conversations).unwrap();
                let mut bytes = Vec::new();
                for choice in choices {
                    writer.push(written(choice, conversations)).unwrap();
                    bytes.extend(writer.take().unwrap());
                }
                bytes.extend(writer.finish().unwrap());
                let votes = votes_of(&format!("votes.{}", container.extension()), &bytes);
                let told: Vec<_> = votes.iter().map(summary).collect();
                assert_eq!(told, choices.map(|choice| ("poet-14m", "mixtral", choice)), "{shape:?} {container:?}");
                let first = &votes[0];
                assert_eq!((first.language.as_str(), first.turns), ("zh", 2));
                assert_eq!(first.at, Some(written(Choice::A, false).at));
                assert_eq!(first.voter.as_deref(), Some("0123456789abcdef"));
                assert_eq!(first.identity, written(Choice::A, false).battle.simple().to_string());
                if container != Container::Parquet {
                    let text = String::from_utf8(bytes).unwrap();
                    assert_eq!(text.contains("你好"), conversations, "{text}");
                    assert!(text.contains("prompt_set") && text.contains("Nature"), "{text}");
                }
            }
        }
    }
}

/// The preference that a vote is written as, or nothing.
fn preference_of(vote: WrittenVote) -> Option<serde_json::Value> {
    let mut writer = Writer::new(Shape::Preferences, Container::JsonLines, true).unwrap();
    let has_row = writer.push(vote).unwrap();
    let bytes = writer.finish().unwrap();
    assert_eq!(has_row, !bytes.is_empty());
    has_row.then(|| serde_json::from_slice(&bytes).unwrap())
}

#[test]
fn a_blind_vote_for_one_side_is_a_preference_and_what_tells_none_is_left_out() {
    use serde_json::json;
    let user = |text: &str| json!({"role": "user", "content": text});
    let answer = |text: &str| json!({"role": "assistant", "content": text});
    let one = |choice| WrittenVote { turns: 1, ..written(choice, true) };
    let found = preference_of(one(Choice::B)).unwrap();
    let wanted = json!({
        "prompt": [user("你好")], "chosen": [answer("丙")], "rejected": [answer("甲，\"乙\"")],
        "chosen_model": "mixtral", "rejected_model": "poet-14m", "language": "zh", "question_id": found["question_id"],
        "prompt_set": "Nature",
    });
    assert_eq!(found, wanted);
    assert_eq!(preference_of(one(Choice::A)).unwrap()["chosen"], json!([answer("甲，\"乙\"")]));

    // Both begin alike; the vote was cast after the second answer, and a third was asked for.
    let said = |answers: [&str; 3]| -> Vec<(&'static str, String)> {
        let turns = ["一", "二", "三"].into_iter().zip(answers);
        turns.flat_map(|(asked, answered)| [("user", asked.to_owned()), ("assistant", answered.to_owned())]).collect()
    };
    let with = |turns, a, b| WrittenVote { turns, conversations: Some([said(a), said(b)]), ..written(Choice::A, true) };
    let found = preference_of(with(2, ["甲", "乙", "x"], ["甲", "丙", "y"])).unwrap();
    assert_eq!(found["prompt"], json!([user("一"), answer("甲"), user("二")]));
    assert_eq!((&found["chosen"], &found["rejected"]), (&json!([answer("乙")]), &json!([answer("丙")])));
    let found = preference_of(with(2, ["甲", "乙", "x"], ["丁", "丙", "y"])).unwrap();
    assert_eq!(found["chosen"], json!([answer("甲"), user("二"), answer("乙")]));
    assert_eq!(found["rejected"], json!([answer("丁"), user("二"), answer("丙")]));

    let nothing = [
        ("a tie", one(Choice::Tie)),
        ("both bad", one(Choice::BothBad)),
        ("names shown", WrittenVote { is_blind: false, ..one(Choice::A) }),
        ("texts gone", WrittenVote { conversations: None, ..one(Choice::A) }),
        ("fewer answers than turns", WrittenVote { turns: 2, ..one(Choice::A) }),
        ("an empty answer", with(1, [" ", "", ""], ["甲", "", ""])),
        ("the same answers", with(2, ["甲", "乙", "x"], ["甲", "乙", "y"])),
    ];
    for (why, vote) in nothing {
        assert_eq!(preference_of(vote), None, "{why}");
    }
}

#[test]
fn an_empty_file_is_one_of_its_kind_and_a_broken_one_is_named() {
    for container in [Container::Json, Container::JsonLines, Container::Csv, Container::Parquet] {
        let bytes = Writer::new(Shape::FastChat, container, true).unwrap().finish().unwrap();
        assert!(votes_of(&format!("none.{}", container.extension()), bytes).is_empty());
    }
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("a.parquet", "PAR"), ("a.json", "[{\"model_a\": "), ("b.json", "[{}] tail")] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let failed =
            read(&path, Reading { container: Container::of(&path).unwrap(), with_conversations: false }, |_, _| true)
                .unwrap_err();
        assert!(matches!(failed, ReadError::Malformed(_)), "{name}: {failed}");
    }
    assert_eq!(Container::of(Path::new("votes.XML")), None);
}

#[test]
fn what_was_said_is_read_from_every_container_where_it_is_wanted() {
    let said = vec![("user", "你好, \"a\"".to_owned()), ("assistant", "好\n\n- 1".to_owned())];
    let vote = WrittenVote {
        battle: Uuid::from_u128(1),
        model_a: "a".into(),
        model_b: "b".into(),
        choice: Choice::A,
        voter: None,
        is_blind: true,
        language: "zh".into(),
        turns: 1,
        prompt_set: String::new(),
        is_prepared: false,
        at: DateTime::from_timestamp_micros(1_700_000_000_000_000).unwrap(),
        conversations: Some([said.clone(), said.clone()]),
    };
    for container in [Container::Json, Container::JsonLines, Container::Csv, Container::Parquet] {
        let mut writer = Writer::new(Shape::FastChat, container, true).unwrap();
        writer.push(vote.clone()).unwrap();
        let bytes = writer.finish().unwrap();
        let read = votes_of(&format!("votes.{}", container.extension()), &bytes);
        assert_eq!(read[0].conversations, Some([said.clone(), said.clone()]), "{container:?}");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("votes.{}", container.extension()));
        std::fs::write(&path, &bytes).unwrap();
        let how = Reading { container, with_conversations: false };
        read_all_without(&path, how);
    }
    let logged = rows_of("log.json", LOG);
    assert_eq!(logged[0].1.as_ref().unwrap()[0].conversations, None, "one side of that log is empty");
    let log = r#"{"type": "leftvote", "models": ["a", "b"], "states": [
        {"offset": 1, "messages": [["X", "an example"], ["USER", "why?"], ["ASSISTANT", "because"]]},
        {"offset": 0, "messages": [["Human", "why?"], ["Bot", "so"]]}]}"#
        .replace('\n', "");
    let side = |answer: &str| vec![("user", "why?".to_owned()), ("assistant", answer.to_owned())];
    assert_eq!(votes_of("log.json", log)[0].conversations, Some([side("because"), side("so")]));
}

fn read_all_without(path: &Path, how: Reading) {
    read(path, how, |_, row| {
        assert!(row.unwrap().iter().all(|vote| vote.conversations.is_none()), "{how:?}");
        true
    })
    .unwrap();
}

/// A table as pyarrow writes it: nested messages, compressed with zstd.
#[test]
fn a_parquet_file_compressed_with_zstd_is_read_with_its_nested_messages() {
    use ::parquet::basic::{Compression, ZstdLevel};
    use ::parquet::data_type::{ByteArray, ByteArrayType};
    use ::parquet::file::properties::WriterProperties;
    use ::parquet::file::writer::SerializedFileWriter;
    use ::parquet::schema::parser::parse_message_type;
    use std::sync::Arc;

    let side = |name: &str| {
        format!(
            "OPTIONAL group {name} (LIST) {{ REPEATED group list {{ OPTIONAL group element {{
            OPTIONAL BYTE_ARRAY role (STRING); OPTIONAL BYTE_ARRAY content (STRING); }} }} }}"
        )
    };
    let schema = format!(
        "message votes {{ OPTIONAL BYTE_ARRAY model_a (STRING); OPTIONAL BYTE_ARRAY model_b (STRING);
            OPTIONAL BYTE_ARRAY winner (STRING); {} {} }}",
        side("conversation_a"),
        side("conversation_b")
    );
    let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default())).build();
    let mut bytes = Vec::new();
    let schema = Arc::new(parse_message_type(&schema).unwrap());
    let mut file = SerializedFileWriter::new(&mut bytes, schema, Arc::new(properties)).unwrap();
    let mut group = file.next_row_group().unwrap();
    let plain = ["a", "b", "model_b"];
    let mut at = 0;
    while let Some(mut column) = group.next_column().unwrap() {
        let typed = column.typed::<ByteArrayType>();
        match plain.get(at) {
            Some(text) => typed.write_batch(&[ByteArray::from(*text)], Some(&[1]), None).unwrap(),
            // Two messages in one row.
            None => {
                let texts = if at % 2 == 1 { ["user", "assistant"] } else { ["why?", "because"] };
                typed.write_batch(&texts.map(ByteArray::from), Some(&[4, 4]), Some(&[0, 1])).unwrap()
            }
        };
        column.close().unwrap();
        at += 1;
    }
    group.close().unwrap();
    file.close().unwrap();
    let votes = votes_of("votes.parquet", &bytes);
    assert_eq!(summary(&votes[0]), ("a", "b", Choice::B));
    let said = vec![("user", "why?".to_owned()), ("assistant", "because".to_owned())];
    assert_eq!(votes[0].conversations, Some([said.clone(), said]));
}
