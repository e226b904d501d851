//! The table of registered models.
//!
//! Rows travel as JSON objects whose keys are the columns: the one list of settings is [`ModelSettings`], and no query
//! repeats it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{AssertSqlSafe, PgExecutor};

use crate::domain::{Card, ModelId, ModelKind, ModelSettings, ModelState};

/// An endpoint's key as the database keeps it: encrypted, and silent in every log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
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

/// As Postgres writes bytes: `\x` and hexadecimal digits.
impl TryFrom<String> for SealedKey {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(text.strip_prefix("\\x").unwrap_or(&text)).map(Self)
    }
}

impl From<SealedKey> for String {
    fn from(key: SealedKey) -> Self {
        format!("\\x{}", hex::encode(key.0))
    }
}

impl std::fmt::Debug for SealedKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealedKey")
    }
}

/// The address of models that are known by imported votes alone. No host has a name that ends so (RFC 2606).
pub const IMPORTED_URL: &str = "https://imported.invalid/v1";

/// A registered model.
#[derive(Debug, Clone, Deserialize)]
pub struct Model {
    pub id: ModelId,
    /// Its name in URLs and in the API.
    pub slug: String,
    /// Whether it may be sampled for battles.
    pub state: ModelState,
    /// What an administrator says of it.
    #[serde(flatten)]
    pub settings: ModelSettings,
    /// The key of an endpoint, encrypted.
    pub api_key_sealed: Option<SealedKey>,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

impl Model {
    /// Its name on pages.
    pub fn name(&self) -> &str {
        &self.settings.general.display_name
    }

    /// What visitors may read of it.
    pub fn card(&self) -> &Card {
        &self.settings.card
    }

    /// Whether it is no more than a name in imported votes: nothing here can ask it.
    pub fn is_imported(&self) -> bool {
        self.settings.source.endpoint().is_some_and(|endpoint| endpoint.address.base_url.as_str() == IMPORTED_URL)
    }

    /// Whether it is local or an endpoint.
    pub fn kind(&self) -> ModelKind {
        self.settings.source.kind()
    }

    /// Whether a battle may draw it.
    pub fn in_rotation(&self) -> bool {
        self.state == ModelState::Enabled && self.settings.general.sampling_weight > 0.0
    }

