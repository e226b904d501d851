//! A plain request to a site that an administrator named, by the same rules as to an endpoint: which hosts may be reached, no
//! redirects, and bounds on time and size.

use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse};
use url::Url;

use super::client::ModelClients;
use super::endpoint::Trust;
use super::error::BackendError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const TIMEOUT: Duration = Duration::from_secs(15);
/// The largest answer in bytes.
const MAX_BODY: usize = 1 << 20;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("{0}")]
    Address(String),
    #[error("{0}")]
    Refused(#[from] BackendError),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("no answer within {} seconds", TIMEOUT.as_secs())]
    Timeout,
    #[error("the answer has more than {MAX_BODY} bytes")]
    TooLarge,
}

impl ModelClients {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    /// The host may not be reached, does not answer, or answers too much.
    pub async fn fetch(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let url: Url =
            request.uri().to_string().parse().map_err(|bad: url::ParseError| FetchError::Address(bad.to_string()))?;
        let client = self.shared().client_for(Trust::Registered, &url, CONNECT_TIMEOUT)?;
        let request = reqwest::Request::try_from(request)?;
        let answer = async {
            let mut response = client.execute(request).await?;
            let mut body = Vec::new();
            while let Some(piece) = response.chunk().await? {
                if body.len() + piece.len() > MAX_BODY {
                    return Err(FetchError::TooLarge);
                }
                body.extend_from_slice(&piece);
            }
            let mut whole = HttpResponse::new(body);
            *whole.status_mut() = response.status();
            *whole.headers_mut() = std::mem::take(response.headers_mut());
            Ok(whole)
        };
        tokio::time::timeout(TIMEOUT, answer).await.unwrap_or(Err(FetchError::Timeout))
    }
}
