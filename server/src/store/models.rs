//! The contestants' table.

use chrono::{DateTime, Utc};
use sqlx::PgExecutor;

pub use crate::domain::ModelFields;
use crate::domain::{ModelId, ModelKind, ModelState};

/// An endpoint's key as the database keeps it: encrypted, and silent in every log.
#[derive(Clone, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct SealedKey(Vec<u8>);

impl SealedKey {
    /// Wraps what [`crate::keys::Keys::seal`] made.
    pub fn new(sealed: Vec<u8>) -> Self {
        Self(sealed)
    }

    /// For [`crate::keys::Keys::unseal`].
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedKey")
    }
}

/// A registered model.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its id.
    pub id: ModelId,
    /// Its name in addresses and in the API.
    pub slug: String,
    /// Its name on pages.
    pub display_name: String,
    /// Where it runs.
    pub kind: ModelKind,
    /// Whether it may be drawn.
    pub state: ModelState,
    /// How often it is drawn, relative to others; 0 for never.
    pub sampling_weight: f64,
    /// Local: the file or folder.
    pub path: Option<String>,
    /// Local, an adapter: the file of its base, where the adapter does not say.
    pub adapter_base: Option<String>,
    /// Local: the device, `cpu`, `cuda:N` or `auto`.
    pub device: String,
    /// The longest conversation in tokens; by default what the model says of itself.
    pub context_length: Option<i32>,
    /// Endpoint: where the OpenAI protocol begins, usually ending in `/v1`.
    pub base_url: Option<String>,
    /// Endpoint: the name that the server knows the model by.
    pub remote_model: Option<String>,
    /// Endpoint: the key, encrypted.
    pub api_key_sealed: Option<SealedKey>,
    /// Endpoint: the environment variable that holds the key instead.
    pub api_key_env: Option<String>,
    /// Endpoint: patience for the connection, in milliseconds.
    pub connect_ms: i32,
    /// Patience for the first token, in milliseconds.
    pub first_token_ms: i32,
    /// Patience from one token to the next, in milliseconds.
    pub between_tokens_ms: i32,
    /// Retries before the first token.
    pub retries: i32,
    /// Card: the family, such as Mixtral.
    pub family: String,
    /// Card: the model it was made from.
    pub base_model: String,
    /// Card: the quantisation, such as Q4_K.
    pub quantisation: String,
    /// Card: parameters in all.
    pub parameters: Option<i64>,
    /// Card: parameters that work on one token.
    pub active_parameters: Option<i64>,
    /// Card: the licence of the weights.
    pub licence: String,
    /// Card: where to read more.
    pub link: String,
    /// Card: description in English.
    pub description_en: String,
    /// Card: description in Chinese.
    pub description_zh: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Model {
    /// Whether a battle may draw it.
    pub fn is_drawn(&self) -> bool {
        self.state == ModelState::Enabled && self.sampling_weight > 0.0
    }

    /// Whether an endpoint has a key, by either way.
    pub fn has_key(&self) -> bool {
        self.api_key_sealed.is_some() || self.api_key_env.is_some()
    }

    /// What an administrator may change of it.
    pub fn fields(&self) -> ModelFields {
        ModelFields {
            display_name: self.display_name.clone(),
            sampling_weight: self.sampling_weight,
            path: self.path.clone(),
            adapter_base: self.adapter_base.clone(),
            device: self.device.clone(),
            context_length: self.context_length,
            base_url: self.base_url.clone(),
            remote_model: self.remote_model.clone(),
            api_key_env: self.api_key_env.clone(),
            connect_ms: self.connect_ms,
            first_token_ms: self.first_token_ms,
            between_tokens_ms: self.between_tokens_ms,
            retries: self.retries,
            family: self.family.clone(),
            base_model: self.base_model.clone(),
            quantisation: self.quantisation.clone(),
            parameters: self.parameters,
            active_parameters: self.active_parameters,
            licence: self.licence.clone(),
            link: self.link.clone(),
            description_en: self.description_en.clone(),
            description_zh: self.description_zh.clone(),
        }
    }
}

/// One list of columns for every query.
macro_rules! select {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query_as!(
            Model,
            r#"SELECT id AS "id: ModelId", slug, display_name, kind AS "kind: ModelKind", state AS "state: ModelState",
                sampling_weight, path, adapter_base, device, context_length, base_url, remote_model,
                api_key_sealed AS "api_key_sealed: SealedKey", api_key_env, connect_ms, first_token_ms,
                between_tokens_ms, retries, family, base_model, quantisation, parameters, active_parameters,
                licence, link, description_en, description_zh, created_at, updated_at
            FROM models "# + $tail
            $(, $argument)*
        )
    };
}

