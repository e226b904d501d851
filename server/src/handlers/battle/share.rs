//! The public page of a finished battle, and the buttons that make it and take it away.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::page::{TurnView, turns};
use super::revealed::{Revealed, revealed};
use crate::actions::share_battle::{ReadShared, ShareBattle, StopSharing};
use crate::domain::{BattleId, BattleKind, Choice, ShareId, Side};
use crate::error::Error;
use crate::extract::{CsrfForm, Visitor};
use crate::handlers::{NoFields, html, see_other};
use crate::state::AppState;
use crate::store::model_names;
use crate::streams::Shown;
use crate::views::Page;

/// A battle that everybody may read: nothing on it tells who fought it.
#[derive(Debug, Template)]
#[template(path = "battle/shared.html")]
pub struct SharedPage {
    /// The frame.
    pub page: Page,
    pub kind: BattleKind,
    pub turns: Vec<TurnView>,
    pub vote: Option<Choice>,
    pub revealed: Vec<Revealed>,
}

impl SharedPage {
    /// What a column is called.
    pub fn name(&self, side: &Side) -> String {
        let named = self.revealed.iter().find(|one| one.side == *side);
        named.map_or_else(|| self.page.t(&format!("side-{side}")), |one| one.name.clone())
    }

    /// What was voted, with the name that it was for.
    pub fn said(&self, choice: &Choice) -> String {
        match choice {
            Choice::A => self.page.t1("shared-vote-named", "name", self.name(&Side::A)),
            Choice::B => self.page.t1("shared-vote-named", "name", self.name(&Side::B)),
            other => self.page.t(&format!("shared-vote-{}", other.as_str().replace('_', "-"))),
        }
    }

    /// Whether two answers stand side by side.
    pub fn is_pair(&self) -> bool {
        self.kind != BattleKind::Direct
    }
}

/// The public page.
pub async fn page(
    request: HttpRequest,
    arena: web::Data<AppState>,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let id: ShareId = id.parse().map_err(|_| Error::NotFound)?;
    let battle = ReadShared(id).run(&arena).await?;
    let names = model_names::of_battle(&arena.db, &battle).await?;
    let page = Page::of(&request);
    let shown = Shown::new(battle, None);
    html(&SharedPage {
        kind: shown.battle.kind,
        turns: turns(page.locale, &shown),
        vote: shown.battle.vote,
        revealed: revealed(&shown.battle, &names),
        page,
    })
}

/// Makes the page.
pub async fn share(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    ShareBattle { battle, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other(&format!("/battle/{battle}#panel")))
}

/// Takes the page away.
pub async fn stop(
    arena: web::Data<AppState>,
    visitor: Visitor,
    id: web::Path<String>,
    CsrfForm(NoFields {}): CsrfForm<NoFields>,
) -> Result<HttpResponse, Error> {
    let battle: BattleId = id.parse().map_err(|_| Error::NotFound)?;
    StopSharing { battle, voter: visitor.id() }.run(&arena).await?;
    Ok(see_other(&format!("/battle/{battle}#panel")))
}
