//! What the browser of somebody carries who signed in: their name, and until when they need not sign in again. It is worth nothing
//! with another visitor's cookie, nor at a door that lets in others.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::{Keys, mac};

impl Keys {
    /// The pass of a visitor for a door.
    pub fn session(&self, door: &str, visitor: &str, name: &str, until: DateTime<Utc>) -> String {
        let said = format!("{:x}.{}", until.timestamp(), BASE64_URL_SAFE_NO_PAD.encode(name));
        let seal = self.session_seal(door, visitor, &said);
        format!("{said}.{seal}")
    }

    /// The name in a visitor's pass and until when it is good; nothing where it is none for this door, or has ended.
    pub fn session_said(
        &self,
        door: &str,
        visitor: &str,
        pass: &str,
        now: DateTime<Utc>,
    ) -> Option<(String, DateTime<Utc>)> {
        let (said, seal) = pass.rsplit_once('.')?;
        let is_ours = bool::from(self.session_seal(door, visitor, said).as_bytes().ct_eq(seal.as_bytes()));
        let (until, name) = said.split_once('.').filter(|_| is_ours)?;
        let until = DateTime::from_timestamp(i64::from_str_radix(until, 16).ok()?, 0).filter(|until| now < *until)?;
        let name = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(name).ok()?).ok()?;
        Some((name, until))
    }

    fn session_seal(&self, door: &str, visitor: &str, said: &str) -> String {
        hex::encode(mac(&self.session, [door, visitor, said].join("\0").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use secrecy::SecretString;

    use super::*;

    #[test]
    fn a_pass_is_one_visitor_s_for_one_door_and_ends() {
        let keys = |with: &str| Keys::from_secret(&SecretString::from(with.repeat(32))).expect("a good secret");
        let (keys, others, now) = (keys("a"), keys("b"), Utc::now());
        let pass = keys.session("door", "visitor", "Ada 李", now + TimeDelta::hours(1));
        let read = |door, visitor, pass: &str, now| keys.session_said(door, visitor, pass, now);
        let said = read("door", "visitor", &pass, now).expect("is good");
        assert_eq!((said.0.as_str(), said.1.timestamp()), ("Ada 李", (now + TimeDelta::hours(1)).timestamp()));
        assert_eq!(read("door", "visitor", &pass, now + TimeDelta::hours(2)), None);
        assert_eq!(read("another", "visitor", &pass, now), None);
        assert_eq!(read("door", "another", &pass, now), None);
        assert_eq!(others.session_said("door", "visitor", &pass, now), None);
        // A longer life cannot be written into it.
        assert_eq!(read("door", "visitor", &format!("f{pass}"), now), None);
        for none in ["", ".", "..", "7fffffff..", &pass[..pass.len() - 1]] {
            assert_eq!(read("door", "visitor", none, now), None, "{none}");
        }
    }

    #[test]
    fn a_person_is_one_visitor_however_often_they_sign_in_and_others_are_others() {
        let keys = Keys::from_secret(&SecretString::from("a".repeat(32))).expect("a good secret");
        let ada = keys.person("https://id.example.org", "ada");
        assert_eq!(ada, keys.person("https://id.example.org", "ada"));
        assert_eq!((ada.len(), ada.bytes().all(|b| b.is_ascii_hexdigit())), (64, true));
        for (issuer, subject) in
            [("https://id.example.org", "bob"), ("https://id.example.or", "gada"), ("https://b", "ada")]
        {
            assert_ne!(ada, keys.person(issuer, subject), "{issuer} {subject}");
        }
    }
}
