//! A visitor looks at a leaderboard: computed from the counted votes, and kept until one of them changes.
//!
//! What is kept is keyed by the board's version in the database, so that several servers need not
//! tell each other of votes. Ratings over all votes cost by the number of models, their intervals, and boards of some of
//! the votes, by that of votes too, some milliseconds a million (see [`ballots`]).

mod ballots;
mod computed;
mod filter;
mod key;
mod languages;
mod live;
mod mine;
mod numbers;
mod redrawn;
mod shelf;
pub mod suspicion;

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::{PgConnection, PgPool};

use crate::domain::{BattleKind, ModelId, TieRule};
use crate::error::Error;
use crate::site::Site;
use crate::store::ratings::{self, ALL_LANGUAGES};
use crate::store::{group_members, model_names, vote_features, votes};
use arena_rating::{Board, BoardSettings, EloSettings, KnownVoters, SideBias};
pub use ballots::{Ballots, tally};
pub use computed::Approval;
pub use filter::BallotFilter;
pub use key::BoardKey;
pub use languages::LanguageGap;
pub use live::{BoardReader, LiveBoards};
pub use mine::{OwnBoard, OwnVote, Smaller};
use redrawn::{Redrawing, Rounds};
use shelf::{Shelf, Version};

/// A computed board and the version of the votes that it was computed from.
#[derive(Debug)]
pub struct ReadBoard {
    /// Grows with every change.
    pub version: i64,
    pub board: Board<ModelId>,
    /// Votes that would be on this board if it were known what they were about: their features are still being computed, or
    /// their texts were deleted before.
    pub undescribed: u64,
}

/// The board of direct chats.
#[derive(Debug, Default)]
pub struct DirectBoard {
    /// Changes with every vote.
    pub version: i64,
    /// The models that have votes, the highest share of good answers first.
    pub models: Vec<Approval>,
    pub votes: u64,
    /// The languages that have votes, those with the most first.
    pub languages: Vec<(String, u64)>,
}

/// Which model stands where.
#[derive(Debug, Clone, PartialEq)]
pub struct Anchor {
    /// The slug of the model that stands at `center`; without one, or where it has no votes, the mean over battles does.
    pub model: Option<String>,
    /// Where it stands.
    pub center: f64,
}

impl Default for Anchor {
    fn default() -> Self {
        let BoardRules { anchor: model, center, .. } = BoardRules::default();
        Self { model, center }
    }
}

/// What is decided about all boards.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardRules {
    /// Models with fewer votes are preliminary: rated, but not ranked.
    pub min_votes: u64,
    /// The slug of the model that stands at `center`; without one, or where it has no votes, the mean over battles does.
    pub anchor: Option<String>,
    /// Where it stands.
    pub center: f64,
}

impl Default for BoardRules {
    fn default() -> Self {
        let BoardSettings { min_votes, center, .. } = BoardSettings::<ModelId>::default();
        Self { min_votes, anchor: None, center }
    }
}

type SharedBallots = Arc<tokio::sync::Mutex<Ballots>>;

/// The boards computed so far. Clones share them.
#[derive(Debug, Clone)]
pub struct Boards {
    anchor: Arc<Anchor>,
    site: Site,
    elo: EloSettings,
    kept: Shelf<BoardKey, ReadBoard>,
    redrawn: Redrawing<BoardKey, ReadBoard>,
    gaps: Shelf<BoardKey, Option<LanguageGap>>,
    approvals: Shelf<BoardKey, DirectBoard>,
    blind: SharedBallots,
    named: SharedBallots,
    direct: SharedBallots,
    imported: SharedBallots,
    judged: SharedBallots,
}

impl Boards {
    /// No board yet, and how they are to be computed.
    #[must_use]
    pub fn new(anchor: Anchor, site: Site, elo: EloSettings) -> Self {
        Self {
            anchor: Arc::new(anchor),
            site,
            elo,
            kept: Shelf::default(),
            redrawn: Redrawing::default(),
            gaps: Shelf::default(),
            approvals: Shelf::default(),
            blind: SharedBallots::default(),
            named: SharedBallots::default(),
            direct: SharedBallots::default(),
            imported: SharedBallots::default(),
            judged: SharedBallots::default(),
        }
    }

