//! An administrator changes what is said of the site.

use serde_json::{Map, Value, json};

use super::follow_site::{load, sealed};
use crate::domain::{AdminId, SITE_SECRETS, SettingTexts, SiteSettings};
use crate::error::Error;
use crate::state::AppState;
use crate::store::{audit, group_members, site};

/// Texts that the audit log tells up to this length; of longer ones it tells the length.
const MAX_TOLD: usize = 60;

/// The site's settings are changed; they have been checked.
#[derive(Debug)]
pub struct ChangeSite {
    pub by: AdminId,
    pub settings: SiteSettings,
    /// The change that the form was opened after.
    pub revision: i64,
}

impl ChangeSite {
    /// Keeps the settings: in force here at once, at other servers within seconds.
    ///
    /// # Errors
    /// A conflict where somebody else changed something since the form was opened.
    pub async fn run(self, arena: &AppState) -> Result<(), Error> {
        let texts = self.settings.changed();
        let stored = sealed(&arena.keys, texts.clone())?;
        // Secrets are encrypted anew each time: what is in force says whether something is another.
        load(arena).await?;
        let before = arena.site.settings().changed();
        let told = differences(&before, &texts);
        if told.is_empty() {
            return Ok(());
        }
        let mut transaction = arena.db.begin().await?;
        let revision = site::replace_settings(&mut *transaction, self.revision, &stored).await?;
        let revision = revision.ok_or(Error::Conflict("site-changed"))?;
        let groups: Vec<String> = self.settings.sign_in.board_groups().map(str::to_owned).collect();
        group_members::forget_others(&mut *transaction, &groups).await?;
        audit::record(&mut *transaction, Some(self.by), "site.change", "", Value::Object(told)).await?;
        transaction.commit().await?;
        arena.site.set(revision, self.settings);
        Ok(())
    }
}

/// What is another, by name, as the audit log tells it.
fn differences(before: &SettingTexts, after: &SettingTexts) -> Map<String, Value> {
    let names = before.keys().chain(after.keys().filter(|name| !before.contains_key(*name)));
    let of = |texts: &SettingTexts, name: &str| texts.get(name).cloned().unwrap_or_default();
    names
        .filter_map(|name| {
            let (old, new) = (of(before, name), of(after, name));
            (old != new).then(|| (name.clone(), told(name, &new)))
        })
        .collect()
}

fn told(name: &str, text: &str) -> Value {
    if text.is_empty() {
        return json!("default");
    }
    if SITE_SECRETS.contains(&name) {
        return json!("changed");
    }
    let length = text.chars().count();
    if length > MAX_TOLD { json!(format!("{length} characters")) } else { json!(text) }
}

#[cfg(test)]
mod tests {
    use sqlx::PgPool;

    use super::*;
    use crate::actions::{create_admin, follow_site};
    use crate::domain::{DeedCriteria, SiteRules};
    use crate::testing::arena;

    fn said(pairs: &[(&str, &str)]) -> SiteSettings {
        let texts = pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        SiteSettings::check(&texts).expect("good settings")
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn a_change_is_in_force_here_and_at_other_servers_and_audited_without_the_code(db: PgPool) {
        let (here, there) = (arena(db.clone()), arena(db.clone()));
        let by = create_admin::directly(&db, "ada", &"a long enough word".into()).await.expect("creates");
        let settings =
            said(&[("name_en", "Verse"), ("access", "code"), ("access_code", "spring-26"), ("min_votes", "7")]);
        ChangeSite { by, settings: settings.clone(), revision: 0 }.run(&here).await.expect("changes");
        assert_eq!((here.site.settings().name("en"), here.boards.rules().min_votes), (Some("Verse"), 7));
        assert_eq!(there.site.settings().name("en"), None);
        load(&there).await.expect("reads");
        assert_eq!(*there.site.settings(), settings);
        assert_eq!(there.boards.rules().min_votes, 7);
        // Commands beside the servers go by it too.
        let beside = follow_site::rules(&db, SiteRules::default()).await.expect("reads");
        assert_eq!((beside.min_votes, beside.keep_days), (7, SiteRules::default().keep_days));
        // Neither the table nor the log holds the code.
        let stored: String = sqlx::query_scalar("SELECT settings::text FROM site").fetch_one(&db).await.expect("reads");
        let log = audit::page(&db, &DeedCriteria::default(), false, None, 1).await.expect("reads").remove(0);
        assert_eq!(log.action, "site.change");
        assert!(!stored.contains("spring-26") && !log.detail.to_string().contains("spring-26"));
        assert_eq!((&log.detail["access_code"], &log.detail["name_en"]), (&json!("changed"), &json!("Verse")));
        // The same again is no change.
        ChangeSite { by, settings, revision: 1 }.run(&here).await.expect("nothing to do");
        assert_eq!(site::revision(&db).await.expect("reads"), 1);
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn of_two_who_change_something_at_once_the_second_is_told(db: PgPool) {
        let (here, there) = (arena(db.clone()), arena(db.clone()));
        let by = create_admin::directly(&db, "ada", &"a long enough word".into()).await.expect("creates");
        ChangeSite { by, settings: said(&[("name_en", "One")]), revision: 0 }.run(&here).await.expect("changes");
        let late = ChangeSite { by, settings: said(&[("name_en", "Two")]), revision: 0 }.run(&there).await;
        assert!(matches!(late, Err(Error::Conflict("site-changed"))), "{late:?}");
        assert_eq!(there.site.settings().name("en"), Some("One"), "and knows by now what the other did");
    }

    #[sqlx::test(migrations = "../migrations")]
    async fn what_an_older_version_stored_against_the_rules_stands_as_by_default(db: PgPool) {
        let stored =
            r#"UPDATE site SET revision = 4, settings = '{"min_votes": "many", "name_en": "Verse", "gone": "x"}'"#;
        sqlx::query(stored).execute(&db).await.expect("stored");
        let arena = arena(db);
        load(&arena).await.expect("reads");
        assert_eq!((arena.site.revision(), arena.site.settings().name("en")), (4, Some("Verse")));
        assert_eq!(arena.boards.rules().min_votes, 30);
    }
}
