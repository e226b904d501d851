//! The service's secret and what is derived from it: form tokens, sealed endpoint keys, hashes of addresses.

use std::path::Path;

use anyhow::{Context, ensure};
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::i18n::Message;

mod session;

/// Keys derived from one secret. Servers that share a database must share the secret.
#[derive(Clone)]
pub struct Keys {
    csrf: [u8; 32],
    seal: [u8; 32],
    form: [u8; 32],
    address: [u8; 32],
    voter: [u8; 32],
    access: [u8; 32],
    person: [u8; 32],
    session: [u8; 32],
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

const NONCE_LEN: usize = 12;
/// How long a form may stay open with a key in it.
const FORM_LIFE: TimeDelta = TimeDelta::hours(1);
/// The shortest secret, in characters.
const MIN_SECRET_CHARS: usize = 32;

impl Keys {
    /// Derives the keys from a secret of at least 32 characters.
    pub fn from_secret(secret: &SecretString) -> anyhow::Result<Self> {
        let secret = secret.expose_secret();
        ensure!(
            secret.chars().count() >= MIN_SECRET_CHARS,
            Message::new("config-secret").with("least", MIN_SECRET_CHARS)
        );
        let derive = |purpose: &str| mac(secret.as_bytes(), purpose.as_bytes());
        Ok(Self {
            csrf: derive("csrf"),
            seal: derive("seal"),
            form: derive("key in a form"),
            address: derive("address"),
            voter: derive("voter"),
            access: derive("access"),
            person: derive("person"),
            session: derive("session"),
        })
    }

    /// Reads the secret from `file`, or makes one there that only its owner can read.
    pub fn from_file(file: &Path) -> anyhow::Result<Self> {
        use std::io::Write;
        use std::os::unix::fs::OpenOptionsExt;
        match std::fs::read_to_string(file) {
            Ok(text) => Self::from_secret(&SecretString::from(text.trim().to_owned())).map_err(|_| {
                let refusal = Message::new("config-secret-file").with("file", file.display());
                refusal.with("least", MIN_SECRET_CHARS).into()
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let secret = random_token();
                // Written aside and linked, so that two processes that start at once agree on one secret.
                let aside = file.with_extension(format!("{}.new", std::process::id()));
                let mut out =
                    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&aside)?;
                out.write_all(secret.as_bytes())?;
                out.sync_all()?;
                let linked = std::fs::hard_link(&aside, file);
                std::fs::remove_file(&aside)?;
                match linked {
                    Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error.into()),
                    _ => Self::from_file(file),
                }
            }
            Err(error) => Err(Message::new("config-read").with("file", file.display()).with("why", error).into()),
        }
    }

    /// A form token of the visitor with this cookie, another one each time: pages are compressed, and from the lengths of
    /// many a constant could be guessed that stands beside what a link brought along (the attack called BREACH).
    pub fn csrf_token(&self, visitor: &str) -> String {
        let pad: [u8; 32] = rand::random();
        hex::encode([pad, xor(pad, mac(&self.csrf, visitor.as_bytes()))].concat())
    }

    /// Whether a form token is the visitor's. Takes the same time for every false token.
    pub fn csrf_matches(&self, visitor: &str, token: &str) -> bool {
        let mut bytes = [0; 64];
        if hex::decode_to_slice(token, &mut bytes).is_err() {
            return false;
        }
        let (Some(pad), Some(masked)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<32>()) else { return false };
        xor(*pad, *masked).ct_eq(&mac(&self.csrf, visitor.as_bytes())).into()
    }