    /// What is decided about all boards.
    #[must_use]
    pub fn rules(&self) -> BoardRules {
        let Anchor { model, center } = &*self.anchor;
        BoardRules { min_votes: self.site.rules().min_votes, anchor: model.clone(), center: *center }
    }

    /// A group's board is there while an administrator says so; who was in the group is forgotten a little later.
    fn admit(&self, key: &BoardKey) -> Result<(), Error> {
        let Some(group) = &key.group else { return Ok(()) };
        let has_board = self.site.settings().sign_in.board_groups().any(|one| one == group);
        if has_board { Ok(()) } else { Err(Error::invalid("board-group", "")) }
    }

    /// The board as the votes stand now; of battles that compare two models.
    ///
    /// # Errors
    /// When the database does not answer; invalid where a group has no board.
    pub async fn read(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<ReadBoard>, Error> {
        self.admit(key)?;
        let version = ratings::version(db, key.kind, key.language()).await?;
        if version == 0 || key.kind == BattleKind::Direct {
            // Nothing was ever voted here. Not kept: the language may be any word from the address.
            let board = Board::compute(&[], None, None, &BTreeMap::new(), &BoardSettings::default());
            return Ok(Arc::new(ReadBoard { version: 0, board, undescribed: 0 }));
        }
        let features = beside_votes(db, &key.filter()).await?;
        let (boards, db, of) = (self.clone(), db.clone(), key.clone());
        let min_votes = self.site.rules().min_votes as i64;
        self.kept
            .get(key, [version, features, min_votes], async move { boards.compute(&db, &of, Rounds::NONE).await })
            .await
    }

    /// The board, of now or of a minute ago, with the scatter of its ratings where votes are drawn anew. Ties count half, and
    /// style is left in, whatever the key says.
    ///
    /// # Errors
    /// When the database does not answer; invalid where a group has no board. Busy while too many other boards are computed.
    pub async fn read_redrawn(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<ReadBoard>, Error> {
        self.admit(key)?;
        let key = BoardKey { style_control: false, ties: TieRule::Half, ..key.clone() };
        if let Some(standing) = self.redrawn.standing(&key) {
            return Ok(standing);
        }
        let version = ratings::version(db, key.kind, key.language()).await?;
        if version == 0 || key.kind == BattleKind::Direct {
            // Not kept: the language may be any word from the address.
            return self.read(db, &key).await;
        }
        let features = beside_votes(db, &key.filter()).await?;
        let (boards, db, of) = (self.clone(), db.clone(), key.clone());
        let min_votes = self.site.rules().min_votes as i64;
        let compute = async move { boards.compute(&db, &of, Rounds::SOME).await };
        self.redrawn.get(&key, [version, features, min_votes], compute).await
    }

    /// A number that changes whenever the board does.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn version(&self, db: &PgPool, key: &BoardKey) -> Result<i64, Error> {
        self.admit(key)?;
        if key.kind == BattleKind::Direct {
            let version: i64 = direct_version(&mut *db.acquire().await?).await?.iter().sum();
            return Ok(version + beside_votes(db, &key.filter()).await?);
        }
        let version = ratings::version(db, key.kind, key.language()).await?;
        // A board that nobody has voted on is made of nothing else either.
        Ok(version + if version > 0 { beside_votes(db, &key.filter()).await? } else { 0 })
    }

    /// What direct chats say, as the votes stand now.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read_direct(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<DirectBoard>, Error> {
        self.admit(key)?;
        let mut version = direct_version(&mut *db.acquire().await?).await?;
        if version == [0; 3] {
            return Ok(Arc::default());
        }
        version[0] += beside_votes(db, &key.filter()).await?;
        let (boards, db, of) = (self.clone(), db.clone(), key.clone());
        self.approvals.get(key, version, async move { boards.compute_direct(&db, &of).await }).await
    }

