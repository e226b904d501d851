//! Davidson's model, in which ties are an outcome of their own instead of half a win each (Davidson 1970):
//! `P_i : P_tie : P_j = e^{d/2} : ν : e^{-d/2}`, where `d` is the difference of strengths.

use super::components;
use super::covariance::Covariance;
use super::distribution::t95;
use super::likelihood::Battles;
use super::linear::{Cholesky, Symmetric};
use super::{Clusters, Group, Pairs, Rated, Scale, Tally, Voters};

const MAX_STEPS: usize = 100;

/// How often two equal models tie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TieRate {
    /// Two equal models tie `ν / (2 + ν)` of their battles.
    pub nu: f64,
    /// Its 95 % interval.
    pub nu_interval: (f64, f64),
}

impl TieRate {
    /// The share of ties between two equal models.
    #[must_use]
    pub fn share(&self) -> f64 {
        self.nu / (2.0 + self.nu)
    }

    /// The 95 % interval of the share.
    #[must_use]
    pub fn share_interval(&self) -> (f64, f64) {
        let of = |nu: f64| if nu.is_finite() { nu / (2.0 + nu) } else { 1.0 };
        (of(self.nu_interval.0), of(self.nu_interval.1))
    }
}

/// What this model makes of a group's ties.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TieFit {
    /// They have a rate of their own.
    Fitted(TieRate),
    /// There is none: the likeliest rate is 0, and the ratings are Bradley-Terry's.
    NoTies,
    /// There is nothing else: however far apart two models are, a rate that is high enough explains it. So all stand alike,
    /// and nothing bounds how far apart they may be.
    AllTies,
    /// No model, nor any chain of models, lost to one that it won against. Then the farther apart they all are, at a rate
    /// that grows with it, the likelier the votes: there is no finite rating.
    NoUpset,
}

/// Models that are rated among each other, with the ties between them.
#[derive(Debug, Clone, PartialEq)]
pub struct DavidsonGroup {
    /// What became of ties.
    pub ties: TieFit,
    /// Each member's number and rating, ascending by number; nobody's where there is no finite one.
    pub rated: Vec<(usize, Rated)>,
    /// The members with their strengths and how certain these are; nothing where there is no finite rating.
    pub group: Option<Group>,
}

/// Fits each group of models that Bradley-Terry rates, in the order in which it has them.
#[must_use]
pub fn davidson(pairs: &Pairs, voters: Option<&Voters>, scale: Scale) -> Vec<DavidsonGroup> {
    let groups = components::groups(pairs).into_iter().enumerate();
    groups.map(|(group, members)| fit_group(pairs, voters, scale, group, members)).collect()
}

fn fit_group(pairs: &Pairs, voters: Option<&Voters>, scale: Scale, group: usize, members: Vec<usize>) -> DavidsonGroup {
    let battles = Battles::inside(pairs, &members);
    let ties: u64 = battles.pairs.iter().map(|one| one.2.halves()).sum();
    let all: u64 = battles.pairs.iter().map(|one| one.2.battles()).sum();
    if ties == 0 {
        let strengths = battles.maximise(None);
        let covariance = Covariance::of(&battles, &members, &strengths, voters);
        return rate(TieFit::NoTies, Group { members, strengths, covariance }, &battles, scale, group);
    }
    if ties == all {
        let (strengths, covariance) = (vec![0.0; battles.models], Covariance::unknown(battles.models));
        return rate(TieFit::AllTies, Group { members, strengths, covariance }, &battles, scale, group);
    }
    // Where decided votes lead in a circle, no strengths that move apart agree with all of them; so there is a maximum.
    let fitted =
        components::has_circle(&battles).then(|| maximise(&battles, ties as f64 / (all - ties) as f64)).flatten();
    let Some((mut theta, information)) = fitted else {
        return DavidsonGroup { ties: TieFit::NoUpset, rated: Vec::new(), group: None };
    };
    let models = battles.models;
    let bread = information.inverse();
    let (meat, clusters) = match voters {
        None => (independent(&battles, &theta), None),
        Some(voters) => {
            let (meat, clusters) = clustered(models, &members, &theta, voters);
            (meat, Some(clusters))
        }
    };
    let whole = bread.sandwich(&meat);
    let log_margin = t95(clusters.map(|voters| voters.effective - 1.0)) * whole.get(models, models).max(0.0).sqrt();
    let log_nu = theta.pop().unwrap_or_default();
    let rate_of_ties =
        TieRate { nu: log_nu.exp(), nu_interval: ((log_nu - log_margin).exp(), (log_nu + log_margin).exp()) };
    let strengths_alone: Vec<usize> = (0..models).collect();
    let covariance = Covariance::new(whole, clusters).of_members(&strengths_alone);
    rate(TieFit::Fitted(rate_of_ties), Group { members, strengths: theta, covariance }, &battles, scale, group)
}