    /// Encrypts an endpoint's key for the database: a random nonce, then ChaCha20-Poly1305.
    pub fn seal(&self, secret: &SecretString) -> anyhow::Result<Vec<u8>> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let cipher = ChaCha20Poly1305::new(&Key::from(self.seal));
        let sealed = cipher
            .encrypt(&Nonce::from(nonce), secret.expose_secret().as_bytes())
            .map_err(|_| anyhow::anyhow!("cannot seal the key"))?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Decrypts what [`Keys::seal`] made. Fails when it was sealed with another secret.
    pub fn unseal(&self, sealed: &[u8]) -> anyhow::Result<SecretString> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().context("the sealed key is too short")?;
        let cipher = ChaCha20Poly1305::new(&Key::from(self.seal));
        let plain = cipher.decrypt(&Nonce::from(*nonce), body).map_err(|_| Message::new("config-key-lost"))?;
        Ok(SecretString::from(String::from_utf8(plain)?))
    }

    /// Encrypts a key that was typed into a form, for the same form to bring it back: the page never holds it in clear. It opens
    /// for an hour, for the same administrator alone.
    pub fn seal_for_form(
        &self,
        secret: &SecretString,
        admin: uuid::Uuid,
        now: DateTime<Utc>,
    ) -> anyhow::Result<String> {
        let nonce: [u8; NONCE_LEN] = rand::random();
        let until = (now + FORM_LIFE).timestamp().to_be_bytes();
        let aad = [&until[..], admin.as_bytes()].concat();
        let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &aad };
        let cipher = ChaCha20Poly1305::new(&Key::from(self.form));
        let sealed =
            cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| anyhow::anyhow!("cannot seal the key"))?;
        Ok(hex::encode([&until[..], &nonce, &sealed].concat()))
    }

    /// Opens what [`Keys::seal_for_form`] made. Nothing if it was made for somebody else, too long ago, or not by us.
    pub fn unseal_from_form(&self, token: &str, admin: uuid::Uuid, now: DateTime<Utc>) -> Option<SecretString> {
        let bytes = hex::decode(token).ok()?;
        let (until, rest) = bytes.split_first_chunk::<8>()?;
        let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
        let aad = [&until[..], admin.as_bytes()].concat();
        let cipher = ChaCha20Poly1305::new(&Key::from(self.form));
        let plain = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: &aad }).ok()?;
        let is_fresh = now.timestamp() <= i64::from_be_bytes(*until);
        String::from_utf8(plain).ok().filter(|_| is_fresh).map(SecretString::from)
    }

    /// A keyed hash of an address: equal for equal addresses, and no way back without the secret.
    pub fn address_hash(&self, address: std::net::IpAddr) -> Vec<u8> {
        let octets = match address.to_canonical() {
            std::net::IpAddr::V4(v4) => v4.octets().to_vec(),
            // A household or a server gets a /64: its addresses are one voter's.
            std::net::IpAddr::V6(v6) => v6.octets()[..8].to_vec(),
        };
        mac(&self.address, &octets)[..16].to_vec()
    }

    /// A keyed hash of a voter for files, in hexadecimal digits: equal for one person's votes, and no way back.
    pub fn voter_hash(&self, voter: uuid::Uuid) -> String {
        hex::encode(&mac(&self.voter, voter.as_bytes())[..16])
    }

    /// What whoever showed this access code carries as a cookie: it is worth nothing once there is another code.
    pub fn pass(&self, code: &[u8]) -> String {
        hex::encode(mac(&self.access, code))
    }

    /// The visitor's token of a person, by who vouches for them and what they are called there: on each of their devices the same.
    pub fn person(&self, issuer: &str, subject: &str) -> String {
        let length = (issuer.len() as u64).to_be_bytes();
        hex::encode(mac(&self.person, &[&length[..], issuer.as_bytes(), subject.as_bytes()].concat()))
    }

    /// What keeps the votes together that a file says one person cast. It does not tell who that is.
    pub fn imported_voter(&self, name: &str) -> uuid::Uuid {
        let hash = mac(&self.voter, &[b"imported ", name.as_bytes()].concat());
        uuid::Builder::from_custom_bytes(std::array::from_fn(|at| hash[at])).into_uuid()
    }
}

/// A random token of 256 bits, as 64 hexadecimal digits.
pub fn random_token() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// What is stored of a random token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { unreachable!("HMAC takes keys of every length") };
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// The two, bit by bit.
fn xor(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    std::array::from_fn(|i| a[i] ^ b[i])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> Keys {
        Keys::from_secret(&SecretString::from(secret.repeat(32))).expect("32 characters")
    }

    #[test]
    fn a_sealed_key_opens_with_its_own_secret_only() {
        let sealed = keys("a").seal(&SecretString::from("sk-1")).expect("seals");
        assert_eq!(keys("a").unseal(&sealed).expect("opens").expose_secret(), "sk-1");
        assert!(keys("b").unseal(&sealed).is_err());
        assert!(keys("a").unseal(&sealed[..5]).is_err());
    }

    #[test]
    fn a_form_token_belongs_to_one_visitor() {
        let keys = keys("a");
        let token = keys.csrf_token("v1");
        assert!(keys.csrf_matches("v1", &token));
        assert!(!keys.csrf_matches("v2", &token));
        assert!(!keys.csrf_matches("v1", ""));
        let another = keys.csrf_token("v1");
        assert!(another != token && keys.csrf_matches("v1", &another), "each page has its own");
    }

    #[test]
    fn a_key_typed_into_a_form_comes_back_for_the_same_person_within_the_hour() {
        let keys = Keys::from_secret(&"0123456789abcdef0123456789abcdef".into()).expect("a good secret");
        let (admin, other) = (uuid::Uuid::from_u128(1), uuid::Uuid::from_u128(2));
        let now = Utc::now();
        let token = keys.seal_for_form(&"sk-secret".into(), admin, now).expect("seals");
        assert!(!token.contains("sk-secret") && token.bytes().all(|b| b.is_ascii_hexdigit()));
        let open = |token: &str, admin, now| {
            keys.unseal_from_form(token, admin, now).map(|key| key.expose_secret().to_owned())
        };
        assert_eq!(open(&token, admin, now + TimeDelta::minutes(59)).as_deref(), Some("sk-secret"));
        assert_eq!(open(&token, admin, now + TimeDelta::minutes(61)), None);
        assert_eq!(open(&token, other, now), None);
        // A longer life cannot be written into it, and what the database holds is no such token.
        let longer = format!("7{}", &token[1..]);
        assert_eq!(open(&longer, admin, now), None);
        let stored = hex::encode(keys.seal(&"sk-secret".into()).expect("seals"));
        assert_eq!(open(&stored, admin, now), None);
        assert_eq!(open("", admin, now), None);
    }

    #[test]
    fn a_secret_file_is_made_once_and_read_again() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("secret");
        let first = Keys::from_file(&file).expect("made");
        let second = Keys::from_file(&file).expect("read");
        assert!(second.csrf_matches("v", &first.csrf_token("v")));
        std::fs::write(&file, "short").expect("write");
        assert!(Keys::from_file(&file).is_err());
    }
}
