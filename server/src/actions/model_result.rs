//! An administrator attaches objective scores to a model's card, or takes one off.

use serde_json::json;
use uuid::Uuid;

use crate::domain::{AdminId, BadScore, ObjectiveScore};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{audit, model_results, models};

/// What `mixtral evaluate` wrote is attached to a model.
#[derive(Debug, Clone)]
pub struct AttachResult {
    pub admin: Option<AdminId>,
    /// The model's slug.
    pub model: String,
    /// The file's content.
    pub bytes: Vec<u8>,
}

impl AttachResult {
    /// Attaches it; an earlier score of the same benchmark and way of asking goes.
    ///
    /// # Errors
    /// There is no such model, or the file holds no score.
    pub async fn run(self, arena: &AppState) -> Result<ObjectiveScore, Error> {
        let Self { admin, model, bytes } = self;
        let model = models::by_slug(&arena.db, &model).await?.ok_or(Error::NotFound)?;
        let score = ObjectiveScore::parse(&bytes).map_err(|bad| match bad {
            BadScore::Json(what) => Error::invalid("result-json", what),
            BadScore::Other => Error::invalid("result-other", ""),
            BadScore::NoQuestions => Error::invalid("result-no-questions", ""),
        })?;
        let mut transaction = arena.db.begin().await?;
        model_results::replace(&mut transaction, model.id, &score, admin).await?;
        let detail = json!({ "benchmark": score.benchmark, "variant": score.variant, "score": score.score });
        audit::record(&mut *transaction, admin, "model.result", &model.slug, detail).await?;
        transaction.commit().await?;
        Ok(score)
    }
}

/// A score is taken off a model's card.
#[derive(Debug, Clone)]
pub struct RemoveResult {
    pub admin: Option<AdminId>,
    /// The model's slug.
    pub model: String,
    pub result: Uuid,
}

impl RemoveResult {
    /// Takes it off.
    ///
    /// # Errors
    /// There is no such model or score.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let model = models::by_slug(&arena.db, &self.model).await?.ok_or(Error::NotFound)?;
        let mut transaction = arena.db.begin().await?;
        let removed = model_results::delete(&mut transaction, model.id, self.result).await?;
        let benchmark = removed.ok_or(Error::NotFound)?;
        let detail = json!({ "benchmark": benchmark });
        audit::record(&mut *transaction, self.admin, "model.result-remove", &model.slug, detail).await?;
        Ok(transaction.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::testing::arena;

    fn file(accuracy: f64) -> Vec<u8> {
        let setup = json!({"benchmark": "cmmlu", "model": "/m", "split": "test", "shots": 0, "instruct": false, "mode": "logits", "seed": 1, "limit": null});
        let overall = json!({"right": 5, "questions": 10, "accuracy": accuracy, "standard_error": 15.8});
        serde_json::to_vec(&json!({"setup": setup, "overall": overall, "groups": {}, "subjects": {}})).unwrap()
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_score_is_attached_replaced_and_taken_off(db: PgPool) {
        let arena = arena(db.clone());
        sqlx::query("INSERT INTO models (id, slug, display_name, kind, path) VALUES (gen_random_uuid(), 'poet', 'Poet', 'local', '/m')")
            .execute(&db)
            .await
            .unwrap();
        let attach = |bytes| AttachResult { admin: None, model: "poet".to_owned(), bytes };
        attach(file(50.0)).run(&arena).await.unwrap();
        attach(file(60.0)).run(&arena).await.unwrap();
        let kept = model_results::list(&db, None).await.unwrap();
        assert_eq!((kept.len(), kept[0].score, kept[0].variant.as_str()), (1, 60.0, "test, 0-shot"));
        assert_eq!(attach(b"{}".to_vec()).run(&arena).await.unwrap_err().code(), "result-other");
        let nobody = AttachResult { model: "nobody".to_owned(), ..attach(file(1.0)) };
        assert!(matches!(nobody.run(&arena).await, Err(Error::NotFound)));
        let remove = RemoveResult { admin: None, model: "poet".to_owned(), result: kept[0].id };
        remove.clone().run(&arena).await.unwrap();
        assert!(model_results::list(&db, None).await.unwrap().is_empty());
        assert!(matches!(remove.run(&arena).await, Err(Error::NotFound)));
        let audited: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_log WHERE action LIKE 'model.result%'")
            .fetch_one(&db)
            .await
            .unwrap();
        assert_eq!(audited, 3);
    }
}
