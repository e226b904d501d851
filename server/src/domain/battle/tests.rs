//! States against questions. What is expected stands in tables, written by hand; nothing here follows the rules' code.

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::domain::{BattleId, Choice, ModelId, Parameters, ReplyId, VoterId};

/// The letters of [`state`], in the order of the tables' rows (side A) and columns (side B).
const STATES: &str = "wsdnfFtqQiI-";

/// A side's status, attempt and text. `None`: it was not asked yet.
fn state(letter: char) -> Option<(ReplyStatus, i32, &'static str)> {
    Some(match letter {
        'w' => (ReplyStatus::Waiting, 1, ""),
        's' => (ReplyStatus::Streaming, 1, "half"),
        'd' => (ReplyStatus::Done, 1, "whole"),
        // Ended with nothing but white space.
        'n' => (ReplyStatus::Done, 1, "\n"),
        'f' => (ReplyStatus::Failed, 19, "half"),
        // Failed for the last time.
        'F' => (ReplyStatus::Failed, 20, ""),
        't' => (ReplyStatus::Stopped, 20, "half"),
        // Stopped before it said anything, and the same for the last time.
        'q' => (ReplyStatus::Stopped, 1, " "),
        'Q' => (ReplyStatus::Stopped, 20, ""),
        'i' => (ReplyStatus::Interrupted, 1, "half"),
        'I' => (ReplyStatus::Interrupted, 20, "half"),
        _ => return None,
    })
}

/// What the tables' letters mean.
fn code(letter: char) -> Option<&'static str> {
    Some(match letter {
        '.' => return None,
        'v' => "already-voted",
        's' => "vote-streaming",
        'f' => "vote-failed",
        'e' => "vote-empty",
        'o' => "battle-over",
        'S' => "still-streaming",
        'F' => "side-failed",
        'x' => "too-many-turns",
        'n' => "nothing-to-ask-again",
        'm' => "too-many-attempts",
        '?' => "not-found",
        other => panic!("no such letter: {other}"),
    })
}

