//! States against questions. What is expected stands in tables, written by hand; nothing here follows the rules' code.

mod anew;
mod empty;

use chrono::DateTime;
use uuid::Uuid;

use super::*;
use crate::domain::{BattleId, Choice, ModelId, Parameters, ReplyId, VoterId};

/// The letters of [`state`], in the order of the tables' rows (side A) and columns (side B).
const STATES: &str = "wsdnNfFpPtqQiI-";

/// A side's status, attempt and text. `None`: it was not asked yet.
fn state(letter: char) -> Option<(ReplyStatus, i32, &'static str)> {
    Some(match letter {
        'w' => (ReplyStatus::Waiting, 1, ""),
        's' => (ReplyStatus::Streaming, 1, "half"),
        'd' => (ReplyStatus::Done, 1, "whole"),
        // Ended with nothing that can be seen, and the same after an empty answer was retried.
        'n' => (ReplyStatus::Done, 1, "\n"),
        'N' => (ReplyStatus::Done, 2, "\u{200b}"),
        'f' => (ReplyStatus::Failed, 19, "half"),
        // Failed for the last time.
        'F' => (ReplyStatus::Failed, 20, ""),
        // The message is refused, and the same for the last time.
        'p' => (ReplyStatus::Failed, 1, ""),
        'P' => (ReplyStatus::Failed, 20, "half"),
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
        '.' | 'r' => return None,
        'v' => "already-voted",
        's' => "vote-streaming",
        'f' => "vote-failed",
        'e' => "vote-empty",
        'o' => "battle-over",
        'h' => "vote-pending",
        'S' => "still-streaming",
        'F' => "side-failed",
        'x' => "too-many-turns",
        'n' => "nothing-to-ask-again",
        'c' => "fails-again",
        'm' => "too-many-attempts",
        '?' => "not-found",
        other => panic!("no such letter: {other}"),
    })
}