/// The ratings of these strengths.
fn rate(ties: TieFit, group: Group, battles: &Battles, scale: Scale, number: usize) -> DavidsonGroup {
    let exposure = battles.exposure();
    let weights = scale.weights(&group.members, |member| exposure[member]);
    let origin: f64 = weights.iter().zip(&group.strengths).map(|(weight, x)| weight * x).sum();
    let reach = group.covariance.reach();
    let variances = group.covariance.against(&weights);
    let rated = group.members.iter().zip(&group.strengths).zip(variances).map(|((&member, x), variance)| {
        // Of infinite variances no difference can be taken.
        let standard_error = if ties == TieFit::AllTies { f64::INFINITY } else { scale.factor() * variance.sqrt() };
        let margin = if standard_error == 0.0 { 0.0 } else { reach * standard_error };
        let rating = scale.center + scale.factor() * (x - origin);
        (member, Rated { group: number, rating, standard_error, margin })
    });
    DavidsonGroup { ties, rated: rated.collect(), group: Some(group) }
}

/// The chances of win, tie and loss.
fn chances(d: f64, log_nu: f64) -> [f64; 3] {
    let most = (0.5 * d.abs()).max(log_nu);
    let shares = [0.5 * d, log_nu, -0.5 * d].map(|log| (log - most).exp());
    let sum: f64 = shares.iter().sum();
    shares.map(|share| share / sum)
}

/// The likelihood's derivatives by one pair's difference and by `ln ν`: the first, and the negative second.
struct Local {
    log_likelihood: f64,
    first: [f64; 2],
    /// By d and d, by d and ν, by ν and ν.
    second: [f64; 3],
}

fn local(tally: Tally, d: f64, log_nu: f64) -> Local {
    let [win, tie, loss] = chances(d, log_nu);
    let (wins, ties, losses) = (tally.wins as f64, tally.halves() as f64, tally.losses as f64);
    let n = wins + ties + losses;
    let log = |count: f64, chance: f64| if count > 0.0 { count * chance.ln() } else { 0.0 };
    let lead = 0.5 * (win - loss);
    Local {
        log_likelihood: log(wins, win) + log(ties, tie) + log(losses, loss),
        first: [0.5 * (wins - losses) - n * lead, ties - n * tie],
        second: [n * (0.25 * (win + loss) - lead * lead), -n * lead * tie, n * tie * (1.0 - tie)],
    }
}

struct Point {
    log_likelihood: f64,
    gradient: Vec<f64>,
    hessian: Symmetric,
}

/// `theta` holds the strengths and, last, `ln ν`.
fn at(battles: &Battles, theta: &[f64]) -> Point {
    let models = battles.models;
    let mut point =
        Point { log_likelihood: 0.0, gradient: vec![0.0; models + 1], hessian: Symmetric::zero(models + 1) };
    for &(a, b, tally) in &battles.pairs {
        let one = local(tally, theta[a] - theta[b], theta[models]);
        point.log_likelihood += one.log_likelihood;
        point.gradient[a] += one.first[0];
        point.gradient[b] -= one.first[0];
        point.gradient[models] += one.first[1];
        point.hessian.add_difference(a, b, one.second[0]);
        point.hessian.add(models, a, one.second[1]);
        point.hessian.add(models, b, -one.second[1]);
        point.hessian.add(models, models, one.second[2]);
    }
    // Strengths have no zero of their own.
    point.hessian.lift(models);
    point
}