/// Every model: enabled ones first, then disabled, then retired; by name.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Model>> {
    select!("ORDER BY array_position(ARRAY['enabled', 'disabled', 'retired'], state), lower(display_name), id")
        .fetch_all(db)
        .await
}

/// The models that answer, by name. Those with a sampling weight of 0 are among them: a visitor may choose them.
pub async fn enabled(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Model>> {
    select!("WHERE state = 'enabled' ORDER BY lower(display_name), id").fetch_all(db).await
}

/// The model with this id.
pub async fn by_id(db: impl PgExecutor<'_>, id: ModelId) -> sqlx::Result<Option<Model>> {
    select!("WHERE id = $1", id.0).fetch_optional(db).await
}

/// The model with this name in addresses.
pub async fn by_slug(db: impl PgExecutor<'_>, slug: &str) -> sqlx::Result<Option<Model>> {
    select!("WHERE slug = $1", slug).fetch_optional(db).await
}

/// How many models there are, in any state.
pub async fn count(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM models"#).fetch_one(db).await
}

/// Adds a model. False when the slug is taken.
pub async fn insert(
    db: impl PgExecutor<'_>,
    id: ModelId,
    slug: &str,
    kind: ModelKind,
    fields: &ModelFields,
    key: Option<&SealedKey>,
) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "INSERT INTO models (id, slug, kind, display_name, sampling_weight, path, device, context_length, base_url,
            remote_model, api_key_sealed, api_key_env, connect_ms, first_token_ms, between_tokens_ms, retries, family,
            base_model, quantisation, parameters, active_parameters, licence, link, description_en, description_zh,
            adapter_base)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23, $24, $25, $26)
        ON CONFLICT (slug) DO NOTHING",
        id.0,
        slug,
        kind.as_str(),
        fields.display_name,
        fields.sampling_weight,
        fields.path,
        fields.device,
        fields.context_length,
        fields.base_url,
        fields.remote_model,
        key.map(SealedKey::as_bytes),
        fields.api_key_env,
        fields.connect_ms,
        fields.first_token_ms,
        fields.between_tokens_ms,
        fields.retries,
        fields.family,
        fields.base_model,
        fields.quantisation,
        fields.parameters,
        fields.active_parameters,
        fields.licence,
        fields.link,
        fields.description_en,
        fields.description_zh,
        fields.adapter_base,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Changes what an administrator says of a model; its name in addresses, its kind, its state and its key stay. False
/// when there is no such model.
pub async fn update(db: impl PgExecutor<'_>, id: ModelId, fields: &ModelFields) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "UPDATE models SET display_name = $2, sampling_weight = $3, path = $4, device = $5, context_length = $6,
            base_url = $7, remote_model = $8, api_key_env = $9, connect_ms = $10, first_token_ms = $11,
            between_tokens_ms = $12, retries = $13, family = $14, base_model = $15, quantisation = $16,
            parameters = $17, active_parameters = $18, licence = $19, link = $20, description_en = $21,
            description_zh = $22, adapter_base = $23, updated_at = now()
        WHERE id = $1",
        id.0,
        fields.display_name,
        fields.sampling_weight,
        fields.path,
        fields.device,
        fields.context_length,
        fields.base_url,
        fields.remote_model,
        fields.api_key_env,
        fields.connect_ms,
        fields.first_token_ms,
        fields.between_tokens_ms,
        fields.retries,
        fields.family,
        fields.base_model,
        fields.quantisation,
        fields.parameters,
        fields.active_parameters,
        fields.licence,
        fields.link,
        fields.description_en,
        fields.description_zh,
        fields.adapter_base,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Replaces or removes an endpoint's key.
pub async fn set_key(db: impl PgExecutor<'_>, id: ModelId, key: Option<&SealedKey>) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE models SET api_key_sealed = $2, updated_at = now() WHERE id = $1",
        id.0,
        key.map(SealedKey::as_bytes)
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Enables, disables or retires a model. A retired one stays retired. Gives the state before, or `None` when there is
/// no such model or it is retired.
pub async fn set_state(db: impl PgExecutor<'_>, id: ModelId, state: ModelState) -> sqlx::Result<Option<ModelState>> {
    sqlx::query_scalar!(
        r#"UPDATE models SET state = $2, updated_at = now()
        FROM (SELECT id AS old_id, state AS before FROM models WHERE id = $1 FOR UPDATE) AS old
        WHERE id = old_id AND before <> 'retired'
        RETURNING before AS "before!: ModelState""#,
        id.0,
        state.as_str()
    )
    .fetch_optional(db)
    .await
}
