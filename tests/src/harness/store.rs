//! The arena's database, opened from outside: to set the stage quickly, and to look at what is really stored.

use std::path::Path;

use sqlx::postgres::{PgPool, PgPoolOptions};
use uuid::Uuid;

/// A pool on the arena's database.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
}

/// An endpoint to register as a model.
#[derive(Debug, Clone)]
pub struct NewModel<'a> {
    /// Its name in addresses.
    pub slug: &'a str,
    /// Its name on pages.
    pub name: &'a str,
    /// Where the OpenAI protocol begins.
    pub base_url: &'a str,
    /// The endpoint's name of it.
    pub remote_model: &'a str,
    /// How often it is drawn.
    pub weight: f64,
    /// Timeout of the first token, in seconds.
    pub first_token_seconds: f64,
    /// Timeout between tokens, in seconds.
    pub between_tokens_seconds: f64,
}

impl Store {
    /// The URL of the embedded database in a data folder.
    pub fn url_of(data: &Path) -> String {
        let run = data.join("run");
        format!("postgres://arena@localhost/arena?host={}", run.display())
    }

    /// Opens it.
    pub async fn open(url: &str) -> Self {
        let pool = PgPoolOptions::new().max_connections(2).connect(url).await.expect("the arena's database answers");
        Self { pool }
    }

    /// Registers an endpoint.
    pub async fn add_model(&self, model: &NewModel<'_>) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query(
            "INSERT INTO models (id, slug, display_name, kind, base_url, remote_model, sampling_weight, first_token_seconds,
                                 between_tokens_seconds, retries, family, quantisation)
             VALUES ($1, $2, $3, 'endpoint', $4, $5, $6, $7, $8, 0, 'Mixtral', 'Q4_K')",
        )
        .bind(id)
        .bind(model.slug)
        .bind(model.name)
        .bind(model.base_url)
        .bind(model.remote_model)
        .bind(model.weight)
        .bind(model.first_token_seconds)
        .bind(model.between_tokens_seconds)
        .execute(&self.pool)
        .await
        .expect("the model is inserted");
        id
    }

    /// One number.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.expect("a number")
    }

    /// One text a row.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.expect("texts")
    }

    /// A statement with texts that changes something.
    pub async fn run(&self, sql: &'static str, texts: &[&str]) -> u64 {
        let query = texts.iter().fold(sqlx::query(sql), |query, text| query.bind((*text).to_owned()));
        query.execute(&self.pool).await.expect("the statement runs").rows_affected()
    }

    /// A statement that changes something.
    pub async fn execute(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(&self.pool).await.expect("the statement runs").rows_affected()
    }
}