type Table = [&'static str; 15];

/// May it be voted on, at its first turn? Two sides, no vote yet.
const JUDGED: Table = [
    // wsdnNfFpPtqQiI-
    "sssssssssssssss", // w
    "sssssssssssssss", // s
    "ss...ffff.eeffs", // d
    "ss...ffff.eeffs", // n
    "ss...ffff.eeffs", // N
    "ssffffffffffffs", // f
    "ssffffffffffffs", // F
    "ssffffffffffffs", // p
    "ssffffffffffffs", // P
    "ss...ffff.eeffs", // t
    "sseeeffffeeeffs", // q
    "sseeeffffeeeffs", // Q
    "ssffffffffffffs", // i
    "ssffffffffffffs", // I
    "sssssssssssssss", // -
];

/// The same with complete turns before: whatever became of the newest one, once it has ended.
const JUDGED_LATER: Table = [
    "sssssssssssssss",
    "sssssssssssssss",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "ss............s",
    "sssssssssssssss",
];

/// May it be voted on, at its first turn? One side, no vote yet: a row for each state of A, alike in every column.
const JUDGED_DIRECT: Table = [
    "sssssssssssssss", // w
    "sssssssssssssss", // s
    "...............", // d
    "...............", // n
    "...............", // N
    "fffffffffffffff", // f
    "fffffffffffffff", // F
    "fffffffffffffff", // p
    "fffffffffffffff", // P
    "...............", // t
    "eeeeeeeeeeeeeee", // q
    "eeeeeeeeeeeeeee", // Q
    "fffffffffffffff", // i
    "fffffffffffffff", // I
    "sssssssssssssss", // -
];

/// The same with complete turns before.
const JUDGED_DIRECT_LATER: Table = [
    "sssssssssssssss",
    "sssssssssssssss",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "...............",
    "sssssssssssssss",
];

const VOTED: Table = ["vvvvvvvvvvvvvvv"; 15];

/// May it go on? Two sides, fewer than 50 turns; `r` where the message replaces one that is refused.
const GOES_ON: Table = [
    // wsdnNfFpPtqQiI-
    "SSSSSSSSSSSSSSS", // w
    "SSSSSSSSSSSSSSS", // s
    "SS...FFrm...FFS", // d
    "SS...FFrm...FFS", // n
    "SS...FFrm...FFS", // N
    "SSFFFFFrmFFFFFS", // f
    "SSFFFFFmmFFFFFS", // F
    "SSrrrrmrmmrmrmS", // p
    "SSmmmmmmmmmmmmS", // P
    "SS...FFmm...FFS", // t
    "SS...FFrm...FFS", // q
    "SS...FFmm...FFS", // Q
    "SSFFFFFrmFFFFFS", // i
    "SSFFFFFmmFFFFFS", // I
    "SSSSSSSSSSSSSSS", // -
];

/// The same with 50 turns.
const FULL: Table = [
    // wsdnNfFpPtqQiI-
    "SSSSSSSSSSSSSSS", // w
    "SSSSSSSSSSSSSSS", // s
    "SSxxxFFrmxxxFFS", // d
    "SSxxxFFrmxxxFFS", // n
    "SSxxxFFrmxxxFFS", // N
    "SSFFFFFrmFFFFFS", // f
    "SSFFFFFmmFFFFFS", // F
    "SSrrrrmrmmrmrmS", // p
    "SSmmmmmmmmmmmmS", // P
    "SSxxxFFmmxxxFFS", // t
    "SSxxxFFrmxxxFFS", // q
    "SSxxxFFmmxxxFFS", // Q
    "SSFFFFFrmFFFFFS", // i
    "SSFFFFFmmFFFFFS", // I
    "SSSSSSSSSSSSSSS", // -
];

/// One side, fewer than 50 turns.
const DIRECT_GOES_ON: Table = [
    "SSSSSSSSSSSSSSS", // w
    "SSSSSSSSSSSSSSS", // s
    "...............", // d
    "...............", // n
    "...............", // N
    "FFFFFFFFFFFFFFF", // f
    "FFFFFFFFFFFFFFF", // F
    "rrrrrrrrrrrrrrr", // p
    "mmmmmmmmmmmmmmm", // P
    "...............", // t
    "...............", // q
    "...............", // Q
    "FFFFFFFFFFFFFFF", // i
    "FFFFFFFFFFFFFFF", // I
    "SSSSSSSSSSSSSSS", // -
];

/// One side, 50 turns.
const DIRECT_FULL: Table = [
    "SSSSSSSSSSSSSSS", // w
    "SSSSSSSSSSSSSSS", // s
    "xxxxxxxxxxxxxxx", // d
    "xxxxxxxxxxxxxxx", // n
    "xxxxxxxxxxxxxxx", // N
    "FFFFFFFFFFFFFFF", // f
    "FFFFFFFFFFFFFFF", // F
    "rrrrrrrrrrrrrrr", // p
    "mmmmmmmmmmmmmmm", // P
    "xxxxxxxxxxxxxxx", // t
    "xxxxxxxxxxxxxxx", // q
    "xxxxxxxxxxxxxxx", // Q
    "FFFFFFFFFFFFFFF", // i
    "FFFFFFFFFFFFFFF", // I
    "SSSSSSSSSSSSSSS", // -
];

/// The newest turn of a blind battle was voted on: whatever became of it, another message follows it.
const JUDGED_GOES_ON: Table = [
    "SSSSSSSSSSSSSSS",
    "SSSSSSSSSSSSSSS",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SS............S",
    "SSSSSSSSSSSSSSS",
];

/// The same with 50 turns.
const JUDGED_FULL: Table = [
    "SSSSSSSSSSSSSSS",
    "SSSSSSSSSSSSSSS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSxxxxxxxxxxxxS",
    "SSSSSSSSSSSSSSS",
];

/// The vote of a blind battle can still be taken back.
const HELD: Table = ["hhhhhhhhhhhhhhh"; 15];

/// May a side be asked again? By the state of that side alone.
const RETRY: &str = "SSn.m.mccn.m.m?";
/// The same once the names of a blind battle have been shown.
const RETRY_OVER: &str = "SSnoooooonoooo?";
/// The same while its vote can be taken back.
const RETRY_HELD: &str = "SSnhhhhhhnhhhh?";
/// Side B of a direct chat.
const NO_SIDE: &str = "???????????????";

struct Case {
    kind: BattleKind,
    vote: Option<Choice>,
    /// Whether that vote can still be taken back.
    is_pending: bool,
    fits: [Choice; 2],
    /// The ones that do not.
    unfit: [Choice; 2],
    names_visible: bool,
    /// Whether that vote judged the newest turn; else turns followed it.
    is_judged: bool,
    judged: [Table; 2],
    goes_on: Table,
    full: Table,
    retry: [&'static str; 2],
}

const PAIR_FITS: [Choice; 2] = [Choice::A, Choice::BothBad];
const ONE_FITS: [Choice; 2] = [Choice::Up, Choice::Down];

const BLIND: Case = Case {
    kind: BattleKind::Battle,
    vote: None,
    is_pending: false,
    fits: PAIR_FITS,
    unfit: ONE_FITS,
    names_visible: false,
    is_judged: false,
    judged: [JUDGED, JUDGED_LATER],
    goes_on: GOES_ON,
    full: FULL,
    retry: [RETRY, RETRY],
};
const PAIR: Case = Case { kind: BattleKind::SideBySide, names_visible: true, ..BLIND };
const DIRECT: Case = Case {
    kind: BattleKind::Direct,
    fits: ONE_FITS,
    unfit: PAIR_FITS,
    judged: [JUDGED_DIRECT, JUDGED_DIRECT_LATER],
    goes_on: DIRECT_GOES_ON,
    full: DIRECT_FULL,
    retry: [RETRY, NO_SIDE],
    ..PAIR
};

const CASES: [Case; 10] = [
    BLIND,
    Case {
        vote: Some(Choice::A),
        is_pending: true,
        judged: [VOTED, VOTED],
        goes_on: HELD,
        full: HELD,
        retry: [RETRY_HELD, RETRY_HELD],
        ..BLIND
    },
    Case {
        vote: Some(Choice::Tie),
        names_visible: true,
        is_judged: true,
        judged: [VOTED, VOTED],
        goes_on: JUDGED_GOES_ON,
        full: JUDGED_FULL,
        retry: [RETRY_OVER, RETRY_OVER],
        ..BLIND
    },
    // After the reveal the conversation went on.
    Case { vote: Some(Choice::Tie), names_visible: true, judged: [VOTED, VOTED], ..BLIND },
    PAIR,
    Case { vote: Some(Choice::B), is_pending: true, judged: [VOTED, VOTED], ..PAIR },
    Case { vote: Some(Choice::B), judged: [VOTED, VOTED], ..PAIR },
    DIRECT,
    Case { vote: Some(Choice::Up), is_pending: true, judged: [VOTED, VOTED], ..DIRECT },
    Case { vote: Some(Choice::Up), judged: [VOTED, VOTED], ..DIRECT },
];

const VOTER: VoterId = VoterId(Uuid::from_u128(7));

fn reply(turn: i32, side: Side, letter: char) -> Option<Reply> {
    let (status, attempt, content) = state(letter)?;
    Some(Reply {
        id: ReplyId(Uuid::nil()),
        turn,
        side,
        attempt,
        after_empty: letter == 'N',
        mode: None,
        model: ModelId(Uuid::nil()),
        status,
        content: content.to_owned(),
        released: 0,
        finish_reason: None,
        error_code: matches!(letter, 'p' | 'P').then(|| "context-too-long".to_owned()),
        prompt_tokens: None,
        completion_tokens: None,
        first_token_ms: None,
        total_ms: None,
        is_stale: false,
    })
}

/// A battle of so many turns. All are answered but the newest one, whose sides are in these states.
pub(super) fn battle(kind: BattleKind, vote: Option<Choice>, turns: i32, newest: [char; 2]) -> Battle {
    let turn = |number| {
        let [a, b] = if number == turns { newest } else { ['d', 'd'] };
        let b = if kind == BattleKind::Direct { None } else { reply(number, Side::B, b) };
        Turn { number, prompt: "写".to_owned(), edits: 0, replies: [reply(number, Side::A, a), b] }
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
        system_prompt: String::new(),
        prompt_set: String::new(),
        is_prepared: false,
        exclusion_reason: None,
        created_at: DateTime::UNIX_EPOCH,
        vote,
        judged_turns: 0,
        pending_vote: None,
        turns: (1..=turns).map(turn).collect(),
    }
}

/// A battle of a case.
fn battle_of(case: &Case, turns: i32, newest: [char; 2]) -> Battle {
    let battle = battle(case.kind, case.vote.filter(|_| !case.is_pending), turns, newest);
    let pending = case.vote.filter(|_| case.is_pending);
    let judged_turns = if case.is_judged { battle.turns.len() } else { 0 };
    Battle { pending_vote: pending.map(|choice| PendingVote { choice, seconds_left: 3.0 }), judged_turns, ..battle }
}

fn letter(line: &str, place: usize) -> char {
    line.chars().nth(place).expect("as long as STATES")
}

fn at(line: &str, place: usize) -> Option<&'static str> {
    code(letter(line, place))
}

#[test]
fn every_state_answers_every_question_as_the_tables_say() {
    let said = |answer: Result<(), Refusal>| answer.err().map(Refusal::code);
    let mut asked = 0;
    for case in &CASES {
        for (row, a) in STATES.chars().enumerate() {
            for (column, b) in STATES.chars().enumerate() {
                for turns in [1, 49, 50] {
                    let battle = battle_of(case, turns, [a, b]);
                    let is_pending = case.is_pending;
                    let what =
                        format!("{} voted {:?} ({is_pending}), {turns} turns, {a} and {b}", case.kind, case.vote);
                    assert_eq!(battle.names_visible(), case.names_visible, "names: {what}");
                    let judged = at(case.judged[usize::from(turns > 1)][row], column);
                    assert_eq!(said(battle.status().may_be_judged()), judged, "judged: {what}");
                    for choice in case.fits {
                        assert_eq!(said(battle.may_vote(choice)), judged, "vote {choice}: {what}");
                    }
                    for choice in case.unfit {
                        let expected = if case.vote.is_some() { "already-voted" } else { "vote-choice" };
                        assert_eq!(said(battle.may_vote(choice)), Some(expected), "vote {choice}: {what}");
                    }
                    let goes_on = if turns == 50 { case.full } else { case.goes_on }[row];
                    let next = battle.next_message();
                    assert_eq!(said(next.map(|_| ())), at(goes_on, column), "goes on: {what}");
                    let replaces = letter(goes_on, column) == 'r';
                    assert_eq!(next == Ok(NextMessage::Replaces), replaces, "replaces: {what}");
                    assert_eq!(said(battle.may_retry(Side::A)), at(case.retry[0], row), "retry A: {what}");
                    assert_eq!(said(battle.may_retry(Side::B)), at(case.retry[1], column), "retry B: {what}");
                    asked += 1;
                }
            }
        }
    }
    assert_eq!(asked, 10 * 15 * 15 * 3);
}

#[test]
fn a_battle_without_turns_can_only_begin() {
    for case in &CASES {
        let battle = battle_of(case, 0, ['-', '-']);
        let judged = if case.vote.is_some() { Refusal::AlreadyVoted } else { Refusal::VoteOnNothing };
        assert_eq!(battle.may_vote(case.fits[0]), Err(judged));
        let next = match case.is_pending && case.kind.is_blind() {
            true => Err(Refusal::VotePending),
            false => Ok(NextMessage::Follows),
        };
        assert_eq!(battle.next_message(), next);
        assert_eq!(battle.may_retry(Side::A), Err(Refusal::NoSuchSide));
        assert!(!battle.status().is_running());
    }
}

#[test]
fn a_vote_can_be_taken_back_until_it_is_final() {
    for case in &CASES {
        let expected = match (case.vote, case.is_pending) {
            (None, _) => Err(Refusal::NoVoteToUndo),
            (Some(_), true) => Ok(()),
            (Some(_), false) => Err(Refusal::VoteIsFinal),
        };
        assert_eq!(battle_of(case, 1, ['d', 'd']).status().may_undo_vote(), expected);
    }
}

#[test]
fn others_may_read_a_battle_once_its_names_are_known_and_nothing_of_it_is_written() {
    for case in &CASES {
        let known = !case.kind.is_blind() || (case.vote.is_some() && !case.is_pending);
        let ended = if known { Ok(()) } else { Err(Refusal::ShareBeforeNames) };
        assert_eq!(battle_of(case, 1, ['d', 'f']).status().may_share(), ended);
        assert_eq!(battle_of(case, 0, ['-', '-']).status().may_share(), Err(Refusal::ShareBeforeNames));
        assert_eq!(battle_of(case, 2, ['s', 'd']).status().may_share(), Err(Refusal::StillStreaming));
    }
}

#[test]
fn a_turn_that_was_never_answered_is_nothing_to_judge_later() {
    // The first turn was stopped before a side said anything; the second one has failed.
    let mut battle = battle(BattleKind::Battle, None, 2, ['p', 'd']);
    assert_eq!(battle.may_vote(Choice::A), Ok(()));
    battle.turns[0].replies[1] = reply(1, Side::B, 'q');
    assert_eq!(battle.may_vote(Choice::A), Err(Refusal::VoteOnFailure));
    battle.turns[0].replies[1] = reply(1, Side::B, 'n');
    assert_eq!(battle.may_vote(Choice::A), Ok(()), "an empty answer may be judged");
}

#[test]
fn what_is_told_beside_the_refusals() {
    // Of each state: is it running, has it failed, what is wrong with the answer.
    let table = [
        ('w', true, false, None),
        ('s', true, false, None),
        ('d', false, false, None),
        ('n', false, false, Some(Trouble::EmptyAnswer)),
        ('N', false, false, Some(Trouble::EmptyAnswer)),
        ('f', false, true, Some(Trouble::Failed)),
        ('F', false, true, Some(Trouble::Failed)),
        ('p', false, true, Some(Trouble::Refused)),
        ('P', false, true, Some(Trouble::Refused)),
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
        let battle = battle_of(case, 1, ['d', 'd']);
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
fn a_running_answer_without_a_server_makes_the_battle_stale() {
    for (letter, is_stale) in [('w', true), ('s', true), ('d', false), ('i', false)] {
        let mut battle = battle(BattleKind::Battle, None, 1, ['d', letter]);
        for reply in battle.turns[0].replies.iter_mut().flatten() {
            reply.is_stale = true;
        }
        assert_eq!(battle.is_stale(), is_stale, "{letter}");
    }
}
