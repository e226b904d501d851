//! Replies as judges write them, and what they are asked.

use super::*;

fn scores(reply: &str, count: usize) -> Result<Vec<f64>, Unread> {
    let scores = Reader::new().expect("patterns").scores(reply, count)?;
    Ok(scores.into_iter().map(|score| score.score).collect())
}

#[test]
fn scores_are_read_in_the_published_form_and_in_those_that_judges_drift_into() {
    // Word for word from the published example.
    let published = "- **System 1:** 7/10. The explanation is accurate but somewhat repetitive and lacks clarity.\n\
        - **System 2:** 8/10. Similar to System 1, this response also provides a correct explanation.";
    let read = Reader::new().expect("patterns").scores(published, 2).expect("two scores");
    assert_eq!((read[0].score, read[1].score), (7.0, 8.0));
    assert_eq!(read[1].reason, "Similar to System 1, this response also provides a correct explanation.");
    for (reply, wanted) in [
        ("System 1: 9/10. Good.\nSystem 2: 4/10. Bad.", [9.0, 4.0]),
        ("系统1：9／10。很好。\n系统2：4/10。不好。", [9.0, 4.0]),
        ("### System 2: 4/10\nweak\n### System 1: 9/10\nstrong", [9.0, 4.0]),
        ("System 1: Score: 9\nSystem 2: Score: 4", [9.0, 4.0]),
        ("System 1: 评分：9 分\nSystem 2：4分", [9.0, 4.0]),
        ("1. **System 1**: 8.5/10\n2. **System 2**: 10/10", [8.5, 10.0]),
        ("<think>System 1: 1/10\nSystem 2: 1/10</think>\nSystem 1: 9/10\nSystem 2: 4/10", [9.0, 4.0]),
        ("Draft\nSystem 1: 3/10\nSystem 2: 3/10\nFinal\nSystem 1: 9/10\nSystem 2: 4/10", [9.0, 4.0]),
        ("Assistant 1's answer: it has 3 errors, so 9 out of 10.\nAssistant 2's answer: 4 out of 10", [9.0, 4.0]),
    ] {
        assert_eq!(scores(reply, 2), Ok(wanted.to_vec()), "{reply}");
    }
}

#[test]
fn a_reply_without_a_score_for_every_answer_is_none() {
    assert_eq!(scores("System 1: 9/10. Good.", 2), Err(Unread::NoScore(2)));
    assert_eq!(scores("I cannot rate these answers.", 2), Err(Unread::NoScore(1)));
    assert_eq!(scores("", 1), Err(Unread::NoScore(1)));
    assert_eq!(scores("System 1: 11/10\nSystem 2: 4/10", 2), Err(Unread::Range("11".to_owned())));
    assert_eq!(scores("System 1: 0/10\nSystem 2: 4/10", 2), Err(Unread::Range("0".to_owned())));
    // A third system that nobody asked about, and a head inside of a reason.
    assert_eq!(scores("System 1: 9/10\nSystem 3: 2/10. Beside System 2: 8/10", 2), Err(Unread::NoScore(2)));
}

#[test]
fn a_pair_is_read_by_its_last_verdict() {
    let reader = Reader::new().expect("patterns");
    let read = |reply: &str| reader.pair(reply).map(|(outcome, _)| outcome);
    assert_eq!(reader.pair("B is shorter. [[A]]"), Ok((Outcome::First, "B is shorter.".to_owned())));
    assert_eq!(read("Not [[A]] but [[ B ]]."), Ok(Outcome::Second));
    assert_eq!(read("[[C]]"), Ok(Outcome::Tie));
    assert_eq!(read("A is better"), Err(Unread::NoVerdict));
    assert_eq!(read("<think>[[A]]</think> I refuse."), Err(Unread::NoVerdict));
}

#[test]
fn each_answer_stands_between_marks_in_its_order() {
    let (one, two) = (answer("m", "first"), answer("n", "second"));
    for wording in [Wording::English, Wording::Chinese] {
        let asked = form::scores(wording, &["Why?".to_owned()], &[&two, &one]).user;
        let [question, second, first] = ["Why?", "second", "first"].map(|text| asked.find(text).expect("it is there"));
        assert!(question < second && second < first, "{asked}");
        assert!(asked.contains("System 2: <") && !asked.contains("System 3"), "{asked}");
        // Blind: the judge reads no name.
        assert!(
            !asked.contains("\nm\n")
                && form::pair(wording, &["Why?".to_owned()], [&one, &two]).system.contains("[[C]]")
        );
    }
    let asked = form::pair(Wording::English, &["Why?".to_owned()], [&one, &two]).user;
    assert!(
        asked.contains("[The Start of Assistant B's Answer]\nsecond\n[The End of Assistant B's Answer]"),
        "{asked}"
    );
}

#[test]
fn a_conversation_is_laid_out_turn_by_turn() {
    let two = Answer { model: "m".to_owned(), turns: vec!["a1".to_owned(), "a2".to_owned()] };
    let asked = form::pair(Wording::English, &["q1".to_owned(), "q2".to_owned()], [&two, &two]).user;
    let places = ["[User Question 1]\nq1", "a1", "[User Question 2]\nq2", "a2"]
        .map(|text| asked.find(text).expect("it is there"));
    assert!(places.is_sorted(), "{asked}");
}
