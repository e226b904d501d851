//! The page of a battle, a comparison or a direct chat, and its deletion.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::effect::{Facts, VoteEffect, effect};
use super::queue::queue_text;
use super::revealed::{Revealed, revealed};
use crate::actions::delete_battle::DeleteBattle;
use crate::actions::read_battle::ReadBattle;
use crate::domain::{
    Battle, BattleId, BattleKind, BattleStatus, Choice, MAX_PROMPT_CHARS, NextMessage, Reason, Side, Turn,
};
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::handlers::models::card::context_of;
use crate::handlers::{NoFields, html, see_other};
use crate::i18n::{Locale, error_text, grouped};
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use crate::store::{battles, models, shares};
use crate::streams::{Cursor, Shown};
use crate::views::replies::ReplyView;
use crate::views::{Page, voted_text};

/// So much of a message names a tab.
const TITLE_CHARS: usize = 40;

/// A turn on a page.
#[derive(Debug)]
pub struct TurnView {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote, as it was typed.
    pub prompt: String,
    /// Whether it was written anew after it had been answered.
    pub is_edited: bool,
    /// Whether it followed the vote of a blind battle, and counts nowhere.
    pub is_after_vote: bool,
    /// The answers.
    pub replies: Vec<ReplyView>,
}

/// A battle, a comparison or a direct chat.
#[derive(Debug, Template)]
#[template(path = "battle/page.html")]
pub struct BattlePage {
    /// The frame.
    pub page: Page,
    pub id: String,
    pub kind: BattleKind,
    pub turns: Vec<TurnView>,
    /// The vote, once it is final.
    pub vote: Option<Choice>,
    /// The vote while it can be taken back.
    pub pending: Option<Choice>,
    /// Whole seconds until that is final, at least 1.
    pub seconds_left: u64,
    /// Why the vote does not count.
    pub not_counted: Option<String>,
    /// Where it stands, as far as the page shows it.
    pub status: BattleStatus,
    /// The names, once they may be known.
    pub revealed: Vec<Revealed>,
    /// What is known of both models, once they may be named.
    pub facts: Vec<Facts>,
    /// What the vote did.
    pub effect: Option<VoteEffect>,
    /// Which turn the stream goes on with.
    pub cursor: Cursor,
    /// How many stand before the visitor in line; may be empty.
    pub queue: String,
    /// How many characters of another message fit, where that is less than any message may have.
    pub room: Option<u64>,
    /// The address of its public page, where it has one.
    pub shared: Option<String>,
    /// Why what was asked for was not done.
    pub refusal: Option<String>,
    /// What stands in the box: a message that was not sent, or one that could not be answered, to be changed.
    pub draft: String,
    /// The name of the set that the first prompt is of; empty where it is of none.
    pub prompt_set: String,
    /// Whether the first answers were there before anybody asked.
    pub is_prepared: bool,
    /// The newest message as somebody changed it, where it was not taken.
    pub edited: Option<String>,
}

/// The turns of a battle as they stand now.
pub(super) fn turns(locale: Locale, shown: &Shown) -> Vec<TurnView> {
    let (battle, status) = (&shown.battle, shown.status());
    let turn = |turn: &Turn| {
        let replies = battle.kind.sides().iter().filter_map(|side| {
            let view = shown.side(turn, *side)?;
            let mode = turn.reply(*side).and_then(|reply| reply.mode);
            Some(ReplyView::new(locale, *side, &view, mode, status.may_retry_at(turn.number, *side)))
        });
        TurnView {
            number: turn.number,
            prompt: turn.prompt.clone(),
            is_edited: turn.edits > 0,
            is_after_vote: status.is_revealed() && turn.number as usize > status.judged,
            replies: replies.collect(),
        }
    };
    battle.turns.iter().map(turn).collect()
}

