//! Signing in at a provider by OpenID Connect: the authorization code flow with PKCE, state and nonce. What a provider says is checked
//! by the crate `openidconnect`; who may come in is decided in `domain/site/sign_in`.

mod error;
mod person;
mod provider;
mod types;

pub use error::ProviderError;
pub use person::Person;
pub use provider::{Begun, Finishing, Provider};
