//! The page of a battle, a comparison or a direct chat, and its deletion.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::actions::delete_battle::DeleteBattle;
use crate::actions::read_battle::ReadBattle;
use crate::domain::{Battle, BattleId, BattleKind, BattleStatus, Choice, MAX_PROMPT_CHARS, Reason, Reply, Side, Turn};
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::handlers::{NoFields, html, see_other};
use crate::state::AppState;
use crate::store::model_names::{self, ModelNames};
use crate::streams::{Cursor, Shown};
use crate::views::replies::ReplyView;
use crate::views::{Page, markdown};

/// A turn on a page.
#[derive(Debug)]
pub struct TurnView {
    /// From 1.
    pub number: i32,
    /// What the visitor wrote, as HTML.
    pub prompt_html: String,
    /// The answers.
    pub replies: Vec<ReplyView>,
}

/// A model as it is revealed.
#[derive(Debug)]
pub struct Revealed {
    /// Which side it was.
    pub side: Side,
    /// Its name in addresses.
    pub slug: String,
    pub name: String,
    /// Time to the first token of the last turn, in seconds.
    pub first_token: Option<String>,
    /// Tokens a second of the last turn.
    pub speed: Option<String>,
    /// Tokens of all its answers.
    pub tokens: i64,
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
    pub vote: Option<Choice>,
    /// Why the vote does not count.
    pub not_counted: Option<String>,
    /// Where it stands, as far as the page shows it.
    pub status: BattleStatus,
    /// The names, once they may be known.
    pub revealed: Vec<Revealed>,
    /// Where the stream goes on.
    pub cursor: Cursor,
}

impl BattlePage {
    /// The page of a battle; `names` are those of its models, once they may be known.
    pub fn new(page: Page, shown: &Shown, names: &ModelNames) -> Self {
        let (locale, battle, status) = (page.locale, &shown.battle, shown.status());
        let count = battle.turns.len();
        let mut cursor = Cursor { turn: battle.last_turn().map_or(1, |turn| turn.number), ..Cursor::default() };
        let mut turns = Vec::with_capacity(count);
        for (number, turn) in battle.turns.iter().enumerate() {
            let is_last = number + 1 == count;
            let mut replies = Vec::new();
            for side in battle.kind.sides() {
                let Some(view) = shown.side(turn, *side) else { continue };
                let reply = ReplyView::new(locale, *side, &view, status.may_retry_at(turn.number, *side));
                if is_last {
                    cursor.sides[side.index()] = (reply.attempt, reply.chars);
                }
                replies.push(reply);
            }
            turns.push(TurnView { number: turn.number, prompt_html: markdown::html(&turn.prompt), replies });
        }
        Self {
            page,
            id: battle.id.to_string(),
            kind: battle.kind,
            turns,
            vote: battle.vote,
            not_counted: battle.exclusion_reason.clone(),
            status,
            revealed: revealed(battle, names),
            cursor,
        }
    }

    /// Whether this is the newest turn.
    pub fn is_last(&self, turn: &TurnView) -> bool {
        self.turns.last().is_some_and(|last| last.number == turn.number)
    }

    /// Whether an answer is being written.
    pub fn is_running(&self) -> bool {
        self.status.is_running()
    }

    /// The text that says which answers failed, where any did.
    pub fn failure(&self) -> Option<String> {
        let key = match (self.status.failed_sides(), self.is_pair()) {
            (0, _) => return None,
            (_, false) => "panel-failed-direct",
            (1, true) => "panel-failed",
            (_, true) => "panel-failed-both",
        };
        Some(self.page.t(key))
    }

    /// Whether it has ended for good.
    pub fn is_over(&self) -> bool {
        self.status.is_over()
    }

    /// Whether there is something of each side to judge.
    pub fn can_vote(&self) -> bool {
        self.status.may_be_judged().is_ok()
    }

    /// Whether another message may follow.
    pub fn can_go_on(&self) -> bool {
        self.status.may_continue().is_ok()
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
        }
    }

    /// The text of a choice once it has been made.
    pub fn said(&self, choice: &Choice) -> String {
        self.page.t(&format!("voted-{}", choice.as_str().replace('_', "-")))
    }

    pub fn choice_text(&self, choice: &Choice) -> String {
        self.page.t(&format!("vote-{}", choice.as_str().replace('_', "-")))
    }

    /// Whether a side won.
    pub fn has_won(&self, side: &Side) -> bool {
        matches!((self.vote, side), (Some(Choice::A), Side::A) | (Some(Choice::B), Side::B))
    }

    /// The longest prompt.
    pub fn longest(&self) -> usize {
        MAX_PROMPT_CHARS
    }
}

/// The names, with what was measured.
fn revealed(battle: &Battle, names: &ModelNames) -> Vec<Revealed> {
    let mut all = Vec::new();
    for side in battle.kind.sides() {
        let Some(model) = battle.model(*side).and_then(|id| names.get(id)) else {
            continue;
        };
        let last = battle.last_turn().and_then(|turn| turn.reply(*side));
        let tokens = |turn: &Turn| turn.reply(*side).and_then(|reply| reply.completion_tokens).map_or(0, i64::from);
        all.push(Revealed {
            side: *side,
            slug: model.slug.clone(),
            name: model.display_name.clone(),
            first_token: last
                .and_then(|reply| reply.first_token_ms)
                .map(|time| format!("{:.2}", f64::from(time) / 1000.0)),
            speed: last.and_then(speed),
            tokens: battle.turns.iter().map(tokens).sum(),
        });
    }
    all
}

/// Tokens a second after the first one.
fn speed(reply: &Reply) -> Option<String> {
    let (tokens, first, total) = (reply.completion_tokens?, reply.first_token_ms?, reply.total_ms?);
    let time = f64::from(total.checked_sub(first)?) / 1000.0;
    (tokens > 1 && time > 0.05).then(|| format!("{:.1}", f64::from(tokens - 1) / time))
}

/// The page of a battle, a comparison or a direct chat: the visitor's own.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    let shown = ReadBattle { battle: id, voter: visitor.id() }.run(&arena).await?;
    let names = model_names::of_battle(&arena.db, &shown.battle).await?;
    let mut frame = Page::of(&request);
    let page = |frame| BattlePage::new(frame, &shown, &names);
    frame.path = page(frame.clone()).new_path().to_owned();
    html(&page(frame))
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
