//! What somebody wrote and sent before they had come in is held until they have: encrypted, for an hour.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::keys::{random_token, token_hash};
use crate::limits::Caller;
use crate::state::AppState;
use crate::store::held_forms;

/// Forms that are held at once: beyond, nothing more is, until an hour has passed.
const MAX_HELD: i64 = 10_000;

/// A form that was not taken: where it was sent to, and what stood in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldForm {
    pub path: String,
    pub fields: Vec<(String, String)>,
}

impl HeldForm {
    /// Of what was sent; nothing where nobody wrote anything.
    #[must_use]
    pub fn of(path: &str, body: &[u8]) -> Option<Self> {
        let fields: Vec<(String, String)> = serde_html_form::from_bytes(body).ok()?;
        let fields = fields.into_iter().filter(|(name, _)| name != "csrf").collect();
        let held = Self { path: path.to_owned(), fields };
        (!held.message().trim().is_empty()).then_some(held)
    }

    /// What somebody wrote.
    #[must_use]
    pub fn message(&self) -> &str {
        self.fields.iter().find(|(name, _)| name == "prompt").map_or("", |(_, text)| text)
    }

    /// Everything else.
    pub fn others(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter().filter(|(name, _)| name != "prompt")
    }
}

/// A form is to be held.
#[derive(Debug)]
pub struct HoldForm {
    pub caller: Caller,
    pub form: HeldForm,
}

impl HoldForm {
    /// Keeps it, and gives what opens it.
    ///
    /// # Errors
    /// Limited as messages are; busy where too many are held.
    pub async fn run(self, arena: &AppState) -> Result<String, Error> {
        arena.limits.check_message(self.caller)?;
        let token = random_token();
        let text = serde_json::to_string(&self.form).map_err(|cause| Error::Internal(cause.into()))?;
        let sealed = arena.keys.seal(&SecretString::from(text))?;
        held_forms::delete_old(&arena.db).await?;
        match held_forms::insert(&arena.db, &token_hash(&token), &sealed, MAX_HELD).await? {
            true => Ok(token),
            false => Err(Error::Busy { retry_after: std::time::Duration::from_secs(60) }),
        }
    }
}

/// What is held by this token, if it still is.
///
/// # Errors
/// When the database does not answer.
pub async fn held(arena: &AppState, token: &str) -> Result<Option<HeldForm>, Error> {
    let Some(sealed) = held_forms::sealed(&arena.db, &token_hash(token)).await? else { return Ok(None) };
    let text = arena.keys.unseal(&sealed)?;
    Ok(serde_json::from_str(text.expose_secret()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_form_that_somebody_wrote_something_in_is_held() {
        let held =
            HeldForm::of("/battle", b"csrf=x&draw=random&prompt=why%3F+%E4%BD%A0%0D%0A&agrees=yes").expect("held");
        assert_eq!(held.message(), "why? 你\r\n");
        let others: Vec<_> = held.others().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        assert_eq!(others, [("draw", "random"), ("agrees", "yes")]);
        for nothing in ["csrf=x&choice=a", "prompt=+%0A", ""] {
            assert_eq!(HeldForm::of("/battle", nothing.as_bytes()), None, "{nothing}");
        }
    }
}
