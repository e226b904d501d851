//! Requests to the hub, and what its refusals mean.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::{CONTENT_RANGE, HeaderMap, RANGE, RETRY_AFTER};
use reqwest::{Response, StatusCode, Url};

use crate::error::{Error, Result};
use crate::listing::Listing;
use crate::settings::Settings;

/// The most bytes of a listing that are read: the largest repositories have some thousand files.
const MAX_LISTING: usize = 32 << 20;
/// As much of a refusal as is told.
const MAX_TOLD: usize = 300;

/// The hub or a mirror of it.
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    token: Option<String>,
    timeout: Duration,
}

/// A file's bytes, from where they were asked for.
pub struct Body {
    response: Response,
    /// Where its first byte lies in the file.
    pub start: u64,
}

impl Client {
    pub fn new(settings: &Settings) -> Result<Self> {
        let wrong = || Error::Setting { variable: "HF_ENDPOINT", value: settings.endpoint.clone() };
        let endpoint = Url::parse(&settings.endpoint).map_err(|_| wrong())?;
        if !matches!(endpoint.scheme(), "http" | "https") {
            return Err(wrong());
        }
        // An error only says that a provider is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            reqwest::Client::builder()
                .user_agent(concat!("mixtral/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(settings.timeout.min(Duration::from_secs(30)))
                .read_timeout(settings.timeout)
        };
        // Plain HTTP needs no certificates, which a bare container may lack.
        let http = match builder().build() {
            Err(_) if endpoint.scheme() == "http" => builder().tls_certs_only([]).build(),
            built => built,
        };
        let http =
            http.map_err(|error| Error::Network { host: settings.endpoint.clone(), cause: innermost(&error) })?;
        Ok(Self { http, endpoint, token: settings.token.clone(), timeout: settings.timeout })
    }

    /// A repository's files.
    pub async fn listing(&self, repository: &str, revision: &str) -> Result<Listing> {
        let mut url =
            self.url(["api", "models"].into_iter().chain(repository.split('/')).chain(["revision", revision]));
        url.set_query(Some("blobs=true"));
        let mut response = self.get(url, None, (repository, revision, None)).await?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.network(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_LISTING {
                return Err(Error::Malformed { what: format!("> {MAX_LISTING} bytes") });
            }
        }
        Listing::read(&body)
    }

    /// A file's bytes from a place on; from the beginning where the server knows no ranges.
    pub async fn file(&self, repository: &str, commit: &str, path: &str, from: u64) -> Result<Body> {
        let url = self.url(repository.split('/').chain(["resolve", commit]).chain(path.split('/')));
        let range = (from > 0).then(|| format!("bytes={from}-"));
        let response = self.get(url, range, (repository, commit, Some(path))).await?;
        let start = match response.status() {
            StatusCode::PARTIAL_CONTENT => start(response.headers()).unwrap_or(from),
            _ => 0,
        };
        Ok(Body { response, start })
    }

    /// The next bytes of a file; none at its end.
    pub async fn next(&self, body: &mut Body) -> Result<Option<Bytes>> {
        body.response.chunk().await.map_err(|error| self.network(&error))
    }

    fn url<'a>(&self, parts: impl Iterator<Item = &'a str>) -> Url {
        let mut url = self.endpoint.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(parts);
        }
        url
    }

    /// Asks once. The token goes to the hub alone: where it refers to another host, it is left out.
    async fn get(&self, url: Url, range: Option<String>, what: (&str, &str, Option<&str>)) -> Result<Response> {
        let mut request = self.http.get(url);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(range) = range {
            request = request.header(RANGE, range);
        }
        let response = request.send().await.map_err(|error| self.network(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        // What it says beside its headers is only told.
        let said = response.text().await.unwrap_or_default();
        Err(self.refusal(status, &headers, &said, what))
    }

    fn refusal(&self, status: StatusCode, headers: &HeaderMap, said: &str, what: (&str, &str, Option<&str>)) -> Error {
        let (repository, revision, file) = what;
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let repository = repository.to_owned();
        let endpoint = self.endpoint.as_str().trim_end_matches('/').to_owned();
        let message = if header("x-error-message").is_empty() { said } else { header("x-error-message") };
        let message: String = message.trim().chars().take(MAX_TOLD).collect();
        let has_token = self.token.is_some();
        match (header("x-error-code"), status.as_u16()) {
            ("GatedRepo", _) => Error::Gated { repository, endpoint, has_token },
            ("RevisionNotFound", _) => Error::NoRevision { repository, revision: revision.to_owned() },
            ("EntryNotFound", _) => Error::NoFile { repository, file: file.unwrap_or_default().to_owned() },
            (code, 401) if has_token && code != "RepoNotFound" => Error::BadToken,
            ("RepoNotFound", _) | (_, 401) => Error::NoRepository { repository, endpoint },
            (_, 403) => Error::Forbidden { repository, message },
            (_, 404) => match file {
                Some(file) => Error::NoFile { repository, file: file.to_owned() },
                None => Error::NoRepository { repository, endpoint },
            },
            (_, status @ (408 | 425 | 429 | 500..=599)) => {
                let seconds = header(RETRY_AFTER.as_str()).trim().parse().ok();
                Error::Busy { status, retry_after: seconds.map(Duration::from_secs) }
            }
            (_, status) => Error::Status { status, message },
        }
    }

    fn network(&self, error: &reqwest::Error) -> Error {
        let host = error.url().unwrap_or(&self.endpoint).host_str().unwrap_or_default().to_owned();
        if error.is_timeout() {
            return Error::Timeout { host, seconds: self.timeout.as_secs() };
        }
        Error::Network { host, cause: innermost(error) }
    }
}

/// The innermost cause, which says most.
fn innermost(error: &reqwest::Error) -> String {
    let mut what = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        what = inner.to_string();
        cause = inner.source();
    }
    what
}

/// Where a range begins: `bytes 5-9/10`.
fn start(headers: &HeaderMap) -> Option<u64> {
    let range = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")?;
    range.split_once('-')?.0.parse().ok()
}
