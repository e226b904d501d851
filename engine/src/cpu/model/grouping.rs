//! Which experts a step's tokens go to, sorted by expert.

use std::ops::Range;

/// Chooses a token's experts: those with the highest `logits`, of equals the first, and their shares of the softmax scaled to
/// sum to 1. As many as there is room for; `order` is scratch.
pub fn choose(logits: &[f32], order: &mut Vec<usize>, chosen: &mut [u32], shares: &mut [f32]) {
    order.clear();
    order.extend(0..logits.len());
    order.sort_by(|a, b| logits[*b].total_cmp(&logits[*a]));
    // The softmax's own denominator cancels when the chosen are scaled to sum to 1.
    let most = logits[order[0]];
    for ((chosen, share), expert) in chosen.iter_mut().zip(shares.iter_mut()).zip(order.iter()) {
        *chosen = *expert as u32;
        *share = (logits[*expert] - most).exp();
    }
    let sum: f32 = shares.iter().sum();
    shares.iter_mut().for_each(|share| *share /= sum);
}

/// A step's tokens, sorted by expert: a token that goes to two experts has two places.
#[derive(Debug, Default)]
pub struct Grouping {
    /// The experts that have places, and which.
    pub active: Vec<(usize, Range<usize>)>,
    /// The token of each place.
    pub tokens: Vec<u32>,
    /// For each token its places, in the order of its choice: (tokens, top)
    pub places: Vec<u32>,
    /// For each place, where what pairs of its expert's gate and up make of its token is kept.
    pub gates: Vec<u32>,
    pub ups: Vec<u32>,
    next: Vec<usize>,
}

impl Grouping {
    /// Sorts the choice, (tokens, top).
    pub fn sort(&mut self, chosen: &[u32], experts: usize, top: usize) {
        self.active.clear();
        self.next.clear();
        self.next.resize(experts, 0);
        chosen.iter().for_each(|expert| self.next[*expert as usize] += 1);
        let mut start = 0;
        for (expert, next) in self.next.iter_mut().enumerate() {
            let count = std::mem::replace(next, start);
            if count > 0 {
                self.active.push((expert, start..start + count));
            }
            start += count;
        }
        self.tokens.clear();
        self.tokens.resize(chosen.len(), 0);
        self.gates.clear();
        self.gates.resize(chosen.len(), 0);
        self.ups.clear();
        self.ups.resize(chosen.len(), 0);
        self.places.clear();
        for (i, expert) in chosen.iter().enumerate() {
            let place = self.next[*expert as usize];
            self.next[*expert as usize] += 1;
            self.tokens[place] = (i / top) as u32;
            (self.gates[place], self.ups[place]) = (2 * i as u32, 2 * i as u32 + 1);
            self.places.push(place as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::ExpertAssignments;

    #[test]
    fn tokens_go_where_the_reference_sends_them() {
        let (tokens, experts) = (37, 8);
        let logits: Vec<f32> = (0..tokens * experts).map(|i| ((i * 37) % 23) as f32 / 4.0).collect();
        for top in [1, 2, 3] {
            let reference = ExpertAssignments::new(&logits, experts, top);
            let (mut chosen, mut shares) = (vec![0; tokens * top], vec![0.0; tokens * top]);
            let mut order = Vec::new();
            let rows = chosen.chunks_exact_mut(top).zip(shares.chunks_exact_mut(top));
            for (row, (chosen, shares)) in logits.chunks_exact(experts).zip(rows) {
                choose(row, &mut order, chosen, shares);
            }
            let mut grouping = Grouping::default();
            for _ in 0..2 {
                grouping.sort(&chosen, experts, top);
                assert_eq!(grouping.tokens, reference.tokens());
                assert_eq!(grouping.active, reference.active().collect::<Vec<_>>());
                let places: Vec<usize> = grouping.places.iter().map(|place| *place as usize).collect();
                assert_eq!(places, reference.slots().flatten().copied().collect::<Vec<_>>());
                for (share, place) in shares.iter().zip(&places) {
                    assert_eq!(*share, reference.weights()[*place]);
                }
            }
        }
    }

    #[test]
    fn logits_that_are_no_numbers_do_not_panic() {
        let (mut chosen, mut shares) = ([0; 2], [0.0; 2]);
        choose(&[f32::NAN, 1.0, 0.0, f32::NAN], &mut Vec::new(), &mut chosen, &mut shares);
        assert!(chosen.iter().all(|expert| *expert < 4));
    }
}
