//! Keys that a provider signs tokens with, and how it publishes them (RFC 7517, 7518).

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey;
use serde_json::{Value, json};

/// Bits of an RSA key: the fewest that are taken.
const RSA_BITS: usize = 2048;

/// A private key, by what it signs with.
pub(super) enum SigningKey {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
}

pub(super) fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl SigningKey {
    pub fn es256() -> Self {
        let random = SystemRandom::new();
        let bytes = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, bytes.as_ref(), &random);
        Self::Es256(key.expect("a key"))
    }

    pub fn rs256() -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, RSA_BITS).expect("a key");
        let bytes = key.to_pkcs1_der().expect("is encoded");
        Self::Rs256(RsaKeyPair::from_der(bytes.as_bytes()).expect("a key"))
    }

    /// The name of the algorithm.
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Rs256(_) => "RS256",
        }
    }

    /// The public key.
    pub fn published(&self, kid: &str) -> Value {
        let mut published = match self {
            Self::Es256(key) => {
                // Behind the mark of an uncompressed point.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
            }
            Self::Rs256(key) => {
                let public = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "n": encoded(public.n), "e": encoded(public.e) })
            }
        };
        let about = [("alg", self.algorithm()), ("use", "sig"), ("kid", kid)];
        published
            .as_object_mut()
            .expect("an object")
            .extend(about.map(|(name, value)| (name.to_owned(), value.into())));
        published
    }

    pub fn sign(&self, said: &str) -> String {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => encoded(key.sign(&random, said.as_bytes()).expect("signs")),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, said.as_bytes(), &mut signature).expect("signs");
                encoded(signature)
            }
        }
    }
}
