//! An administrator takes votes off the boards, or puts them back: one, those that were ticked, or all that a filter finds.
//!
//! The votes and the counts of their pairs change in one transaction, and with them the Bradley-Terry board: what that costs
//! depends on the votes that change, not on those that stand. Online Elo depends on the order of all votes: it is computed
//! anew in the background, see [`super::repair_ratings`], and boards say so until it is done.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};
use sqlx::PgConnection;

use crate::domain::{AdminId, MAX_COMMENT_CHARS, VoteCriteria, Withdrawal};
use crate::error::Error;
use crate::state::AppState;
use crate::store::vote_changes::{self, ChosenVotes};
use crate::store::{audit, ratings, votes};

/// Which votes are to be on the boards, or off them.
#[derive(Debug, Clone, Default)]
pub struct WithdrawVotes {
    /// Who wants it; nobody in tests.
    pub admin: Option<AdminId>,
    pub chosen: ChosenVotes,
    /// Off the boards, or back.
    pub withdrawn: bool,
    /// Why, for the audit log; may be empty.
    pub note: String,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VotesChanged {
    /// The number by which all of it can be undone; nothing where no vote had to change.
    pub change: Option<i64>,
    /// How many votes changed.
    pub votes: i64,
}

impl WithdrawVotes {
    /// One vote.
    #[must_use]
    pub fn one(admin: Option<AdminId>, id: i64, withdrawn: bool) -> Self {
        let chosen = ChosenVotes { ids: Some(vec![id]), ..ChosenVotes::default() };
        Self { admin, chosen, withdrawn, note: String::new() }
    }

    /// All that a change did is undone, as far as no later change undid it already.
    #[must_use]
    pub fn undo(admin: Option<AdminId>, change: i64, was_withdrawn: bool) -> Self {
        let filter = VoteCriteria { change: Some(change), ..VoteCriteria::default() };
        let chosen = ChosenVotes { filter, ..ChosenVotes::default() };
        Self { admin, chosen, withdrawn: !was_withdrawn, note: String::new() }
    }

    /// Takes the votes off the boards or puts them back, all or none. To say the same twice changes nothing.
    ///
    /// # Errors
    /// When one vote is named and there is none of its number; when the note is too long.
    pub async fn run(self, arena: &AppState) -> Result<VotesChanged, Error> {
        let note = self.note.trim().replace('\0', "");
        if note.chars().count() > MAX_COMMENT_CHARS {
            return Err(Error::invalid("vote-comment", MAX_COMMENT_CHARS.to_string()));
        }
        let mut transaction = arena.repairs.begin().await?;
        if let Some([id]) = self.chosen.ids.as_deref()
            && !votes::exists(&mut *transaction, *id).await?
        {
            return Err(Error::NotFound);
        }
        let to = self.withdrawn.then_some(Withdrawal::Admin);
        let changed = change(&mut transaction, self.admin, &self.chosen, to, &note).await?;
        if changed.change.is_none() {
            return Ok(changed);
        }
        self.record(&mut transaction, &note, changed).await?;
        transaction.commit().await?;
        arena.repair_wanted.notify_one();
        Ok(changed)
    }

    async fn record(&self, transaction: &mut PgConnection, note: &str, changed: VotesChanged) -> Result<(), Error> {
        let mut detail = Map::new();
        detail.insert("change".to_owned(), json!(changed.change));
        if let Ok(Value::Object(filter)) = serde_json::to_value(&self.chosen.filter) {
            detail.extend(filter);
        }
        if !note.is_empty() {
            detail.insert("note".to_owned(), json!(note));
        }
        let (action, subject) = match (self.chosen.ids.as_deref(), self.withdrawn) {
            (Some([id]), true) => ("vote.withdraw", id.to_string()),
            (Some([id]), false) => ("vote.restore", id.to_string()),
            (_, true) => ("votes.withdraw", changed.votes.to_string()),
            (_, false) => ("votes.restore", changed.votes.to_string()),
        };
        audit::record(transaction, self.admin, action, &subject, Value::Object(detail)).await?;
        Ok(())
    }
}

/// Withdraws votes for a reason, or restores them where there is none, with the counts of their pairs, and asks for the rest.
///
/// # Errors
/// When the database fails.
pub(super) async fn change(
    transaction: &mut PgConnection,
    admin: Option<AdminId>,
    chosen: &ChosenVotes,
    to: Option<Withdrawal>,
    note: &str,
) -> Result<VotesChanged, Error> {
    let change = vote_changes::insert(&mut *transaction, admin, to.is_some(), note).await?;
    // Before any lock that votes wait for: many rows take their time.
    let changed = vote_changes::set_withdrawn(&mut *transaction, chosen, to, admin, change).await?;
    if changed.votes == 0 {
        return Ok(VotesChanged { change: None, votes: 0 });
    }
    vote_changes::set_votes(&mut *transaction, change, changed.votes).await?;
    if !changed.pairs.is_empty() {
        ratings::lock_shared(&mut *transaction).await?;
        let boards: BTreeSet<_> = changed.pairs.iter().map(|pair| (pair.kind, pair.language.clone())).collect();
        ratings::touch(&mut *transaction, &boards.iter().cloned().collect::<Vec<_>>()).await?;
        ratings::add_pair_counts(&mut *transaction, &changed.pairs).await?;
        for kind in boards.into_iter().map(|(kind, _)| kind).collect::<BTreeSet<_>>() {
            ratings::request_repair(&mut *transaction, kind).await?;
        }
    }
    Ok(VotesChanged { change: Some(change), votes: changed.votes })
}
