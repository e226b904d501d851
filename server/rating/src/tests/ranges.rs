//! Rank ranges, and how far the largest of many errors reaches.

use super::*;
use crate::linear::Symmetric;

fn alike(models: usize, variance: f64, voters: Option<Clusters>) -> Covariance {
    let mut matrix = Symmetric::zero(models);
    (0..models).for_each(|model| matrix.add(model, model, variance));
    Covariance::new(matrix, voters)
}

#[test]
fn the_reach_is_that_of_the_studentized_range() {
    // Tukey's table, upper 5 % points; the difference of two has √2 times one's error.
    let table =
        [(3, None, 3.314), (10, None, 4.474), (20, None, 5.012), (3, Some(24.0), 3.532), (10, Some(24.0), 4.915)];
    for (models, degrees, range) in table {
        let voters = degrees.map(|degrees: f64| Clusters { count: 25, effective: degrees + 1.0 });
        let found = simultaneous_reach(&alike(models, 0.3, voters));
        assert_close(found, range / 2_f64.sqrt(), 0.07, "studentized range");
    }
}

#[test]
fn two_models_need_no_more_than_one_interval() {
    assert_eq!(simultaneous_reach(&alike(2, 1.0, None)), alike(2, 1.0, None).reach());
}

#[test]
fn what_is_drawn_is_the_same_each_time() {
    let covariance = alike(7, 2.0, Some(Clusters { count: 12, effective: 12.0 }));
    assert_eq!(simultaneous_reach(&covariance), simultaneous_reach(&covariance));
}

#[test]
fn ranges_name_every_place_that_a_model_may_have() {
    let strengths = [3.0, 1.1, 1.0, 0.9, -2.0];
    let ranges: Vec<_> =
        rank_ranges(&strengths, &alike(5, 0.01, None)).into_iter().map(|range| (range.best, range.worst)).collect();
    assert_eq!(ranges, [(1, 1), (2, 4), (2, 4), (2, 4), (5, 5)]);
}

#[test]
fn margins_that_overlap_do_not_hide_a_difference_that_is_certain() {
    // Two that always rise and fall together: each is uncertain, their difference is not.
    let mut matrix = Symmetric::zero(3);
    for (i, j, value) in [(0, 0, 1.0), (1, 1, 1.0), (0, 1, 0.9999), (2, 2, 1.0)] {
        matrix.add(i, j, value);
    }
    let ranges = rank_ranges(&[0.2, 0.0, 0.1], &Covariance::new(matrix, None));
    let found: Vec<_> = ranges.into_iter().map(|range| (range.best, range.worst)).collect();
    assert_eq!(found, [(1, 2), (2, 3), (1, 3)]);
}

#[test]
fn without_models_there_are_no_ranks() {
    assert_eq!(rank_ranges(&[], &alike(0, 1.0, None)), []);
}

#[test]
fn the_ranks_of_some_are_those_of_a_board_of_them() {
    let all = alike(4, 0.02, None);
    assert_eq!(all.of_members(&[1, 3]), alike(2, 0.02, None));
}
