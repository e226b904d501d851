//! Where a model answers: address, key, name and patience.

use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use crate::domain::SentParameter;

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Until the connection stands, TLS included.
    pub connect: Duration,
    /// From sending the request to the first token: covers queueing and reading the prompt.
    pub first_token: Duration,
    /// From one token to the next.
    pub between_tokens: Duration,
    /// For the whole answer.
    pub total: Duration,
}

impl Default for Timeouts {
    /// Patient enough for a big model on a slow machine; a person can stop sooner by a button.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            first_token: Duration::from_secs(120),
            between_tokens: Duration::from_secs(60),
            total: Duration::from_secs(15 * 60),
        }
    }
}

/// Who decides whether the address may be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Trust {
    /// A worker that this process started itself, on loopback.
    OwnWorker,
    /// An administrator's registration: the address policy applies.
    Registered,
}

/// One model at one OpenAI-compatible server.
#[derive(Debug, Clone)]
pub struct Endpoint {
    pub(super) base: Url,
    pub(super) key: Option<SecretString>,
    pub(super) model: String,
    pub(super) timeouts: Timeouts,
    pub(super) retries: u32,
    pub(super) trust: Trust,
    /// What it refuses and is not sent.
    pub(super) omitted: Vec<SentParameter>,
    /// What its health is filed under besides, where others ask the same model in another way.
    pub(super) apart: Option<String>,
}

/// Why an address cannot be an endpoint's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not a URL at all.
    #[error("not a URL: {0}")]
    NotAUrl(String),
    /// Something other than http and https.
    #[error("the scheme `{0}` is neither http nor https")]
    Scheme(String),
    /// The URL carries a user, a password, a query or a fragment.
    #[error("the URL must not carry a user, a password, a query or a fragment: give the key in its own field")]
    Extras,
    /// The model name is empty or too long.
    #[error("the model name must have between 1 and 200 characters")]
    ModelName,
}

impl Endpoint {
    /// An endpoint as an administrator registers it. The base URL ends where `/chat/completions`
    /// begins, usually in `/v1`; that ending pasted along is taken off.
    pub fn new(base: &str, key: Option<SecretString>, model: &str) -> Result<Self, EndpointError> {
        let mut base = Url::parse(base.trim()).map_err(|error| EndpointError::NotAUrl(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme(base.scheme().to_owned()));
        }
        let extras = !base.username().is_empty()
            || base.password().is_some()
            || base.query().is_some()
            || base.fragment().is_some();
        if extras {
            return Err(EndpointError::Extras);
        }
        let path = base.path().trim_end_matches('/');
        let path = path.strip_suffix("/chat/completions").unwrap_or(path).to_owned();
        base.set_path(&path);
        let model = model.trim();
        if model.is_empty() || model.chars().count() > 200 {
            return Err(EndpointError::ModelName);
        }
        Ok(Self {
            base,
            key,
            model: model.to_owned(),
            timeouts: Timeouts::default(),
            retries: 2,
            trust: Trust::Registered,
            omitted: Vec::new(),
            apart: None,
        })
    }

    /// A model in a worker that this process started: exempt from the address policy, always
    /// loopback.
    pub(crate) fn own_worker(port: u16, token: SecretString, model: &str) -> Self {
        let mut base = Url::parse("http://127.0.0.1/v1").expect("a constant URL is valid");
        base.set_port(Some(port)).expect("an http URL can have a port");
        Self {
            base,
            key: Some(token),
            model: model.to_owned(),
            timeouts: Timeouts {
                connect: Duration::from_secs(5),
                // Several long prompts may stand before this one on a slow device.
                first_token: Duration::from_secs(300),
                ..Timeouts::default()
            },
            retries: 1,
            trust: Trust::OwnWorker,
            omitted: Vec::new(),
            apart: None,
        }
    }

    /// The same model at another server.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn at(&self, base: &str) -> Result<Self, EndpointError> {
        let base = Self::new(base, None, &self.model)?.base;
        Ok(Self { base, ..self.clone() })
    }

    /// The same endpoint with other patience.
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The same endpoint with another number of tries after the first one.
    pub fn with_retries(mut self, retries: u32) -> Self {
        self.retries = retries.min(10);
        self
    }

    /// The same endpoint, which is never sent these.
    pub fn without_parameters(mut self, omitted: Vec<SentParameter>) -> Self {
        self.omitted = omitted;
        self
    }

    /// The same endpoint, whose failures are nobody else's: what is asked of it may be refused for a reason of its own.
    pub fn apart(mut self, name: &str) -> Self {
        self.apart = Some(name.to_owned());
        self
    }

    /// The model's name at the endpoint.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The base URL, without the key.
    pub fn base(&self) -> &Url {
        &self.base
    }

    /// What the endpoint's health is filed under. A model of our own worker keeps its record when the worker comes back on another
    /// port: it may be what the worker died of.
    pub fn health_key(&self) -> String {
        match self.trust {
            Trust::Registered => format!("{} {}", self.base, self.model),
            Trust::OwnWorker => Self::own_worker_key(&self.model, self.apart.as_deref()),
        }
    }

    /// The same of a model in our own worker, whether or not it is loaded now.
    pub fn own_worker_key(model: &str, apart: Option<&str>) -> String {
        match apart {
            Some(name) => format!("worker {model} {name}"),
            None => format!("worker {model}"),
        }
    }

    /// Whether it is a process of ours on this machine.
    pub(super) fn is_own_worker(&self) -> bool {
        self.trust == Trust::OwnWorker
    }

    pub(super) fn url(&self, tail: &str) -> Url {
        let mut url = self.base.clone();
        let path = format!("{}/{tail}", self.base.path().trim_end_matches('/'));
        url.set_path(&path);
        url
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_taken_as_people_paste_them() {
        for (pasted, expected) in [
            ("http://h:1/v1", "http://h:1/v1/chat/completions"),
            ("http://h:1/v1/", "http://h:1/v1/chat/completions"),
            (" https://h/api/v1/chat/completions ", "https://h/api/v1/chat/completions"),
            ("https://h", "https://h/chat/completions"),
        ] {
            let endpoint = Endpoint::new(pasted, None, "m").unwrap();
            assert_eq!(endpoint.url("chat/completions").as_str(), expected);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused() {
        for wrong in ["", "h:1", "ftp://h/", "file:///etc/passwd", "http://u:p@h/", "http://h/?key=1", "http://h/#x"] {
            assert!(Endpoint::new(wrong, None, "m").is_err(), "{wrong}");
        }
        assert_eq!(Endpoint::new("http://h", None, " ").unwrap_err(), EndpointError::ModelName);
    }

    #[test]
    fn the_key_does_not_show_in_debug_output() {
        let endpoint = Endpoint::new("http://h", Some("sk-secret".into()), "m").unwrap();
        assert!(!format!("{endpoint:?}").contains("sk-secret"));
    }
}
