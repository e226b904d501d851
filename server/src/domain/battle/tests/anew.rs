//! Asking anew: messages that are edited, answers that are regenerated.

use super::*;

#[test]
fn a_message_is_edited_until_its_answers_are_voted_on() {
    let of = |case: &Case, newest| battle_of(case, 2, newest).status().may_edit();
    for case in &CASES {
        let expected = match (case.vote, case.is_pending, case.kind.is_blind(), case.is_judged) {
            (None, ..) | (Some(_), false, true, false) => Ok(()),
            (Some(_), true, true, _) => Err(Refusal::VotePending),
            (Some(_), true, false, _) => Err(Refusal::AlreadyVoted),
            (Some(_), false, _, true) => Err(Refusal::Over),
            // Named chats tell by the vote's own number of turns, which is 0 here: something followed it.
            (Some(_), false, false, false) => Ok(()),
        };
        for newest in [['d', 'd'], ['n', 'd'], ['f', 'd'], ['p', 'q']] {
            assert_eq!(of(case, newest), expected, "{} {:?} {newest:?}", case.kind, case.vote);
        }
    }
    assert_eq!(of(&PAIR, ['d', 's']), Err(Refusal::StillStreaming));
    assert_eq!(of(&PAIR, ['d', 't']), Err(Refusal::TooManyAttempts));
    assert_eq!(battle_of(&PAIR, 0, ['-', '-']).status().may_edit(), Err(Refusal::NoSuchSide));
}

#[test]
fn one_side_answers_again_only_where_it_has_a_name_and_a_vote_counts_only_where_both_did() {
    let status = |case: &Case, newest| battle_of(case, 2, newest).status();
    let blind = status(&BLIND, ['d', 'd']);
    assert_eq!(
        (blind.may_regenerate(None), blind.may_regenerate(Some(Side::A))),
        (Ok(()), Err(Refusal::OneSideOfBlind))
    );
    let pair = status(&PAIR, ['d', 'n']);
    assert_eq!((pair.may_regenerate(None), pair.may_regenerate(Some(Side::B))), (Ok(()), Ok(())));
    let direct = status(&DIRECT, ['d', '-']);
    assert_eq!((direct.may_regenerate(None), direct.may_regenerate(Some(Side::B))), (Ok(()), Err(Refusal::NoSuchSide)));
    assert_eq!(status(&PAIR, ['f', 'd']).may_regenerate(None), Err(Refusal::SideFailed), "that is what retry is for");
    assert_eq!(status(&BLIND, ['s', 'd']).may_regenerate(None), Err(Refusal::StillStreaming));
    assert!(blind.stays_fair_after(None) && pair.stays_fair_after(None));
    assert!(!pair.stays_fair_after(Some(Side::A)) && !direct.stays_fair_after(None));
    let voted = Case { vote: Some(Choice::A), ..PAIR };
    assert!(status(&voted, ['d', 'd']).stays_fair_after(Some(Side::A)), "what was voted on before is not touched");
}
