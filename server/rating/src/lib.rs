//! Ratings out of votes: pure functions, no I/O, no clock.
//!
//! Models are numbers from 0 here; who they are is the caller's business. Two ways lead from
//! votes to numbers: [`elo`] walks through them in the order of time, everything else needs only
//! how often which of two models won ([`Pairs`]), so that its cost grows with the number of models
//! and not with that of votes; intervals that know who voted need each voter's counts ([`Voters`]) too.

mod anomaly;
mod board;
mod bootstrap;
mod bradley_terry;
mod components;
mod contrast;
mod correlation;
mod covariance;
mod davidson;
mod decision;
mod distribution;
pub mod elo;
mod factors;
mod likelihood;
mod linear;
mod outer_sum;
mod pairing;
mod pairs;
mod propensity;
mod random;
mod rank;
mod scale;
mod scatter;
mod share;
mod side_bias;
mod style;
#[cfg(test)]
mod tests;
mod voters;
mod win_rate;

pub use anomaly::{SideChoice, VoterEvidence};
pub use board::{Board, BoardSettings, Entry, KnownVoters, Redrawn, STYLE, Ties};
pub use bootstrap::Bootstrap;
pub use bradley_terry::{Fit, Group, Rated, Standing, fit, fit_clustered};
pub use components::Unrated;
pub use contrast::{RatingDifference, rating_differences};
pub use correlation::RankCorrelation;
pub use covariance::Covariance;
pub use davidson::{DavidsonGroup, TieFit, TieRate, davidson};
pub use decision::{Difference, fewest_removals};
pub use elo::EloSettings;
pub use factors::{FactorFit, fit_factors};
pub use pairing::{PairGains, PairingRules, pair_probabilities};
pub use pairs::{Pairs, Tally};
pub use propensity::{DrawnVote, fit_inverse_propensity};
pub use rank::{RankRange, rank_ranges, simultaneous_reach};
pub use scale::{Gauge, Scale};
pub use share::{Share, ShareSum, pair_shares};
pub use side_bias::SideBias;
pub use style::{Effect, StyleFit, StyleVote, fit_style, standardise, style_difference};
pub use voters::{Clusters, VoterCount, Voters};
pub use win_rate::{average_win_rate, win_rates};
