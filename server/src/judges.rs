//! How far language models judge as people do.

use std::collections::BTreeMap;

use mixtral_judge::{Agreement, Outcome};
use sqlx::PgPool;

use crate::domain::{BattleKind, Choice, ModelId};
use crate::error::Error;
use crate::store::judgings::{self, Said};
use crate::store::ratings::{self, ALL_LANGUAGES, PairRow};

/// A judge's agreement with people.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeAgreement {
    pub judge: String,
    /// On the same two answers; nothing where no battle was judged that people voted on.
    pub same_answers: Option<Agreement>,
}

/// The agreement of each judge with people on the same answers, by the judge's name.
///
/// # Errors
/// When the database does not answer.
pub async fn agreements(db: &PgPool) -> Result<Vec<JudgeAgreement>, Error> {
    let judges = judgings::list(db).await?;
    let mut said: BTreeMap<String, Vec<(Outcome, Outcome)>> =
        judges.into_iter().map(|judging| (judging.judge, Vec::new())).collect();
    for row in judgings::said_of_same(db).await? {
        let pair = both(&row);
        said.entry(row.judge).or_default().extend(std::iter::repeat_n(pair, usize::try_from(row.count).unwrap_or(0)));
    }
    let agreement = |(judge, said): (String, Vec<_>)| JudgeAgreement { judge, same_answers: Agreement::of(&said) };
    Ok(said.into_iter().map(agreement).collect())
}

/// The agreement of all judges together with people on which of two models is better, over the pairs of models that both
/// compared, whatever they were asked; a pair of models counts once. Nothing where there is no such pair.
///
/// # Errors
/// When the database does not answer.
pub async fn agreement_on_models(db: &PgPool) -> Result<Option<Agreement>, Error> {
    let of = async |kind: BattleKind| -> Result<BTreeMap<[ModelId; 2], Outcome>, Error> {
        let pairs = ratings::pairs(db, kind).await?;
        let rows = ratings::of_board(&pairs, ALL_LANGUAGES);
        Ok(rows.iter().map(|pair| ([pair.low, pair.high], favoured(pair))).collect())
    };
    let (judges, people) = (of(BattleKind::Judge).await?, of(BattleKind::Battle).await?);
    let both: Vec<_> = judges.iter().filter_map(|(pair, judged)| Some((*judged, *people.get(pair)?))).collect();
    Ok(Agreement::of(&both))
}

/// Which of two models has more votes.
fn favoured(pair: &PairRow) -> Outcome {
    match pair.wins_low.cmp(&pair.wins_high) {
        std::cmp::Ordering::Greater => Outcome::First,
        std::cmp::Ordering::Less => Outcome::Second,
        std::cmp::Ordering::Equal => Outcome::Tie,
    }
}

/// What both said, seen from the judge's left answer. Both bad is no winner either.
fn both(said: &Said) -> (Outcome, Outcome) {
    let outcome = |choice: Choice| match choice {
        Choice::A | Choice::Up => Outcome::First,
        Choice::B | Choice::Down => Outcome::Second,
        Choice::Tie | Choice::BothBad => Outcome::Tie,
    };
    let people = outcome(said.by_people);
    (outcome(said.by_judge), if said.is_same_way { people } else { people.flipped() })
}
