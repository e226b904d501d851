//! A leaderboard is published with the votes that it is made of, so that anybody can check it.
//!
//! All of it is read in one transaction: the end of the chain, the counts and ratings that the arena keeps, and the votes.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use arena_rating::{Board, BoardSettings, EloSettings, KnownVoters, Voters};
use chrono::Utc;
use serde_json::json;
use sqlx::PgPool;
use uuid::Uuid;

use super::chain_votes::chain;
use crate::boards::{BoardRules, tally};
use crate::domain::{AdminId, BattleKind, ChainedVote, ModelId, TieRule};
use crate::error::Error;
use crate::evidence::{self, FORMAT, Rules, Snapshot, VoteLine};
use crate::keys::Keys;
use crate::store::audit;
use crate::store::model_names;
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::vote_hashes::{self, Link};

/// How often it is tried to read a moment in which every vote is chained.
const MAX_ROUNDS: usize = 5;

/// What is published.
#[derive(Debug, Clone)]
pub struct PublishVotes {
    /// Who publishes; nobody for the command line.
    pub admin: Option<AdminId>,
    pub kind: BattleKind,
    /// Nothing for all languages.
    pub language: Option<String>,
    pub rules: BoardRules,
    /// How ties count in the published ratings.
    pub ties: TieRule,
    pub elo: EloSettings,
}

impl PublishVotes {
    /// Writes the file, and gives its first line.
    ///
    /// # Errors
    /// Busy while Elo is being computed anew, or votes come faster than they are chained.
    pub async fn on(self, db: &PgPool, keys: &Keys, mut out: impl Write) -> Result<Snapshot, Error> {
        let busy = || Error::Busy { retry_after: Duration::from_secs(5) };
        for _ in 0..MAX_ROUNDS {
            chain(db, 0).await?;
            let mut snapshot = ratings::snapshot(db).await?;
            if ratings::requested_repair(&mut *snapshot, self.kind).await?.is_some() {
                return Err(busy());
            }
            let names = model_names::all(&mut *snapshot).await?;
            let language = self.language.as_deref();
            let mut voters = Grouped::default();
            let mut links = 0_u64;
            vote_hashes::for_each_link(&mut *snapshot, |link| {
                links += 1;
                if is_on(&link, self.kind, language)
                    && let Some(vote) = &link.vote
                {
                    voters.add(vote, link.voter);
                }
            })
            .await?;
            let pairs = ratings::pairs(&mut *snapshot, self.kind).await?;
            let pairs = ratings::of_board(&pairs, language.unwrap_or(ALL_LANGUAGES));
            let elo = ratings::elo(&mut *snapshot, self.kind, language.unwrap_or(ALL_LANGUAGES)).await?;
            let counted: u64 = pairs.iter().map(|pair| tally(pair).battles()).sum();
            if counted != voters.votes.len() as u64 && vote_hashes::count_unchained(&mut *snapshot, 0.0).await? > 0 {
                // A vote came between the chain and the snapshot.
                continue;
            }
            let anchor = self.rules.anchor.as_ref().and_then(|slug| names.iter().find(|model| model.slug == *slug));
            let settings = BoardSettings {
                anchor: anchor.map(|model| model.id),
                center: self.rules.center,
                ties: self.ties.into(),
                ..BoardSettings::default()
            };
            let tallies: Vec<_> = pairs.iter().map(|pair| (pair.low, pair.high, tally(pair))).collect();
            let elo = elo.into_iter().map(|row| (row.model, row.rating)).collect();
            let (models, grouped) = voters.grouped();
            let known = KnownVoters { models: &models, voters: &grouped };
            let board = Board::compute(&tallies, Some(known), None, &elo, &settings);
            let slug = |id: ModelId| names.get(id).map(|model| model.slug.clone()).unwrap_or_default();
            let head = vote_hashes::head(&mut *snapshot).await?;
            let first = Snapshot {
                format: FORMAT.to_owned(),
                program: env!("CARGO_PKG_VERSION").to_owned(),
                made_at: Utc::now(),
                kind: self.kind,
                language: self.language.clone(),
                votes: links,
                counted,
                head: hex::encode(head.hash),
                models: names.iter().map(|model| (model.slug.clone(), model.id.0)).collect(),
                rules: Rules {
                    elo_k: self.elo.k,
                    elo_scale: self.elo.scale,
                    elo_base: self.elo.base,
                    elo_initial: self.elo.initial,
                    center: self.rules.center,
                    anchor: anchor.map(|model| model.slug.clone()),
                    ties: self.ties,
                },
                board: evidence::lines(&board, slug),
            };
            let mut written = write_line(&mut out, &first);
            vote_hashes::for_each_link(&mut *snapshot, |link| {
                if written.is_ok()
                    && let Some(line) = line(link, keys, slug)
                {
                    written = write_line(&mut out, &line);
                }
            })
            .await?;
            snapshot.commit().await?;
            written.and_then(|()| out.flush()).map_err(|cause| Error::Internal(cause.into()))?;
            let detail = json!({
                "votes": links, "counted": counted, "head": first.head, "language": self.language, "ties": self.ties
            });
            audit::record(db, self.admin, "votes.publish", self.kind.as_str(), detail).await?;
            return Ok(first);
        }
        Err(busy())
    }
}

