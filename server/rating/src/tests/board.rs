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

#[test]
fn ties_are_an_outcome_of_their_own_where_that_is_asked_for() {
    let tally = Tally { wins: 30, losses: 10, ties: 20, both_bad: 0 };
    let settings = BoardSettings { ties: Ties::Modelled, ..BoardSettings::default() };
    let with_ties = |votes: &[(char, char, Tally)]| Board::compute(votes, None, None, &BTreeMap::new(), &settings);
    let modelled = with_ties(&[('a', 'b', tally)]);
    let Some(TieFit::Fitted(ties)) = modelled.ties else { panic!("{:?}", modelled.ties) };
    assert_close(ties.nu, 20.0 / 300.0_f64.sqrt(), 1e-9, "ν");
    // d = ln 3 by Davidson, against ln(40/20) with half a win for each tie.
    let apart = |board: &Board<char>| board.difference(0, 1).unwrap().value;
    assert_close(apart(&modelled), 3.0_f64.ln(), 1e-9, "modelled");
    assert_close(apart(&board(&[('a', 'b', tally)], &BTreeMap::new())), 2.0_f64.ln(), 1e-9, "half");
    let tied = with_ties(&[('a', 'b', Tally { ties: 9, ..Tally::default() })]);
    assert_eq!(tied.ties, Some(TieFit::AllTies));
    assert!(tied.entries.iter().all(|line| line.rank == Some(RankRange { best: 1, worst: 2 })));
    // Without an upset, the ratings with half a win each stay, and it is said.
    let lead = [('a', 'b', Tally { wins: 4, ties: 2, ..Tally::default() })];
    assert_eq!(with_ties(&lead).ties, Some(TieFit::NoUpset));
    assert_eq!(with_ties(&lead).entries, board(&lead, &BTreeMap::new()).entries);
}

#[test]
fn votes_drawn_anew_scatter_as_the_formula_says() {
    let tally = Tally { wins: 600, losses: 400, ..Tally::default() };
    let votes = [('a', 'b', tally), ('b', 'c', tally), ('c', 'a', tally)];
    let settings = BoardSettings { rounds: 1000, ..BoardSettings::default() };
    let redrawn = Board::compute(&votes, None, None, &BTreeMap::new(), &settings);
    assert_eq!(redrawn.redrawn, Some((1000, false)));
    for line in &redrawn.entries {
        let (rated, redrawn) = (line.standing.rated().unwrap(), line.redrawn.unwrap());
        // A thousand rounds know a standard error to 2.2 %: six times that.
        assert_close(redrawn.standard_error / rated.standard_error, 1.0, 0.13, "standard error");
        let (low, high) = redrawn.interval.unwrap();
        assert!(low < rated.rating && rated.rating < high);
    }
    assert_eq!(redrawn, Board::compute(&votes, None, None, &BTreeMap::new(), &settings), "the same votes are drawn");
    assert_eq!(board(&votes, &BTreeMap::new()).redrawn, None);
}

#[test]
fn rounds_without_the_anchor_say_nothing_of_how_far_ratings_scatter() {
    // c hangs on one win and one loss: many rounds draw only one of them, or none.
    let votes = [
        ('a', 'b', Tally { wins: 50, losses: 50, ..Tally::default() }),
        ('b', 'c', Tally { wins: 1, losses: 1, ..Tally::default() }),
    ];
    let settings = BoardSettings { anchor: Some('c'), rounds: 200, ..BoardSettings::default() };
    let board = Board::compute(&votes, None, None, &BTreeMap::new(), &settings);
    for line in board.entries.iter().filter(|line| line.id != 'c') {
        // Measured from c, each is as uncertain as c itself: some 250 points; from the mean it would be some 25.
        let error = line.redrawn.unwrap().standard_error;
        assert!(error > 100.0, "{}: {error}", line.id);
        assert_eq!(line.redrawn.unwrap().interval, None, "too many rounds have none");
    }
}