impl BattlePage {
    /// The page of a battle; `names` are those of its models, once they may be known.
    pub fn new(page: Page, shown: &Shown, names: &ModelNames) -> Self {
        let (locale, battle, status) = (page.locale, &shown.battle, shown.status());
        let replaces = status.next_message() == Ok(NextMessage::Replaces);
        Self {
            turns: turns(locale, shown),
            page,
            id: battle.id.to_string(),
            kind: battle.kind,
            vote: battle.vote,
            pending: battle.pending_vote.map(|vote| vote.choice),
            seconds_left: battle.pending_vote.map_or(1, |vote| vote.seconds_left.ceil().max(1.0) as u64),
            not_counted: battle.exclusion_reason.clone(),
            status,
            revealed: revealed(battle, names),
            facts: Vec::new(),
            effect: None,
            cursor: Cursor { turn: battle.last_turn().map_or(1, |turn| turn.number), ..Cursor::default() },
            queue: String::new(),
            room: None,
            shared: None,
            refusal: None,
            draft: if replaces {
                battle.last_turn().map(|turn| turn.prompt.clone()).unwrap_or_default()
            } else {
                String::new()
            },
            prompt_set: battle.prompt_set.clone(),
            is_prepared: battle.is_prepared,
            edited: None,
        }
    }

    /// The page of a visitor's own battle as it stands now.
    pub async fn read(request: &HttpRequest, arena: &AppState, visitor: &Visitor, id: BattleId) -> Result<Self, Error> {
        let shown = ReadBattle { battle: id, voter: visitor.id() }.run(arena).await?;
        let names = model_names::of_battle(&arena.db, &shown.battle).await?;
        let mut page = Self::new(Page::of(request), &shown, &names);
        page.page.path = page.new_path().to_owned();
        (page.facts, page.effect) = effect(arena, &shown.battle, page.page.locale).await?;
        if page.is_running() {
            let place = battles::place(&arena.db, id, visitor.id()).await?;
            page.queue = queue_text(page.page.locale, place);
        }
        if page.can_share() {
            let origin = page.page.origin.clone().unwrap_or_default();
            page.shared = shares::of_battle(&arena.db, id).await?.map(|share| format!("{origin}/shared/{share}"));
        }
        if page.can_go_on() {
            let room = shown.battle.room(contexts(arena, &shown.battle).await?);
            page.room = room.filter(|room| *room < MAX_PROMPT_CHARS as u64);
        }
        Ok(page)
    }

    /// Says why a message was not sent, and keeps it in the box where there is one.
    pub fn refuse(&mut self, error: &Error, message: String) {
        self.refusal = Some(error_text(error, self.page.locale));
        self.page.here = format!("/battle/{}", self.id);
        self.draft = message;
    }

    /// Whether this is the newest turn.
    pub fn is_last(&self, turn: &TurnView) -> bool {
        self.turns.last().is_some_and(|last| last.number == turn.number)
    }

    /// Whether the turn before it is the last one that was voted on.
    pub fn is_first_after_vote(&self, turn: &TurnView) -> bool {
        turn.number as usize == self.status.judged + 1
    }

    /// Whether the conversation went on after the vote: what the vote revealed stands between its turns then.
    pub fn goes_on_after_vote(&self) -> bool {
        self.turns.iter().any(|turn| turn.is_after_vote)
    }

    /// The text that says how much fits into another message.
    pub fn room_text(&self) -> Option<String> {
        Some(match self.room? {
            0 => self.page.t("composer-no-room"),
            room => self.page.t1("composer-room", "chars", grouped(room)),
        })
    }

    /// Whether an answer is being written.
    pub fn is_running(&self) -> bool {
        self.status.is_running()
    }

    /// The text that says which answers failed, where any did.
    pub fn failure(&self) -> Option<String> {
        let which = match (self.status.failed_sides(), self.is_pair()) {
            (0, _) => return None,
            (_, false) => "direct",
            (1, true) => "one",
            (_, true) => "both",
        };
        let what = if self.status.is_refused() { "refused" } else { "failed" };
        Some(self.page.t(&format!("panel-{what}-{which}")))
    }

    /// Whether a vote would judge the turns before the newest one, which has failed.
    pub fn judges_earlier_turns(&self) -> bool {
        self.can_vote() && self.status.has_failed()
    }

    /// Whether there is something of each side to judge.
    pub fn can_vote(&self) -> bool {
        self.status.may_be_judged().is_ok()
    }

    /// Whether it may be made public.
    pub fn can_share(&self) -> bool {
        self.status.may_share().is_ok()
    }

    /// Whether another message may follow.
    pub fn can_go_on(&self) -> bool {
        self.status.next_message().is_ok()
    }

    /// Whether no further turn fits.
    pub fn is_full(&self) -> bool {
        self.status.is_full()
    }