    /// Whether an endpoint has a key, by either way.
    pub fn has_key(&self) -> bool {
        let by_name = self.settings.source.endpoint().is_some_and(|endpoint| endpoint.address.api_key_env.is_some());
        self.api_key_sealed.is_some() || by_name
    }
}

macro_rules! select {
    ($tail:tt $(, $argument:expr)*) => {
        sqlx::query_scalar!(
            r#"SELECT to_jsonb(models) AS "model!: Json<Model>" FROM models "# + $tail
            $(, $argument)*
        )
    };
}

/// Every model: enabled ones first, then disabled, then retired; by name.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Model>> {
    let rows =
        select!("ORDER BY array_position(ARRAY['enabled', 'disabled', 'retired'], state), lower(display_name), id")
            .fetch_all(db)
            .await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The models that answer, by name. Those with a sampling weight of 0 are among them: a visitor may choose them.
pub async fn enabled(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Model>> {
    let rows = select!("WHERE state = 'enabled' ORDER BY lower(display_name), id").fetch_all(db).await?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// The model with this id.
pub async fn by_id(db: impl PgExecutor<'_>, id: ModelId) -> sqlx::Result<Option<Model>> {
    Ok(select!("WHERE id = $1", id.0).fetch_optional(db).await?.map(|row| row.0))
}

/// The model with this slug.
pub async fn by_slug(db: impl PgExecutor<'_>, slug: &str) -> sqlx::Result<Option<Model>> {
    Ok(select!("WHERE slug = $1", slug).fetch_optional(db).await?.map(|row| row.0))
}

/// How many models there are, in any state.
pub async fn count(db: impl PgExecutor<'_>) -> sqlx::Result<i64> {
    sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM models"#).fetch_one(db).await
}

/// The columns of a model that is added; the others are by default.
#[derive(Serialize)]
struct NewRow<'a> {
    id: ModelId,
    slug: &'a str,
    #[serde(flatten)]
    settings: &'a ModelSettings,
    api_key_sealed: Option<&'a SealedKey>,
}

/// A row as JSON and the list of its columns. The names are those of the structs' fields, never what somebody typed.
fn row(row: &impl Serialize) -> sqlx::Result<(serde_json::Value, String)> {
    let row = serde_json::to_value(row).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let columns: Vec<&str> = row.as_object().into_iter().flat_map(|row| row.keys()).map(String::as_str).collect();
    let columns = columns.join(", ");
    Ok((row, columns))
}

/// Adds a model. False when the slug is taken.
pub async fn insert(
    db: impl PgExecutor<'_>,
    id: ModelId,
    slug: &str,
    settings: &ModelSettings,
    api_key_sealed: Option<&SealedKey>,
) -> sqlx::Result<bool> {
    let (row, columns) = row(&NewRow { id, slug, settings, api_key_sealed })?;
    let sql = format!(
        "INSERT INTO models ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::models, $1)
        ON CONFLICT (slug) DO NOTHING"
    );
    Ok(sqlx::query(AssertSqlSafe(sql)).bind(Json(row)).execute(db).await?.rows_affected() == 1)
}

/// Changes what an administrator says of a model; its slug, its state and its key stay, and its kind cannot be changed.
/// False when there is no such model of this kind.
pub async fn update(db: impl PgExecutor<'_>, id: ModelId, settings: &ModelSettings) -> sqlx::Result<bool> {
    let (row, columns) = row(settings)?;
    let sql = format!(
        "UPDATE models SET ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::models, $2)),
            updated_at = now()
        WHERE id = $1 AND kind = $3"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id).bind(Json(row)).bind(settings.source.kind().as_str());
    Ok(query.execute(db).await?.rows_affected() == 1)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use sqlx::PgPool;
    use uuid::Uuid;

    use super::*;
    use crate::domain::{ModelKind, ModelSource, SettingTexts};

    /// What the server decides or records itself.
    const NOT_SET: [&str; 7] = ["id", "slug", "kind", "state", "api_key_sealed", "created_at", "updated_at"];

    fn filled(kind: ModelKind) -> ModelSettings {
        let texts = [
            ("display_name", "一二 \"x\" \\ \u{1f600}"),
            ("sampling_weight", "0.1"),
            ("path", "/models/a.gguf"),
            ("adapter_base", "/models/b.gguf"),
            ("device", "cuda:3"),
            ("base_url", "https://example.org/v1"),
            ("remote_model", "m"),
            ("api_key_env", "SOME_KEY"),
            ("first_token_seconds", "0.3"),
            ("retries", "7"),
            ("parameters", "1125899906842624"),
            ("description_en", "One\ntwo"),
        ];
        let texts: SettingTexts = texts.map(|(name, text)| (name.to_owned(), text.to_owned())).into();
        ModelSettings::check(kind, &texts).expect("good settings")
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn the_columns_are_the_settings(db: PgPool) {
        let columns: Vec<String> =
            sqlx::query_scalar("SELECT column_name::text FROM information_schema.columns WHERE table_name = 'models'")
                .fetch_all(&db)
                .await
                .expect("reads");
        let columns: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
        let settings = ModelSettings::fields();
        let named: BTreeSet<&str> = settings.iter().map(|field| field.name).chain(NOT_SET).collect();
        assert_eq!(columns, named);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn what_is_written_is_read(db: PgPool) {
        let key = SealedKey::new(vec![0, 1, 0xfe, 0xff]);
        for (kind, key) in [(ModelKind::Local, None), (ModelKind::Endpoint, Some(&key))] {
            let (id, slug, settings) = (ModelId(Uuid::now_v7()), kind.as_str(), filled(kind));
            assert!(insert(&db, id, slug, &settings, key).await.expect("writes"));
            assert!(!insert(&db, ModelId(Uuid::now_v7()), slug, &settings, None).await.expect("asks"), "it is taken");
            let model = by_slug(&db, slug).await.expect("reads").expect("is there");
            assert_eq!((model.id, model.state, &model.settings), (id, ModelState::Enabled, &settings));
            assert_eq!(model.api_key_sealed.as_ref(), key);

            let mut changed = settings.clone();
            changed.card.parameters = None;
            changed.card.family = "Mixtral".to_owned();
            assert!(update(&db, id, &changed).await.expect("writes"));
            let model = by_id(&db, id).await.expect("reads").expect("is there");
            assert_eq!((&model.settings, model.api_key_sealed.as_ref()), (&changed, key), "the key stays");
            assert!(model.updated_at >= model.created_at);
        }
        let local = list(&db).await.expect("reads").into_iter().find(|model| model.kind() == ModelKind::Local);
        let local = local.expect("is there");
        assert!(!update(&db, local.id, &filled(ModelKind::Endpoint)).await.expect("asks"), "a kind stays");
        let source = ModelSource::Local(crate::domain::LocalSource::default());
        assert!(insert(&db, ModelId(Uuid::now_v7()), "nameless", &ModelSettings::new(source), None).await.is_err());
    }
}
