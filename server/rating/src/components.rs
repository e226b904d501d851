//! Which models can be compared at all.
//!
//! Draw an arrow from each winner to each loser, and both ways for a tie. A Bradley-Terry rating
//! is finite exactly among models that all reach each other along arrows (Ford 1957): where the
//! arrows only lead one way, the likelihood grows without end as the two sides move apart.

use super::Pairs;
use super::likelihood::Battles;

/// Why a model has no finite rating.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unrated {
    /// Nobody has voted on it yet.
    NoBattles,
    /// It won every battle: any rating is too low.
    WonAll,
    /// It lost every battle: any rating is too high.
    LostAll,
    /// It won against some and lost against others, but no chain of results leads back from
    /// those that it lost against, through ties or surprises, to those that it won against.
    OneSided,
}

/// The groups of models that reach each other, of two members or more, the largest first (by
/// members, then by votes inside, then by the first member).
pub(super) fn groups(pairs: &Pairs) -> Vec<Vec<usize>> {
    let models = pairs.models();
    let mut beats = vec![Vec::new(); models];
    for (a, b, tally) in pairs.met() {
        if tally.wins + tally.halves() > 0 {
            beats[a].push(b);
        }
        if tally.losses + tally.halves() > 0 {
            beats[b].push(a);
        }
    }
    let mut groups = strongly_connected(&beats);
    groups.retain(|group| group.len() > 1);
    for group in &mut groups {
        group.sort_unstable();
    }
    let votes = |group: &[usize]| -> u64 {
        let inside = group.iter().enumerate().flat_map(|(i, &a)| group[..i].iter().map(move |&b| (a, b)));
        inside.map(|(a, b)| pairs.get(a, b).battles()).sum()
    };
    groups.sort_by_key(|group| (std::cmp::Reverse((group.len(), votes(group))), group[0]));
    groups
}

/// Whether decided votes lead from some model back to itself.
pub(super) fn has_circle(battles: &Battles) -> bool {
    let mut beats = vec![Vec::new(); battles.models];
    for &(a, b, tally) in &battles.pairs {
        if tally.wins > 0 {
            beats[a].push(b);
        }
        if tally.losses > 0 {
            beats[b].push(a);
        }
    }
    strongly_connected(&beats).iter().any(|group| group.len() > 1)
}

/// Why a model outside every group has no rating.
pub(super) fn reason(pairs: &Pairs, model: usize) -> Unrated {
    let total = pairs.total(model);
    match (total.battles(), total.wins, total.losses) {
        (0, ..) => Unrated::NoBattles,
        // A tie is an arrow both ways: outside every group there is none.
        (_, _, 0) => Unrated::WonAll,
        (_, 0, _) => Unrated::LostAll,
        _ => Unrated::OneSided,
    }
}

/// Tarjan's algorithm, with a stack of its own instead of recursion: a chain of models as long as
/// the list must not overflow the thread's.
fn strongly_connected(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let models = edges.len();
    let (mut order, mut low) = (vec![UNSEEN; models], vec![0; models]);
    let mut open = vec![false; models];
    let (mut stack, mut found, mut next) = (Vec::new(), Vec::new(), 0);
    for start in 0..models {
        if order[start] != UNSEEN {
            continue;
        }
        // A model and how many of its edges have been walked.
        let mut walk = vec![(start, 0)];
        while let Some((model, walked)) = walk.pop() {
            if walked == 0 {
                (order[model], low[model], open[model]) = (next, next, true);
                next += 1;
                stack.push(model);
            }
            if let Some(&to) = edges[model].get(walked) {
                walk.push((model, walked + 1));
                if order[to] == UNSEEN {
                    walk.push((to, 0));
                } else if open[to] {
                    low[model] = low[model].min(order[to]);
                }
                continue;
            }
            if low[model] == order[model] {
                let at = stack.iter().rposition(|&other| other == model).unwrap_or(0);
                let group = stack.split_off(at);
                for &member in &group {
                    open[member] = false;
                }
                found.push(group);
            }
            if let Some(&(parent, _)) = walk.last() {
                low[parent] = low[parent].min(low[model]);
            }
        }
    }
    found
}
