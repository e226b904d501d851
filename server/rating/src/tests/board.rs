//! What stands on the board, and in which order.

use super::*;

fn wins(winner: char, loser: char, wins: u64) -> (char, char, Tally) {
    (winner, loser, Tally { wins, ..Tally::default() })
}

#[test]
fn a_board_without_votes_is_empty() {
    let board = Board::<char>::compute(&[], &BTreeMap::new());
    assert_eq!((board.entries.len(), board.groups, board.votes), (0, 0, 0));
}

#[test]
fn after_one_vote_nobody_is_ranked_and_the_winner_stands_first() {
    let board = Board::compute(&[wins('b', 'a', 1)], &BTreeMap::from([('a', 998.0), ('b', 1002.0)]));
    let lines: Vec<_> = board.entries.iter().map(|entry| (entry.id, entry.rank, entry.elo)).collect();
    assert_eq!(lines, [('b', None, Some(1002.0)), ('a', None, Some(998.0))]);
    assert_eq!(board.pairs.get(0, 1), Tally { wins: 1, ..Tally::default() });
    assert_eq!(board.votes, 1);
}

#[test]
fn groups_come_in_blocks_and_are_ranked_inside_each() {
    let votes = [
        wins('x', 'y', 300),
        wins('y', 'x', 100),
        wins('a', 'b', 300),
        wins('b', 'a', 100),
        wins('b', 'c', 100),
        wins('c', 'b', 90),
        wins('u', 'a', 3),
        wins('c', 'l', 3),
        wins('a', 'o', 1),
        wins('o', 'l', 1),
    ];
    let board = Board::compute(&votes, &BTreeMap::new());
    let order: String = board.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(order, "abcxyuol");
    let ranks: Vec<_> = board.entries.iter().map(|entry| entry.rank).collect();
    assert_eq!(ranks, [Some(1), Some(2), Some(2), Some(1), Some(2), None, None, None]);
    assert_eq!(board.groups, 2);
    for (at, entry) in board.entries.iter().enumerate() {
        assert_eq!(entry.tally, board.pairs.total(at));
    }
}

#[test]
fn pairs_may_come_in_pieces_and_either_way_round() {
    let whole = Board::compute(&[('a', 'b', Tally { wins: 3, losses: 2, ties: 1, both_bad: 4 })], &BTreeMap::new());
    let pieces = Board::compute(
        &[
            ('b', 'a', Tally { wins: 2, losses: 1, ties: 0, both_bad: 4 }),
            ('a', 'b', Tally { wins: 2, losses: 0, ties: 1, both_bad: 0 }),
        ],
        &BTreeMap::new(),
    );
    assert_eq!(whole, pieces);
}
