//! What a vote did, and what the models of a battle are: shown once their names are.

use crate::boards::BoardKey;
use crate::domain::{Battle, BattleKind, Side};
use crate::error::Error;
use crate::handlers::models::card::file_size;
use crate::i18n::{Locale, percent};
use crate::state::AppState;
use crate::store::models;
use crate::views::{parameters, rank_range};

/// What is known of one of the two.
#[derive(Debug)]
pub struct Facts {
    pub side: Side,
    /// Rank, rating, quantisation, size and speed, as far as they are known.
    pub texts: Vec<String>,
}

/// How a vote moved both ratings.
#[derive(Debug)]
pub struct VoteEffect {
    /// The names, left and right.
    pub names: [String; 2],
    /// The slugs.
    pub slugs: [String; 2],
    /// Points of online Elo, with their signs; nothing where the vote does not count.
    pub moves: Option<[String; 2]>,
    /// What the ratings gave the left one, in percent; nothing where no votes compare the two.
    pub expected: Option<String>,
}

/// What the vote on this battle did, and what its models are; nothing before the names may be known.
pub async fn effect(
    arena: &AppState,
    battle: &Battle,
    locale: Locale,
) -> Result<(Vec<Facts>, Option<VoteEffect>), Error> {
    if !battle.names_visible() || battle.vote.is_none() || battle.kind == BattleKind::Direct {
        return Ok((Vec::new(), None));
    }
    let read = arena.boards.read(&arena.db, &BoardKey::of(battle.kind)).await?;
    let found = arena.evidence.findings();
    let (mut facts, mut models) = (Vec::new(), Vec::new());
    for side in battle.kind.sides() {
        let Some(id) = battle.model(*side) else { continue };
        let Some(model) = models::by_id(&arena.db, id).await? else { continue };
        let entry = read.board.entries.iter().find(|entry| entry.id == id);
        let card = model.card();
        let rank = entry.and_then(|entry| entry.rank).map(|rank| ("reveal-rank", "rank", rank_range(rank)));
        let rated = entry.and_then(|entry| entry.standing.rated());
        let rating = rated.map(|rated| match rated.margin.is_finite() {
            true => ("reveal-rating", "rating", format!("{:.0} ± {:.0}", rated.rating, rated.margin.ceil())),
            false => ("reveal-rating", "rating", format!("{:.0}", rated.rating)),
        });
        let size = card.parameters.map(|n| ("models-parameters-short", "n", parameters(&n, &locale)));
        let speed = found.as_ref().and_then(|found| found.speeds.get(&id));
        let speed = speed.map(|speed| ("reveal-speed", "n", format!("{:.1}", speed.tokens)));
        let text = |(key, name, value): (&str, &'static str, String)| locale.text_with(key, &[(name, &value)]);
        let own = Some(card.quantisation.clone()).filter(|text| !text.is_empty());
        let texts = [rank, rating].into_iter().flatten().map(text).chain(own).chain(size.map(text));
        let texts = texts.chain(file_size(&model).await).chain(speed.map(text)).collect();
        facts.push(Facts { side: *side, texts });
        models.push((id, model.name().to_owned(), model.slug.clone()));
    }
    let [(a, name_a, slug_a), (b, name_b, slug_b)] = models.as_slice() else { return Ok((facts, None)) };
    let place = |id| read.board.entries.iter().position(|entry| entry.id == id);
    let places = place(*a).zip(place(*b));
    let difference = places.and_then(|(a, b)| read.board.difference(a, b));
    let score = battle.vote.and_then(crate::domain::Choice::score_of_a).filter(|_| battle.exclusion_reason.is_none());
    let elo = places.and_then(|(a, b)| read.board.entries[a].elo.zip(read.board.entries[b].elo));
    let moves = score.zip(elo).map(|(score, (a, b))| {
        let moved = arena.config.elo.last_move(a, b, score);
        [moved, -moved].map(|points| format!("{points:+.1}").replace('-', "−"))
    });
    let effect = VoteEffect {
        names: [name_a.clone(), name_b.clone()],
        slugs: [slug_a.clone(), slug_b.clone()],
        moves,
        expected: difference.map(|difference| percent(difference.win_rate().0)),
    };
    Ok((facts, Some(effect)))
}
