//! Who may come in by signing in at a provider.

use sha2::{Digest, Sha256};
use url::{Host, Url};

use super::SignIn;
use crate::domain::FieldError;

/// What a provider says of somebody, as far as it decides about the way in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// The e-mail address, where the provider has verified it.
    pub verified_email: Option<String>,
    pub groups: Vec<String>,
}

/// Why somebody who signed in may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    #[error("no verified e-mail address")]
    NoEmail,
    #[error("an e-mail address of another domain")]
    Domain,
    #[error("in none of the groups")]
    Group,
}

impl NotAdmitted {
    /// The code of the text: `error-CODE`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoEmail => "oidc-email",
            Self::Domain => "oidc-domain",
            Self::Group => "oidc-group",
        }
    }
}

/// The words of a list, however they are set apart.
fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '，' | '；' | '、'))
        .filter(|word| !word.is_empty())
}

impl SignIn {
    /// What is to be asked for beside `openid`.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        words(&self.oidc_scopes).filter(|scope| *scope != "openid")
    }

    /// Whether somebody may come in: both the domain and a group must be among those that are named, where any are.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, claims: &Claims) -> Result<(), NotAdmitted> {
        let mut domains = words(&self.oidc_domains).peekable();
        if domains.peek().is_some() {
            let email = claims.verified_email.as_deref().ok_or(NotAdmitted::NoEmail)?;
            let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
            if !domains.any(|known| known.trim_start_matches('@').eq_ignore_ascii_case(domain)) {
                return Err(NotAdmitted::Domain);
            }
        }
        let mut groups = words(&self.oidc_groups).peekable();
        let is_member = groups.peek().is_none() || groups.any(|known| claims.groups.iter().any(|group| group == known));
        if is_member { Ok(()) } else { Err(NotAdmitted::Group) }
    }

    /// The groups that have a leaderboard of their own.
    pub fn board_groups(&self) -> impl Iterator<Item = &str> {
        words(&self.oidc_board_groups)
    }

    /// On the leaderboards of which groups somebody's votes are.
    #[must_use]
    pub fn boards_of(&self, claims: &Claims) -> Vec<String> {
        let is_in = |group: &&str| claims.groups.iter().any(|one| one == group);
        self.board_groups().filter(is_in).map(str::to_owned).collect()
    }

    /// What has to be said before anybody can sign in.
    pub(super) fn missing(&self) -> Vec<FieldError> {
        let wrong = |field, code| FieldError { field, code, detail: String::new() };
        let mut wrongs = Vec::new();
        if !is_issuer(&self.oidc_issuer) {
            wrongs.push(wrong("oidc_issuer", "field-issuer"));
        }
        if self.oidc_client_id.is_empty() {
            wrongs.push(wrong("oidc_client_id", "field-empty"));
        }
        wrongs
    }

    /// Names the door: another name as soon as other people may come in, or by another provider.
    #[must_use]
    pub fn door(&self) -> String {
        let mut hash = Sha256::new();
        let Self { oidc_issuer, oidc_client_id, oidc_domains, oidc_groups, oidc_groups_claim, .. } = self;
        for text in [oidc_issuer, oidc_client_id, oidc_domains, oidc_groups, oidc_groups_claim] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hex::encode(&hash.finalize()[..16])
    }
}

/// Whether a text is the address of a provider. Without TLS only one on the same machine is.
fn is_issuer(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let is_here = match url.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.password().is_none();
        is_plain && (url.scheme() == "https" && url.has_host() || url.scheme() == "http" && is_here)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(email: &str, groups: &[&str]) -> Claims {
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        Claims { verified_email: Some(email.to_owned()).filter(|email| !email.is_empty()), groups }
    }

    #[test]
    fn whoever_signed_in_comes_in_unless_domains_or_groups_are_named() {
        let anybody = SignIn::default();
        assert_eq!(anybody.admit(&Claims::default()), Ok(()));
        let some = SignIn {
            oidc_domains: "example.org, @uni.example".to_owned(),
            oidc_groups: "readers；staff".to_owned(),
            ..SignIn::default()
        };
        assert_eq!(some.admit(&claims("ada@EXAMPLE.org", &["staff"])), Ok(()));
        assert_eq!(some.admit(&claims("ada@uni.example", &["x", "readers"])), Ok(()));
        assert_eq!(some.admit(&claims("", &["staff"])), Err(NotAdmitted::NoEmail));
        for other in ["ada@sub.example.org", "ada@example.org.evil", "example.org", "ada@notexample.org"] {
            assert_eq!(some.admit(&claims(other, &["staff"])), Err(NotAdmitted::Domain), "{other}");
        }
        assert_eq!(some.admit(&claims("ada@example.org", &["Staff"])), Err(NotAdmitted::Group));
    }

    #[test]
    fn votes_are_on_the_boards_of_those_groups_of_theirs_that_have_one() {
        let some = SignIn { oidc_board_groups: "readers, staff".to_owned(), ..SignIn::default() };
        assert_eq!(some.boards_of(&claims("", &["staff", "Readers", "board"])), ["staff"]);
        assert_eq!(some.boards_of(&claims("", &["staff", "readers"])), ["readers", "staff"]);
        assert!(SignIn::default().boards_of(&claims("", &["staff"])).is_empty());
    }

    #[test]
    fn a_provider_is_spoken_to_by_tls_unless_it_runs_on_the_same_machine() {
        for good in
            ["https://id.example.org", "https://id.example.org/realms/a", "http://127.0.0.1:81", "http://localhost/x"]
        {
            assert!(is_issuer(good), "{good}");
        }
        for bad in ["", "id.example.org", "http://id.example.org", "https://id.example.org/?x=1", "ftp://localhost"] {
            assert!(!is_issuer(bad), "{bad}");
        }
    }

    #[test]
    fn passes_end_when_others_may_come_in_but_not_for_another_secret() {
        let before = SignIn::default();
        let with = |change: fn(&mut SignIn)| {
            let mut changed = before.clone();
            change(&mut changed);
            changed.door()
        };
        assert_eq!(with(|said| said.oidc_client_secret = "x".to_owned()), before.door());
        assert_ne!(with(|said| said.oidc_domains = "x".to_owned()), before.door());
        assert_ne!(with(|said| said.oidc_groups = "x".to_owned()), with(|said| said.oidc_domains = "x".to_owned()));
    }
}
