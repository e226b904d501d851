//! Why a provider's word does not let anybody in.

use openidconnect::core::CoreErrorResponseType;
use openidconnect::{
    ClaimsVerificationError, ConfigurationError, DiscoveryError, RequestTokenError, SignatureVerificationError,
    SigningError, StandardErrorResponse,
};

use crate::backends::FetchError;

/// What went wrong. The cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// It does not answer, or not as a provider does.
    #[error("the provider does not answer as one: {0}")]
    Provider(String),
    /// It refused the code: used before, too old, or not ours.
    #[error("the provider refuses the code: {0}")]
    Code(String),
    /// What it signed has ended, or its clock is another.
    #[error("the token has ended: {0}")]
    Clock(String),
    /// What it sent is not meant for this arena or this sign-in, or not signed by it.
    #[error("the token is not valid: {0}")]
    Token(String),
}

impl ProviderError {
    /// The code of the text: `error-CODE`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Provider(_) => "oidc-provider",
            Self::Code(_) => "oidc-code",
            Self::Clock(_) => "oidc-clock",
            Self::Token(_) => "oidc-token",
        }
    }
}

/// An error with its causes.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

/// Whether a key, or its algorithm, is not among those that are known: the provider may have new ones.
pub(super) fn is_unknown_key(error: &ClaimsVerificationError) -> bool {
    use SignatureVerificationError::{DisallowedAlg, NoMatchingKey};
    matches!(error, ClaimsVerificationError::SignatureVerification(NoMatchingKey | DisallowedAlg(_)))
}

impl From<ClaimsVerificationError> for ProviderError {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::Expired(_) => Self::Clock(error.to_string()),
            _ => Self::Token(chain(&error)),
        }
    }
}

impl From<SigningError> for ProviderError {
    fn from(error: SigningError) -> Self {
        Self::Token(error.to_string())
    }
}

impl From<SignatureVerificationError> for ProviderError {
    fn from(error: SignatureVerificationError) -> Self {
        Self::Token(error.to_string())
    }
}

impl From<ConfigurationError> for ProviderError {
    fn from(error: ConfigurationError) -> Self {
        Self::Provider(error.to_string())
    }
}

impl From<url::ParseError> for ProviderError {
    fn from(error: url::ParseError) -> Self {
        Self::Provider(error.to_string())
    }
}

impl From<DiscoveryError<FetchError>> for ProviderError {
    fn from(error: DiscoveryError<FetchError>) -> Self {
        Self::Provider(chain(&error))
    }
}

/// What a provider answers that gives no token.
type Refused = RequestTokenError<FetchError, StandardErrorResponse<CoreErrorResponseType>>;

impl From<Refused> for ProviderError {
    fn from(error: Refused) -> Self {
        match &error {
            RequestTokenError::ServerResponse(said) if *said.error() == CoreErrorResponseType::InvalidGrant => {
                Self::Code(error.to_string())
            }
            _ => Self::Provider(chain(&error)),
        }
    }
}
