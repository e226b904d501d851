//! What stands on the board, and in which order.

use super::*;

fn wins(winner: char, loser: char, wins: u64) -> (char, char, Tally) {
    (winner, loser, Tally { wins, ..Tally::default() })
}

fn board(votes: &[(char, char, Tally)], elo: &BTreeMap<char, f64>) -> Board<char> {
    Board::compute(votes, None, None, elo, &BoardSettings::default())
}

#[test]
fn a_board_without_votes_is_empty() {
    let board = board(&[], &BTreeMap::new());
    assert_eq!((board.entries.len(), board.groups, board.votes), (0, 0, 0));
}

#[test]
fn after_one_vote_nobody_is_ranked_and_the_winner_stands_first() {
    let board = board(&[wins('b', 'a', 1)], &BTreeMap::from([('a', 998.0), ('b', 1002.0)]));
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
    let board = board(&votes, &BTreeMap::new());
    let order: String = board.entries.iter().map(|entry| entry.id).collect();
    assert_eq!(order, "abcxyuol");
    let ranks: Vec<_> = board.entries.iter().map(|entry| entry.rank.map(|rank| (rank.best, rank.worst))).collect();
    assert_eq!(ranks, [Some((1, 1)), Some((2, 3)), Some((2, 3)), Some((1, 1)), Some((2, 2)), None, None, None]);
    assert_eq!(board.groups, 2);
    for (at, entry) in board.entries.iter().enumerate() {
        assert_eq!(entry.tally, board.pairs.total(at));
    }
}

#[test]
fn pairs_may_come_in_pieces_and_either_way_round() {
    let whole = board(&[('a', 'b', Tally { wins: 3, losses: 2, ties: 1, both_bad: 4 })], &BTreeMap::new());
    let pieces = board(
        &[
            ('b', 'a', Tally { wins: 2, losses: 1, ties: 0, both_bad: 4 }),
            ('a', 'b', Tally { wins: 2, losses: 0, ties: 1, both_bad: 0 }),
        ],
        &BTreeMap::new(),
    );
    assert_eq!(whole, pieces);
}

#[test]
fn a_model_with_few_votes_is_rated_and_stands_apart_without_a_rank() {
    let votes = [wins('a', 'b', 60), wins('b', 'a', 40), wins('n', 'a', 3), wins('b', 'n', 1)];
    let settings = BoardSettings { min_votes: 50, ..BoardSettings::default() };
    let board = Board::compute(&votes, None, None, &BTreeMap::new(), &settings);
    let lines: Vec<_> = board
        .entries
        .iter()
        .map(|entry| (entry.id, entry.is_preliminary, entry.rank.is_some(), entry.standing.rated().is_some()))
        .collect();
    assert_eq!(lines, [('a', false, true, true), ('b', false, true, true), ('n', true, false, true)]);
    assert!(board.entries.iter().filter_map(|entry| entry.rank).all(|rank| rank.worst <= 2));
}

#[test]
fn an_anchor_of_the_board_is_its_zero() {
    let votes = [wins('a', 'b', 60), wins('b', 'a', 40)];
    let settings = BoardSettings { anchor: Some('b'), center: 1114.0, ..BoardSettings::default() };
    let board = Board::compute(&votes, None, None, &BTreeMap::new(), &settings);
    assert_close(board.entries[1].standing.rated().unwrap().rating, 1114.0, 1e-9, "the anchor");
}

#[test]
fn a_board_that_knows_its_voters_says_how_many() {
    let mut voters = Voters::default();
    for _ in 0..10 {
        voters.push([(0, 1, Tally { wins: 6, losses: 4, ..Tally::default() })]);
    }
    let models = ['b', 'a'];
    let known = KnownVoters { models: &models, voters: &voters };
    let votes = [wins('b', 'a', 60), wins('a', 'b', 40)];
    let board = Board::compute(&votes, Some(known), None, &BTreeMap::new(), &BoardSettings::default());
    assert_eq!(board.voters, Some(Clusters { count: 10, effective: 10.0 }));
    assert_eq!(board.entries[0].id, 'b');
}
