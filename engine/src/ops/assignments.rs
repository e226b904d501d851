//! Which token goes to which expert, and with what weight.

use std::ops::Range;

/// Tokens sorted by expert. A token that goes to `top` experts takes `top` slots.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpertAssignments {
    /// where each expert's slots start; one more at the end
    starts: Vec<usize>,
    /// the token of each place
    tokens: Vec<u32>,
    /// the weight of each place
    weights: Vec<f32>,
    /// for each token, its slots in order of weight: (tokens, top)
    slots: Vec<usize>,
    top: usize,
}

impl ExpertAssignments {
    /// Assigns each token to its `top` most probable experts: softmax over the router's `logits`
    /// (tokens, experts), the highest, and their probabilities scaled to sum to 1. Of equals the
    /// first expert wins.
    pub fn new(logits: &[f32], experts: usize, top: usize) -> Self {
        let tokens = logits.len() / experts;
        let mut chosen: Vec<(usize, f32)> = Vec::with_capacity(tokens * top);
        for row in logits.chunks_exact(experts) {
            let mut order: Vec<usize> = (0..experts).collect();
            order.sort_by(|&a, &b| row[b].total_cmp(&row[a]));
            // The softmax's own denominator cancels when the chosen are scaled to sum to 1.
            let max = row[order[0]];
            let weights = order[..top].iter().map(|&e| (row[e] - max).exp());
            let sum: f32 = weights.clone().sum();
            chosen.extend(order[..top].iter().copied().zip(weights.map(|w| w / sum)));
        }
        let mut starts = vec![0; experts + 1];
        chosen.iter().for_each(|(e, _)| starts[e + 1] += 1);
        for e in 0..experts {
            starts[e + 1] += starts[e];
        }
        let mut next = starts.clone();
        let mut routes = Self {
            starts,
            tokens: vec![0; chosen.len()],
            weights: vec![0.0; chosen.len()],
            slots: Vec::with_capacity(chosen.len()),
            top,
        };
        for (i, (expert, weight)) in chosen.into_iter().enumerate() {
            let place = next[expert];
            next[expert] += 1;
            routes.tokens[place] = (i / top) as u32;
            routes.weights[place] = weight;
            routes.slots.push(place);
        }
        routes
    }

    /// The experts that got a token, with their slots.
    pub fn active(&self) -> impl Iterator<Item = (usize, Range<usize>)> + Clone + '_ {
        self.starts.windows(2).enumerate().filter(|(_, w)| w[0] < w[1]).map(|(e, w)| (e, w[0]..w[1]))
    }

    /// The token of each place.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// The weight of each place.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The slots of each token, `top` for each.
    pub fn slots(&self) -> impl Iterator<Item = &[usize]> {
        self.slots.chunks_exact(self.top)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_sorted_by_expert_and_weights_sum_to_one() {
        #[rustfmt::skip]
        let logits = [
            0.0, 2.0, 1.0, -1.0, // experts 1, 2
            3.0, 0.0, 0.0, -9.0, // experts 0, 1 (the first of equals)
            0.0, 5.0, 4.0, -1.0, // experts 1, 2
        ];
        let routes = ExpertAssignments::new(&logits, 4, 2);
        assert_eq!(routes.tokens(), [1, 0, 1, 2, 0, 2]);
        assert_eq!(routes.active().collect::<Vec<_>>(), [(0, 0..1), (1, 1..4), (2, 4..6)]);
        let slots: Vec<_> = routes.slots().collect();
        assert_eq!(slots, [[1, 4], [0, 2], [3, 5]]);
        for (token, slots) in routes.slots().enumerate() {
            assert!((slots.iter().map(|&p| routes.weights()[p]).sum::<f32>() - 1.0).abs() < 1e-6);
            assert!(slots.iter().all(|&p| routes.tokens()[p] == token as u32));
        }
        // softmax over all, then renormalised, is softmax over the chosen
        let expected = 1.0 / (1.0 + (-1.0f32).exp());
        assert!((routes.weights()[slots[0][0]] - expected).abs() < 1e-6);
    }

    #[test]
    fn a_logit_that_is_no_number_does_not_panic() {
        let routes = ExpertAssignments::new(&[f32::NAN, 1.0, 0.0, f32::NAN], 4, 2);
        assert_eq!(routes.tokens().len(), 2);
    }
}