    /// How each model's rating differs between Chinese and English; nothing where fewer than two models have a rating in
    /// both.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn language_gap(&self, db: &PgPool, key: &BoardKey) -> Result<Arc<Option<LanguageGap>>, Error> {
        self.admit(key)?;
        let key = BoardKey { language: None, style_control: false, ties: TieRule::Half, ..key.clone() };
        let version = ratings::version(db, key.kind, ALL_LANGUAGES).await?;
        let features = beside_votes(db, &key.filter()).await?;
        let (boards, db, of) = (self.clone(), db.clone(), key.clone());
        self.gaps.get(&key, [version, features, 0], async move { boards.compute_gap(&db, &of).await }).await
    }

    /// Whether the left answer wins more often than the right one in blind battles; nothing without a vote for either.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn side_bias(&self, db: &PgPool) -> Result<Option<SideBias>, Error> {
        let mut ballots = self.blind.lock().await;
        let mut snapshot = ratings::snapshot(db).await?;
        let counted = ratings::pairs(&mut *snapshot, BattleKind::Battle).await?;
        ballots.follow(&mut snapshot, BattleKind::Battle, &counted).await?;
        snapshot.commit().await?;
        Ok(ballots.side_bias())
    }

    fn ballots(&self, kind: BattleKind) -> &SharedBallots {
        match kind {
            BattleKind::Battle => &self.blind,
            BattleKind::SideBySide => &self.named,
            BattleKind::Direct => &self.direct,
            BattleKind::Imported => &self.imported,
            BattleKind::Judge => &self.judged,
        }
    }

    /// The votes of a kind, as a computation on the blocking pool may use them, brought to this moment.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn current_ballots(
        &self,
        db: &PgPool,
        kind: BattleKind,
    ) -> Result<tokio::sync::OwnedMutexGuard<Ballots>, Error> {
        let mut ballots = self.ballots(kind).clone().lock_owned().await;
        let mut snapshot = ratings::snapshot(db).await?;
        follow(&mut ballots, &mut snapshot, kind).await?;
        snapshot.commit().await?;
        Ok(ballots)
    }

    async fn compute(&self, db: &PgPool, key: &BoardKey, rounds: Rounds) -> Result<(Version, ReadBoard), Error> {
        // Before the snapshot, so that each sees all that the one before saw.
        let mut ballots = self.ballots(key.kind).clone().lock_owned().await;
        // One snapshot: the version must be that of the counts.
        let mut snapshot = ratings::snapshot(db).await?;
        let version = ratings::version(&mut *snapshot, key.kind, key.language()).await?;
        let pairs = ratings::pairs(&mut *snapshot, key.kind).await?;
        let elo = ratings::elo(&mut *snapshot, key.kind, key.language()).await?;
        let filter = key.filter();
        let features = newest_beside_votes(&mut snapshot, &filter).await?;
        let is_complete = ballots.follow(&mut snapshot, key.kind, &pairs).await?;
        let rules = self.rules();
        let anchor = match &rules.anchor {
            Some(slug) => {
                model_names::all(&mut *snapshot).await?.iter().find(|model| model.slug == *slug).map(|m| m.id)
            }
            None => None,
        };
        snapshot.commit().await?;
        if !is_complete {
            tracing::warn!(kind = %key.kind, "the votes are not those that are counted by pair: intervals know no voters");
        }
        let BoardRules { center, min_votes, .. } = rules;
        let settings = BoardSettings { anchor, center, min_votes, ties: key.ties.into(), rounds: 0 };
        let (key, elo_settings) = (key.clone(), self.elo);
        let computed = tokio::task::spawn_blocking(move || {
            let voters = ballots.voters(&filter);
            let models = ballots.models().to_vec();
            let known = KnownVoters { models: &models, voters: &voters };
            if filter.is_plain() {
                // The next board may read on.
                drop(ballots);
                let elo = elo.into_iter().map(|row| (row.model, row.rating)).collect();
                let rows = ratings::of_board(&pairs, key.language());
                let votes: Vec<_> = rows.iter().map(|pair| (pair.low, pair.high, tally(pair))).collect();
                let settings = BoardSettings { rounds: rounds.of(&votes, models.len()), ..settings };
                return (Board::compute(&votes, is_complete.then_some(known), None, &elo, &settings), 0);
            }
            let votes = ballots.pair_tallies(&filter);
            let elo = ballots.elo(&filter, &elo_settings);
            let style = key.style_control.then(|| ballots.style_votes(&filter));
            let whole = BallotFilter { category: None, described: false, ..filter.clone() };
            let undescribed = match filter.needs_features() {
                true => ballots.matching(&whole).filter(|vote| vote.about.is_none()).count() as u64,
                false => 0,
            };
            drop(ballots);
            let settings = BoardSettings { rounds: rounds.of(&votes, models.len()), ..settings };
            (Board::compute(&votes, Some(known), style.as_deref(), &elo, &settings), undescribed)
        });
        let (board, undescribed) = computed.await.map_err(|cause| Error::Internal(cause.into()))?;
        let made_of = [version, features, rules.min_votes as i64];
        Ok((made_of, ReadBoard { version: version + features, board, undescribed }))
    }

    async fn compute_direct(&self, db: &PgPool, key: &BoardKey) -> Result<(Version, DirectBoard), Error> {
        let mut ballots = self.direct.clone().lock_owned().await;
        let mut snapshot = ratings::snapshot(db).await?;
        let filter = key.filter();
        let mut version = direct_version(&mut snapshot).await?;
        version[0] += newest_beside_votes(&mut snapshot, &filter).await?;
        ballots.follow_direct(&mut snapshot).await?;
        snapshot.commit().await?;
        let computed = tokio::task::spawn_blocking(move || {
            let mut models = ballots.approvals(&filter);
            let share = |one: &Approval| one.sum.share().map_or(0.0, |share| share.share);
            models.sort_by(|a, b| share(b).total_cmp(&share(a)).then(b.up.cmp(&a.up)));
            let votes = models.iter().map(|one| one.up + one.down).sum();
            DirectBoard { version: version.iter().sum(), models, votes, languages: ballots.languages_voted() }
        });
        Ok((version, computed.await.map_err(|cause| Error::Internal(cause.into()))?))
    }

    async fn compute_gap(&self, db: &PgPool, key: &BoardKey) -> Result<(Version, Option<LanguageGap>), Error> {
        let mut ballots = self.ballots(key.kind).clone().lock_owned().await;
        let mut snapshot = ratings::snapshot(db).await?;
        let version = ratings::version(&mut *snapshot, key.kind, ALL_LANGUAGES).await?;
        let filter = key.filter();
        let features = newest_beside_votes(&mut snapshot, &filter).await?;
        follow(&mut ballots, &mut snapshot, key.kind).await?;
        snapshot.commit().await?;
        let computed = tokio::task::spawn_blocking(move || LanguageGap::of(&ballots, &filter));
        Ok(([version, features, 0], computed.await.map_err(|cause| Error::Internal(cause.into()))?))
    }
}