type Table = [&'static str; 12];

/// May it be voted on? Two sides, no vote yet.
const JUDGED: Table = [
    // Columns in the order of STATES.
    "ssssssssssss", // w
    "ssssssssssss", // s
    "ss.eff.eeffs", // d
    "sseeffeeeffs", // n
    "ssfffffffffs", // f
    "ssfffffffffs", // F
    "ss.eff.eeffs", // t
    "sseeffeeeffs", // q
    "sseeffeeeffs", // Q
    "ssfffffffffs", // i
    "ssfffffffffs", // I
    "ssssssssssss", // -
];

/// May it be voted on? One side, no vote yet: a row for each state of A, alike in every column.
const JUDGED_DIRECT: Table = [
    "ssssssssssss",
    "ssssssssssss",
    "............",
    "eeeeeeeeeeee",
    "ffffffffffff",
    "ffffffffffff",
    "............",
    "eeeeeeeeeeee",
    "eeeeeeeeeeee",
    "ffffffffffff",
    "ffffffffffff",
    "ssssssssssss",
];

const VOTED: Table = ["vvvvvvvvvvvv"; 12];

/// May it go on? Two sides, fewer than 50 turns.
const GOES_ON: Table = [
    // Columns in the order of STATES.
    "SSSSSSSSSSSS", // w
    "SSSSSSSSSSSS", // s
    "SS..FF...FFS", // d
    "SS..FF...FFS", // n
    "SSFFFFFFFFFS", // f
    "SSFFFFFFFFFS", // F
    "SS..FF...FFS", // t
    "SS..FF...FFS", // q
    "SS..FF...FFS", // Q
    "SSFFFFFFFFFS", // i
    "SSFFFFFFFFFS", // I
    "SSSSSSSSSSSS", // -
];

/// The same with 50 turns.
const FULL: Table = [
    "SSSSSSSSSSSS",
    "SSSSSSSSSSSS",
    "SSxxFFxxxFFS",
    "SSxxFFxxxFFS",
    "SSFFFFFFFFFS",
    "SSFFFFFFFFFS",
    "SSxxFFxxxFFS",
    "SSxxFFxxxFFS",
    "SSxxFFxxxFFS",
    "SSFFFFFFFFFS",
    "SSFFFFFFFFFS",
    "SSSSSSSSSSSS",
];

/// One side, fewer than 50 turns.
const DIRECT_GOES_ON: Table = [
    "SSSSSSSSSSSS",
    "SSSSSSSSSSSS",
    "............",
    "............",
    "FFFFFFFFFFFF",
    "FFFFFFFFFFFF",
    "............",
    "............",
    "............",
    "FFFFFFFFFFFF",
    "FFFFFFFFFFFF",
    "SSSSSSSSSSSS",
];

/// One side, 50 turns.
const DIRECT_FULL: Table = [
    "SSSSSSSSSSSS",
    "SSSSSSSSSSSS",
    "xxxxxxxxxxxx",
    "xxxxxxxxxxxx",
    "FFFFFFFFFFFF",
    "FFFFFFFFFFFF",
    "xxxxxxxxxxxx",
    "xxxxxxxxxxxx",
    "xxxxxxxxxxxx",
    "FFFFFFFFFFFF",
    "FFFFFFFFFFFF",
    "SSSSSSSSSSSS",
];

const OVER: Table = ["oooooooooooo"; 12];

/// May a side be asked again? By the state of that side alone.
const RETRY: &str = "SSnn.mn.m.m?";
/// The same once the names of a blind battle have been shown.
const RETRY_OVER: &str = "SSnnoonoooo?";
/// Side B of a direct chat.
const NO_SIDE: &str = "????????????";

struct Case {
    kind: BattleKind,
    vote: Option<Choice>,
    fits: [Choice; 2],
    /// The ones that do not.
    unfit: [Choice; 2],
    names_visible: bool,
    is_over: bool,
    judged: Table,
    goes_on: Table,
    full: Table,
    retry: [&'static str; 2],
}

const PAIR_FITS: [Choice; 2] = [Choice::A, Choice::BothBad];
const ONE_FITS: [Choice; 2] = [Choice::Up, Choice::Down];

const CASES: [Case; 6] = [
    Case {
        kind: BattleKind::Battle,
        vote: None,
        fits: PAIR_FITS,
        unfit: ONE_FITS,
        names_visible: false,
        is_over: false,
        judged: JUDGED,
        goes_on: GOES_ON,
        full: FULL,
        retry: [RETRY, RETRY],
    },
    Case {
        kind: BattleKind::Battle,
        vote: Some(Choice::Tie),
        fits: PAIR_FITS,
        unfit: ONE_FITS,
        names_visible: true,
        is_over: true,
        judged: VOTED,
        goes_on: OVER,
        full: OVER,
        retry: [RETRY_OVER, RETRY_OVER],
    },
    Case {
        kind: BattleKind::SideBySide,
        vote: None,
        fits: PAIR_FITS,
        unfit: ONE_FITS,
        names_visible: true,
        is_over: false,
        judged: JUDGED,
        goes_on: GOES_ON,
        full: FULL,
        retry: [RETRY, RETRY],
    },
    Case {
        kind: BattleKind::SideBySide,
        vote: Some(Choice::B),
        fits: PAIR_FITS,
        unfit: ONE_FITS,
        names_visible: true,
        is_over: false,
        judged: VOTED,
        goes_on: GOES_ON,
        full: FULL,
        retry: [RETRY, RETRY],
    },
    Case {
        kind: BattleKind::Direct,
        vote: None,
        fits: ONE_FITS,
        unfit: PAIR_FITS,
        names_visible: true,
        is_over: false,
        judged: JUDGED_DIRECT,
        goes_on: DIRECT_GOES_ON,
        full: DIRECT_FULL,
        retry: [RETRY, NO_SIDE],
    },
    Case {
        kind: BattleKind::Direct,
        vote: Some(Choice::Up),
        fits: ONE_FITS,
        unfit: PAIR_FITS,
        names_visible: true,
        is_over: false,
        judged: VOTED,
        goes_on: DIRECT_GOES_ON,
        full: DIRECT_FULL,
        retry: [RETRY, NO_SIDE],
    },
];

const VOTER: VoterId = VoterId(Uuid::from_u128(7));

fn reply(turn: i32, side: Side, letter: char) -> Option<Reply> {
    let (status, attempt, content) = state(letter)?;
    Some(Reply {
        id: ReplyId(Uuid::nil()),
        turn,
        side,
        attempt,
        model: ModelId(Uuid::nil()),
        status,
        content: content.to_owned(),
        released: 0,
        finish_reason: None,
        error_code: None,
        prompt_tokens: None,
        completion_tokens: None,
        first_token_ms: None,
        total_ms: None,
        is_stale: false,
    })
}

/// A battle of so many turns. All are answered but the newest one, whose sides are in these states.
fn battle(kind: BattleKind, vote: Option<Choice>, turns: i32, newest: [char; 2]) -> Battle {
    let turn = |number| {
        let [a, b] = if number == turns { newest } else { ['d', 'd'] };
        let b = if kind == BattleKind::Direct { None } else { reply(number, Side::B, b) };
        Turn { number, prompt: "写".to_owned(), replies: [reply(number, Side::A, a), b] }
    };
    Battle {
        id: BattleId(Uuid::nil()),
        kind,
        voter: VOTER,
        model_a: ModelId(Uuid::from_u128(1)),
        model_b: (kind != BattleKind::Direct).then_some(ModelId(Uuid::from_u128(2))),
        pair_probability: None,
        language: "zh".to_owned(),
        parameters: Parameters::BATTLE,
        exclusion_reason: None,
        created_at: DateTime::UNIX_EPOCH,
        vote,
        turns: (1..=turns).map(turn).collect(),
    }
}

fn at(line: &str, place: usize) -> Option<&'static str> {
    code(line.chars().nth(place).expect("as long as STATES"))
}

#[test]
fn every_state_answers_every_question_as_the_tables_say() {
    let said = |answer: Result<(), Refusal>| answer.err().map(Refusal::code);
    let mut asked = 0;
    for case in &CASES {
        for (row, a) in STATES.chars().enumerate() {
            for (column, b) in STATES.chars().enumerate() {
                for turns in [1, 49, 50] {
                    let battle = battle(case.kind, case.vote, turns, [a, b]);
                    let what = format!("{} voted {:?}, {turns} turns, {a} and {b}", case.kind, case.vote);
                    assert_eq!(battle.names_visible(), case.names_visible, "names: {what}");
                    assert_eq!(battle.is_over(), case.is_over, "over: {what}");
                    let judged = at(case.judged[row], column);
                    assert_eq!(said(battle.status().may_be_judged()), judged, "judged: {what}");
                    for choice in case.fits {
                        assert_eq!(said(battle.may_vote(choice)), judged, "vote {choice}: {what}");
                    }
                    for choice in case.unfit {
                        let expected = if case.vote.is_some() { "already-voted" } else { "vote-choice" };
                        assert_eq!(said(battle.may_vote(choice)), Some(expected), "vote {choice}: {what}");
                    }
                    let goes_on = if turns == 50 { case.full } else { case.goes_on };
                    assert_eq!(said(battle.may_continue()), at(goes_on[row], column), "goes on: {what}");
                    assert_eq!(said(battle.may_retry(Side::A)), at(case.retry[0], row), "retry A: {what}");
                    assert_eq!(said(battle.may_retry(Side::B)), at(case.retry[1], column), "retry B: {what}");
                    asked += 1;
                }
            }
        }
    }
    assert_eq!(asked, 6 * 12 * 12 * 3);
}

#[test]
fn a_battle_without_turns_can_only_begin() {
    for case in &CASES {
        let battle = battle(case.kind, case.vote, 0, ['-', '-']);
        let judged = if case.vote.is_some() { Refusal::AlreadyVoted } else { Refusal::VoteOnNothing };
        assert_eq!(battle.may_vote(case.fits[0]), Err(judged));
        assert_eq!(battle.may_continue(), if case.is_over { Err(Refusal::Over) } else { Ok(()) });
        assert_eq!(battle.may_retry(Side::A), Err(Refusal::NoSuchSide));
        assert!(!battle.status().is_running());
    }
}

#[test]
fn what_is_told_beside_the_refusals() {
    // Of each state: is it running, has it failed, what is wrong with the answer.
    let table = [
        ('w', true, false, None),
        ('s', true, false, None),
        ('d', false, false, None),
        ('n', false, false, Some(Trouble::EmptyAnswer)),
        ('f', false, true, Some(Trouble::Failed)),
        ('F', false, true, Some(Trouble::Failed)),
        ('t', false, false, None),
        ('q', false, false, Some(Trouble::StoppedBeforeAnswer)),
        ('Q', false, false, Some(Trouble::StoppedBeforeAnswer)),
        ('i', false, true, Some(Trouble::Failed)),
        ('I', false, true, Some(Trouble::Failed)),
        ('-', true, false, None),
    ];
    for (letter, is_running, has_failed, trouble) in table {
        for (kind, newest) in [(BattleKind::Direct, [letter, '-']), (BattleKind::Battle, ['d', letter])] {
            let status = battle(kind, None, 2, newest).status();
            assert_eq!((status.is_running(), status.has_failed()), (is_running, has_failed), "{kind} {letter}");
            let side = if kind == BattleKind::Direct { Side::A } else { Side::B };
            let side = status.sides[side.index()];
            assert_eq!(side.and_then(SideStatus::trouble), trouble, "{kind} {letter}");
        }
    }
}

#[test]
fn only_the_newest_turn_is_asked_again_and_only_a_fresh_blind_battle_changes_its_models() {
    let failed = battle(BattleKind::Battle, None, 3, ['f', 'd']).status();
    assert_eq!(failed.may_retry_at(3, Side::A), Ok(()));
    for turn in [-1, 0, 1, 2, 4] {
        assert_eq!(failed.may_retry_at(turn, Side::A), Err(Refusal::NothingToRetry), "turn {turn}");
    }
    for (kind, turns, may) in [
        (BattleKind::Battle, 1, true),
        (BattleKind::Battle, 2, false),
        (BattleKind::SideBySide, 1, false),
        (BattleKind::Direct, 1, false),
    ] {
        assert_eq!(battle(kind, None, turns, ['f', 'd']).status().may_replace_model(), may, "{kind} {turns}");
    }
}

#[test]
fn a_battle_is_its_voter_s_alone() {
    let battle = battle(BattleKind::Direct, None, 1, ['d', '-']);
    assert!(battle.belongs_to(VOTER));
    assert!(!battle.belongs_to(VoterId(Uuid::nil())));
}

#[test]
fn a_history_entry_names_models_when_its_battle_does() {
    for case in &CASES {
        let battle = battle(case.kind, case.vote, 1, ['d', 'd']);
        let entry = HistoryEntry {
            id: battle.id,
            kind: battle.kind,
            model_a: battle.model_a,
            model_b: battle.model_b,
            prompt: String::new(),
            turns: 1,
            created_at: battle.created_at,
            vote: battle.vote,
        };
        assert_eq!(entry.names_visible(), case.names_visible);
    }
}

#[test]
fn white_space_is_no_answer() {
    for (text, is_empty) in
        [("", true), ("\n", true), (" \t\r\n", true), ("\u{3000}", true), ("。", false), ("\n0", false)]
    {
        assert_eq!(is_empty_answer(text), is_empty, "{text:?}");
    }
}

#[test]
fn a_running_answer_without_a_server_makes_the_battle_stale() {
    for (letter, is_stale) in [('w', true), ('s', true), ('d', false), ('i', false)] {
        let mut battle = battle(BattleKind::Battle, None, 1, ['d', letter]);
        for reply in battle.turns[0].replies.iter_mut().flatten() {
            reply.is_stale = true;
        }
        assert_eq!(battle.is_stale(), is_stale, "{letter}");
    }
}
