//! Who signed in.

use std::ops::Deref;

use openidconnect::LocalizedClaim;
use serde_json::Value;

use super::types::{OtherClaims, TokenClaims, UserClaims};
use crate::domain::Claims;

/// Characters of a name that are shown.
const MAX_NAME: usize = 60;

/// Somebody whom a provider vouches for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What the provider calls them: one text for each person, for good.
    pub subject: String,
    /// What they are called; may be empty.
    pub name: String,
    pub claims: Claims,
}

impl Person {
    /// As the token says, and where it does not, the provider's answer about the user.
    pub(super) fn of(token: &TokenClaims, user: Option<&UserClaims>, groups_claim: &str) -> Self {
        let user_email = || user.and_then(|user| user.email().map(|email| (email.as_str(), user.email_verified())));
        let email = token.email().map(|email| (email.as_str(), token.email_verified())).or_else(user_email);
        let names = [
            token.name().and_then(any),
            user.and_then(|user| user.name().and_then(any)),
            token.preferred_username().map(|name| name.to_string()),
            user.and_then(|user| user.preferred_username().map(|name| name.to_string())),
            email.map(|(email, _)| email.to_owned()),
        ];
        let mut groups = groups_of(token.additional_claims(), groups_claim);
        if let Some(user) = user {
            groups.extend(groups_of(user.additional_claims(), groups_claim));
        }
        let verified_email = email.filter(|(_, verified)| *verified == Some(true)).map(|(email, _)| email.to_owned());
        let name = names.into_iter().flatten().find(|name| !name.trim().is_empty()).unwrap_or_default();
        let name = name.chars().filter(|c| !c.is_control()).take(MAX_NAME).collect::<String>().trim().to_owned();
        Self { subject: token.subject().to_string(), name, claims: Claims { verified_email, groups } }
    }
}

/// A text without a language, else in any.
fn any<T: Deref<Target = String>>(claim: &LocalizedClaim<T>) -> Option<String> {
    claim.get(None).or_else(|| claim.iter().next().map(|(_, text)| text)).map(|text| text.deref().clone())
}

/// The groups that a claim names: a list, or one text.
fn groups_of(claims: &OtherClaims, name: &str) -> Vec<String> {
    match claims.all.get(name) {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(one)) => vec![one.clone()],
        _ => Vec::new(),
    }
}
