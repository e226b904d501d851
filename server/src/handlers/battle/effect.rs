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
    /// How it moved both, in points of online Elo; nothing where the vote does not count.
    pub moved: Option<String>,
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
    let moved = score.zip(elo).map(|(score, (of_a, of_b))| {
        moved_text(locale, [name_a, name_b], arena.config.elo.last_move(of_a, of_b, score))
    });
    let effect = VoteEffect {
        names: [name_a.clone(), name_b.clone()],
        slugs: [slug_a.clone(), slug_b.clone()],
        moved,
        expected: difference.map(|difference| percent(difference.win_rate().0)),
    };
    Ok((facts, Some(effect)))
}

/// How a vote moved both ratings; the second one's loses what the first one's wins.
fn moved_text(locale: Locale, [a, b]: [&str; 2], points: f64) -> String {
    let [move_a, move_b] = [points, -points].map(|points| format!("{points:+.1}").replace('-', "−"));
    if matches!(move_a.as_str(), "+0.0" | "−0.0") {
        return locale.text("reveal-not-moved");
    }
    locale.text_with("reveal-moved", &[("a", a), ("moveA", &move_a), ("b", b), ("moveB", &move_b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vote_s_move_has_signs_and_none_where_it_rounds_to_nothing() {
        let text = |points| moved_text(Locale::En, ["Poet", "Pupil"], points);
        assert_eq!(text(1.96), "By your vote: Poet +2.0 Elo points, Pupil −2.0.");
        assert_eq!(text(-10.0), "By your vote: Poet −10.0 Elo points, Pupil +10.0.");
        for nothing in [0.0, 0.04, -0.04] {
            assert_eq!(text(nothing), "Your vote moved neither Elo rating.");
        }
        assert_ne!(text(0.06), text(0.0));
    }
}
