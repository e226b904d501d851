//! Files of prompts as people have them.

use super::*;

#[test]
fn prompts_are_read_in_the_forms_that_people_have() {
    let lines = "\u{feff}春天\n\n Why? \n";
    let read = questions(lines, false).expect("prompts");
    assert_eq!(
        read.iter().map(|one| (one.id.as_str(), one.turns[0].as_str())).collect::<Vec<_>>(),
        [("1", "春天"), ("2", "Why?")]
    );
    let json = [
        r#""plain""#,
        r#"{"prompt": "p"}"#,
        r#"{"question_id": 81, "category": "writing", "turns": ["t1", "t2"]}"#,
        r#"{"instruction": "i", "input": "j", "output": "o"}"#,
        r#"{"id": "x", "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}, {"role": "assistant", "content": "a"}]}"#,
    ];
    let read = questions(&json.join("\n"), true).expect("prompts");
    let told: Vec<_> = read.iter().map(|one| (one.id.as_str(), one.turns.join("|"))).collect();
    let wanted = [("1", "plain"), ("2", "p"), ("81", "t1|t2"), ("4", "i\nj"), ("x", "u")];
    assert_eq!(told, wanted.map(|(id, turns)| (id, turns.to_owned())));
    assert_eq!(questions(&format!("[{}]", json.join(",")), true).expect("an array"), read);
}

#[test]
fn battles_bring_their_answers_and_what_people_said() {
    let messages =
        |answer: &str| format!(r#"[{{"role":"user","content":"q"}},{{"role":"assistant","content":"{answer}"}}]"#);
    let battle = |winner: &str| {
        let (a, b) = (messages("one"), messages("two"));
        format!(
            r#"{{"question_id":"b7","model_a":"m","model_b":"n","winner":"{winner}","conversation_a":{a},"conversation_b":{b}}}"#
        )
    };
    for (winner, people) in [("model_b", Outcome::Second), ("tie (bothbad)", Outcome::Tie), ("model_a", Outcome::First)]
    {
        let read = questions(&battle(winner), true).expect("a battle");
        assert_eq!(read[0].answers, [answer("m", "one"), answer("n", "two")]);
        assert_eq!((read[0].id.as_str(), read[0].people), ("b7", Some(people)));
    }
    let short = battle("tie").replace(r#",{"role":"assistant","content":"two"}"#, "");
    assert_eq!(questions(&short, true), Err(BadQuestion::Conversations { line: 1 }));
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    assert!(matches!(questions("\"a\"\n{\"prompt\":", true), Err(BadQuestion::Json { line: 2, .. })));
    assert_eq!(questions("\"a\"\n{\"text\": \" \"}", true), Err(BadQuestion::NoPrompt { line: 2 }));
    assert_eq!(questions("[\"a\", 3]", true), Err(BadQuestion::NoPrompt { line: 2 }));
    assert_eq!(questions("", true), Ok(Vec::new()));
}
