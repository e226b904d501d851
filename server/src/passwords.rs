//! Passwords: checked for length, hashed with argon2id, a bounded number at a time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::error::Error;

/// Hashes that are computed at once: each takes 19 MiB and a core for some tens of milliseconds.
const AT_ONCE: usize = 2;

/// How long a request waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);

/// The shortest password: ten characters resist guessing at the rate that the sign-in allows.
pub const SHORTEST: usize = 10;

/// The longest: nobody types more, and hashing has to stay cheap.
pub const LONGEST: usize = 200;

/// The hasher. Clones share its turns.
#[derive(Debug, Clone)]
pub struct Passwords {
    turns: Arc<Semaphore>,
    decoy: Arc<OnceLock<String>>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), decoy: Arc::default() }
    }
}

/// Whether a text can be a password.
pub fn check(password: &SecretString) -> Result<(), Error> {
    match password.expose_secret().chars().count() {
        ..SHORTEST => Err(Error::invalid("password-short", SHORTEST.to_string())),
        SHORTEST..=LONGEST => Ok(()),
        _ => Err(Error::invalid("password-long", LONGEST.to_string())),
    }
}

/// Whether a password was typed the same twice.
pub fn check_same(password: &SecretString, again: &SecretString) -> Result<(), Error> {
    let is_same = password.expose_secret() == again.expose_secret();
    if is_same { Ok(()) } else { Err(Error::invalid("password-differs", "")) }
}

/// Hashes a password at once, for the command line.
pub fn hash_now(password: &SecretString) -> anyhow::Result<String> {
    let hash = Argon2::default()
        .hash_password(password.expose_secret().as_bytes())
        .map_err(|cause| anyhow::anyhow!("cannot hash the password: {cause}"))?;
    Ok(hash.to_string())
}

impl Passwords {
    /// Hashes a password off the event loop.
    pub async fn hash(&self, password: SecretString) -> Result<String, Error> {
        let _turn = self.turn().await?;
        Ok(off_loop(move || hash_now(&password)).await??)
    }

    /// Whether the password is the one that was hashed. Without a hash (no such administrator) it takes as long as
    /// with a wrong password and says no, so that time tells nobody which names exist.
    pub async fn matches(&self, password: SecretString, hash: Option<String>) -> Result<bool, Error> {
        let _turn = self.turn().await?;
        let decoy = self.decoy.clone();
        let known = hash.is_some();
        let fits = off_loop(move || -> anyhow::Result<bool> {
            let hash = match &hash {
                Some(hash) => hash,
                None => match decoy.get() {
                    Some(decoy) => decoy,
                    None => {
                        let made = hash_now(&SecretString::from(crate::keys::random_token()))?;
                        decoy.get_or_init(|| made)
                    }
                },
            };
            let hash = PasswordHash::new(hash).map_err(|cause| anyhow::anyhow!("a damaged password hash: {cause}"))?;
            Ok(Argon2::default().verify_password(password.expose_secret().as_bytes(), &hash).is_ok())
        })
        .await??;
        Ok(known && fits)
    }

    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Error> {
        match tokio::time::timeout(QUEUE_TIMEOUT, self.turns.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Error::Busy { retry_after: QUEUE_TIMEOUT }),
        }
    }
}

async fn off_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|cause| Error::Internal(cause.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[actix_web::test]
    async fn a_password_fits_its_own_hash_only_and_nothing_fits_an_unknown_name() {
        let passwords = Passwords::default();
        let right = || SecretString::from("a long enough word");
        let hash = passwords.hash(right()).await.expect("hashes");
        assert!(hash.starts_with("$argon2id$"), "{hash}");
        assert!(passwords.matches(right(), Some(hash.clone())).await.expect("checks"));
        assert!(!passwords.matches(SecretString::from("another word"), Some(hash.clone())).await.expect("checks"));
        assert!(!passwords.matches(right(), None).await.expect("checks"));
        assert_ne!(passwords.hash(right()).await.expect("hashes"), hash, "every hash has its own salt");
    }

    #[test]
    fn passwords_have_bounds_in_characters() {
        assert!(check(&SecretString::from("密".repeat(SHORTEST - 1))).is_err());
        assert!(check(&SecretString::from("密".repeat(SHORTEST))).is_ok());
        assert!(check(&SecretString::from("x".repeat(LONGEST + 1))).is_err());
    }
}