/// The maximum and the factor of the negative second derivative there; nothing where there is none.
fn maximise(battles: &Battles, ties_to_decided: f64) -> Option<(Vec<f64>, Cholesky)> {
    let mut theta = vec![0.0; battles.models];
    theta.push((2.0 * ties_to_decided).ln());
    let mut point = at(battles, &theta);
    for _ in 0..MAX_STEPS {
        let factor = point.hessian.cholesky()?;
        let step = factor.solve(&point.gradient);
        let size = step.iter().fold(0.0, |size: f64, step| size.max(step.abs()));
        let moved = |share: f64| -> Vec<f64> { theta.iter().zip(&step).map(|(x, step)| x + share * step).collect() };
        if size < 1e-7 {
            let theta = moved(1.0);
            let factor = at(battles, &theta).hessian.cholesky()?;
            return Some((theta, factor));
        }
        let mut share = 1.0;
        loop {
            let next = moved(share);
            let reached = at(battles, &next);
            if reached.log_likelihood >= point.log_likelihood || size < 1e-3 {
                (theta, point) = (next, reached);
                break;
            }
            share /= 2.0;
            if share * size < 1e-12 {
                return None;
            }
        }
    }
    None
}

fn independent(battles: &Battles, theta: &[f64]) -> Symmetric {
    let models = battles.models;
    let mut meat = Symmetric::zero(models + 1);
    for &(a, b, tally) in &battles.pairs {
        let d = theta[a] - theta[b];
        let outcomes = [
            (tally.wins, Tally { wins: 1, ..Tally::default() }),
            (tally.losses, Tally { losses: 1, ..Tally::default() }),
            (tally.halves(), Tally { ties: 1, ..Tally::default() }),
        ];
        for (count, one) in outcomes {
            let [by_d, by_nu] = local(one, d, theta[models]).first;
            let count = count as f64;
            meat.add_difference(a, b, count * by_d * by_d);
            meat.add(models, a, count * by_d * by_nu);
            meat.add(models, b, -count * by_d * by_nu);
            meat.add(models, models, count * by_nu * by_nu);
        }
    }
    meat
}

/// As [`independent`], summed up by voter.
fn clustered(models: usize, members: &[usize], theta: &[f64], voters: &Voters) -> (Symmetric, Clusters) {
    let mut meat = Symmetric::zero(models + 1);
    let (mut count, mut votes, mut squared_votes) = (0_usize, 0.0, 0.0);
    // Most people vote on few models: only what one voter touched is added up and cleared again.
    let (mut score, mut touched) = (vec![0.0; models + 1], Vec::new());
    for counts in voters.each() {
        let mut cast = 0.0;
        for one in counts {
            let numbers = [one.a, one.b].map(|model| members.binary_search(&usize::from(model)));
            let [Ok(a), Ok(b)] = numbers else { continue };
            let [wins, losses, ties] = [one.wins, one.losses, one.halves].map(u64::from);
            let tally = Tally { wins, losses, ties, both_bad: 0 };
            let [by_d, by_nu] = local(tally, theta[a] - theta[b], theta[models]).first;
            score[a] += by_d;
            score[b] -= by_d;
            score[models] += by_nu;
            touched.extend([a, b]);
            cast += f64::from(one.battles());
        }
        if cast > 0.0 {
            count += 1;
            votes += cast;
            squared_votes += cast * cast;
            touched.push(models);
            touched.sort_unstable();
            touched.dedup();
            for (at, &i) in touched.iter().enumerate() {
                for &j in &touched[..=at] {
                    meat.add(i, j, score[i] * score[j]);
                }
            }
        }
        touched.drain(..).for_each(|at| score[at] = 0.0);
    }
    if count > 1 {
        meat.scale(count as f64 / (count as f64 - 1.0));
    }
    (meat, Clusters { count, effective: votes * votes / squared_votes })
}