fn write_line(out: &mut impl Write, line: &impl serde::Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

fn is_on(link: &Link, kind: BattleKind, language: Option<&str>) -> bool {
    let is_of = |vote: &ChainedVote| {
        let is_counted = vote.model_b.is_some() && vote.exclusion_reason.is_none() && !link.is_withdrawn;
        is_counted && vote.kind == kind && language.is_none_or(|language| language == vote.language)
    };
    link.vote.as_ref().is_some_and(is_of)
}

/// The line of a link; nothing for one whose vote is gone, which leaves a gap that a check finds.
fn line(link: Link, keys: &Keys, slug: impl Fn(ModelId) -> String) -> Option<VoteLine> {
    let vote = link.vote?;
    Some(VoteLine {
        seq: link.seq,
        id: vote.id,
        battle: vote.battle,
        kind: vote.kind,
        language: vote.language,
        model_a: slug(vote.model_a),
        model_b: vote.model_b.map(slug),
        choice: vote.choice,
        reasons: vote.reasons,
        turns: vote.turns,
        excluded: vote.exclusion_reason,
        withdrawn: link.is_withdrawn,
        voter: link.voter.map(|voter| keys.voter_hash(voter)),
        at: vote.created_at.timestamp_micros(),
        hash: hex::encode(link.hash),
    })
}

/// Votes by who cast them.
#[derive(Default)]
struct Grouped {
    voters: BTreeMap<Uuid, u32>,
    count: u32,
    models: BTreeMap<ModelId, usize>,
    votes: Vec<(u32, usize, usize, f64)>,
}

impl Grouped {
    fn add(&mut self, vote: &ChainedVote, voter: Option<Uuid>) {
        let (Some(model_b), Some(score)) = (vote.model_b, vote.choice.score_of_a()) else { return };
        let next = self.count;
        let voter = voter.map_or(next, |voter| *self.voters.entry(voter).or_insert(next));
        self.count = self.count.max(voter + 1);
        let mut number = |model| {
            let next = self.models.len();
            *self.models.entry(model).or_insert(next)
        };
        let (a, b) = (number(vote.model_a), number(model_b));
        self.votes.push((voter, a, b, score));
    }

    /// The models by number, and each voter's votes.
    fn grouped(&self) -> (Vec<ModelId>, Voters) {
        let mut models: Vec<(usize, ModelId)> = self.models.iter().map(|(model, number)| (*number, *model)).collect();
        models.sort_unstable();
        let models = models.into_iter().map(|(_, model)| model).collect();
        (models, Voters::from_votes(self.count as usize, self.votes.iter().copied()))
    }
}

#[cfg(test)]
mod tests;
