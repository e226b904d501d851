//! A visitor comes in: by the access code where the arena asks for one (`sign_in_person` has the other way in), and agreeing to its terms before the first battle
//! where it asks for that.

use std::net::IpAddr;

use sqlx::PgExecutor;
use subtle::ConstantTimeEq;

use crate::domain::{Access, VoterId};
use crate::error::Error;
use crate::state::AppState;
use crate::store::site;

/// Somebody shows an access code.
#[derive(Debug)]
pub struct ShowCode {
    pub code: String,
    /// From where, for the bound on attempts.
    pub address: IpAddr,
}

impl ShowCode {
    /// Gives the pass for the cookie.
    ///
    /// # Errors
    /// Invalid where the code is wrong; limited after too many wrong ones; [`Error::AccessRequired`] where no code opens the door.
    pub fn run(self, arena: &AppState) -> Result<String, Error> {
        arena.limits.check_code(self.address)?;
        let settings = arena.site.settings();
        if settings.entry.access != Access::Code {
            return Err(Error::AccessRequired);
        }
        let wanted = settings.entry.access_code.as_bytes();
        // Compared as keyed hashes, so that neither the length nor the place of a difference shows in the time.
        let (given, pass) = (arena.keys.pass(self.code.trim().as_bytes()), arena.keys.pass(wanted));
        if bool::from(given.as_bytes().ct_eq(pass.as_bytes())) {
            return Ok(pass);
        }
        arena.limits.wrong_code(self.address);
        Err(Error::invalid("access-code", ""))
    }
}

/// Whether a visitor who shows this pass, if any, may come in.
#[must_use]
pub fn may_enter(arena: &AppState, visitor: &str, pass: Option<&str>) -> bool {
    let entry = &arena.site.settings().entry;
    match entry.access {
        Access::Open => true,
        Access::Code => {
            let wanted = arena.keys.pass(entry.access_code.as_bytes());
            pass.is_some_and(|pass| pass.as_bytes().ct_eq(wanted.as_bytes()).into())
        }
        Access::Oidc => arena.signed_in(visitor, pass).is_some(),
    }
}

/// What a visitor still has to agree to before a battle, by its name; nothing where the arena does not ask, or they did.
///
/// # Errors
/// When the database does not answer.
pub async fn agreement_wanted(
    arena: &AppState,
    db: impl PgExecutor<'_>,
    voter: VoterId,
) -> Result<Option<String>, Error> {
    let settings = arena.site.settings();
    if !settings.entry.consent {
        return Ok(None);
    }
    let wanted = settings.agreement();
    let known = site::agreed_to(db, voter).await?;
    Ok((known.as_ref() != Some(&wanted)).then_some(wanted))
}