/// Changes with whatever a board is made of beside votes: what they were about, and whose groups have boards.
async fn newest_beside_votes(db: &mut PgConnection, filter: &BallotFilter) -> sqlx::Result<i64> {
    let features = if filter.needs_features() { vote_features::newest(&mut *db).await? } else { 0 };
    let members = if filter.group.is_some() { group_members::newest(&mut *db).await? } else { 0 };
    Ok(features + members)
}

/// The same, where nothing of it need be asked without asking.
async fn beside_votes(db: &PgPool, filter: &BallotFilter) -> sqlx::Result<i64> {
    if !filter.needs_features() && filter.group.is_none() {
        return Ok(0);
    }
    newest_beside_votes(&mut *db.acquire().await?, filter).await
}

async fn follow(ballots: &mut Ballots, snapshot: &mut PgConnection, kind: BattleKind) -> sqlx::Result<()> {
    if kind == BattleKind::Direct {
        return ballots.follow_direct(snapshot).await;
    }
    let counted = ratings::pairs(&mut *snapshot, kind).await?;
    if !ballots.follow(snapshot, kind, &counted).await? {
        tracing::warn!(%kind, "the votes are not those that are counted by pair");
    }
    Ok(())
}

/// The newest vote, and how often one was withdrawn, and when.
async fn direct_version(db: &mut PgConnection) -> sqlx::Result<Version> {
    let newest = votes::newest_counted(&mut *db, BattleKind::Direct).await?;
    let (count, last) = votes::withdrawals(&mut *db, BattleKind::Direct).await?;
    Ok([newest, count, last.map_or(0, |last| last.timestamp_micros())])
}

#[cfg(test)]
mod tests;