    /// Whether two answers stand side by side.
    pub fn is_pair(&self) -> bool {
        self.kind != BattleKind::Direct
    }

    /// What a column is called.
    pub fn name(&self, side: &Side) -> String {
        match self.revealed.iter().find(|one| one.side == *side) {
            Some(one) => one.name.clone(),
            None => self.page.t(&format!("side-{side}")),
        }
    }

    /// What the visitor may say, with its key.
    pub fn choices(&self) -> &'static [(Choice, &'static str)] {
        if self.is_pair() {
            &[(Choice::A, "1"), (Choice::Tie, "2"), (Choice::BothBad, "3"), (Choice::B, "4")]
        } else {
            &[(Choice::Up, "1"), (Choice::Down, "2")]
        }
    }

    /// What is known of one side's model.
    pub fn facts_of(&self, side: &Side) -> &[String] {
        self.facts.iter().find(|one| one.side == *side).map_or(&[], |one| &one.texts)
    }

    /// What may have decided it.
    pub fn reasons(&self) -> &'static [Reason] {
        Reason::ALL
    }

    pub fn reason_text(&self, reason: &Reason) -> String {
        self.page.t(&format!("reason-{reason}"))
    }

    /// The address of a new one of this kind.
    pub fn new_path(&self) -> &'static str {
        match self.kind {
            BattleKind::Battle => "/battle",
            BattleKind::SideBySide => "/side-by-side",
            BattleKind::Direct => "/direct",
            BattleKind::Imported | BattleKind::Judge => "/leaderboard",
        }
    }

    /// The text of a choice once it has been made.
    pub fn said(&self, choice: &Choice) -> String {
        let text = || voted_text(self.page.locale, *choice);
        self.chosen_name(choice).map_or_else(text, |name| self.page.t1("voted-named", "name", name))
    }

    /// The name that a choice is for where the columns bear names: none is called A or B there.
    fn chosen_name(&self, choice: &Choice) -> Option<String> {
        let side = match choice {
            Choice::A => Side::A,
            Choice::B => Side::B,
            _ => return None,
        };
        (self.kind == BattleKind::SideBySide).then(|| self.name(&side))
    }

    /// What a tab is called: how the conversation begins.
    pub fn title(&self) -> String {
        let first = self.turns.first().map(|turn| turn.prompt.as_str()).unwrap_or_default();
        let words = first.split_whitespace().collect::<Vec<_>>().join(" ");
        match words.char_indices().nth(TITLE_CHARS) {
            Some((end, _)) => format!("{}…", words[..end].trim_end()),
            None => words,
        }
    }

    /// The text that says when a pending vote is final.
    pub fn pending_text(&self) -> String {
        self.page.t1(if self.kind.is_blind() { "pending-blind" } else { "pending-named" }, "seconds", self.seconds_left)
    }

    pub fn choice_text(&self, choice: &Choice) -> String {
        let text = || self.page.t(&format!("vote-{}", choice.as_str().replace('_', "-")));
        self.chosen_name(choice).map_or_else(text, |name| self.page.t1("vote-named", "name", name))
    }

    /// Whether a side won.
    pub fn has_won(&self, side: &Side) -> bool {
        matches!((self.vote, side), (Some(Choice::A), Side::A) | (Some(Choice::B), Side::B))
    }

    /// The longest prompt.
    pub fn longest(&self) -> usize {
        MAX_PROMPT_CHARS
    }

    /// The same for people.
    pub fn longest_text(&self) -> String {
        grouped(MAX_PROMPT_CHARS as u64)
    }
}

/// The contexts of both sides in tokens, where they are known.
async fn contexts(arena: &AppState, battle: &Battle) -> Result<[Option<i64>; 2], Error> {
    let workers = arena.workers.state();
    let mut contexts = [None; 2];
    for side in battle.kind.sides() {
        let Some(id) = battle.model(*side) else { continue };
        let model = models::by_id(&arena.db, id).await?;
        contexts[side.index()] = model.and_then(|model| context_of(&model, &workers));
    }
    Ok(contexts)
}

/// The page of a battle, a comparison or a direct chat: the visitor's own.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    html(&BattlePage::read(&request, &arena, &visitor, id).await?)
}

/// Deletes one for good.
pub async fn delete(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    DeleteBattle { battle: id, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other("/history"))
}
