//! Tries an endpoint out for the administrator's form: what is there, how fast, what is odd.

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use reqwest::Method;
use serde_json::Value;
use tokio::time::timeout;

use super::client::ModelClients;
use super::endpoint::Endpoint;
use super::error::{BackendError, ErrorKind};
use super::event::ChatEvent;
use super::request::{ChatRequest, Sampling};
use super::send::{read_bounded, send};
use crate::domain::SentParameter;

/// As much of a list of models as is read: some providers list hundreds.
const LIST_BYTES: usize = 4 << 20;
const LISTED: usize = 1000;
/// A few tokens show that the model answers.
const SAMPLE_TOKENS: u32 = 16;

/// What trying out an endpoint has shown.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// Whether a server answered, be it with a refusal.
    pub reachable: bool,
    /// Whether the model itself answered; only then is the registration good.
    pub answered: bool,
    /// The names the server lists.
    pub models: Vec<String>,
    /// From the request to the first token.
    pub first_token: Option<Duration>,
    /// From the request to the end of the short answer.
    pub total: Option<Duration>,
    /// The beginning of what the model said.
    pub sample: String,
    /// Tokens of the short answer, where the server counts them.
    pub completion_tokens: Option<u64>,
    /// Why the model did not answer.
    pub error: Option<BackendError>,
    /// What works but deserves a look.
    pub warnings: Vec<ProbeWarning>,
    /// Sampling parameters that it refuses; without them it answers.
    pub omitted: Vec<SentParameter>,
    /// A base URL that works where the given one does not.
    pub better_base: Option<String>,
}

/// What a server lists.
#[derive(Debug, Clone)]
pub struct ListedModels {
    /// The names, or why there are none.
    pub names: Result<Vec<String>, BackendError>,
    /// A base URL that lists models where the given one does not.
    pub better_base: Option<String>,
}

/// What an administrator should know about an endpoint that otherwise works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeWarning {
    /// `/models` does not answer.
    NoList,
    /// The list does not contain the model.
    NotListed,
    /// The server does not count tokens.
    NoUsage,
    /// The answer came in one piece although a stream was asked for.
    NotStreamed,
    /// The model thinks before it answers; its first visible word comes late.
    Thinks,
    /// The answer was empty.
    Empty,
    /// The first token took more than ten seconds.
    Slow,
    /// The key travels unencrypted.
    PlainHttp,
}

impl ProbeWarning {
    /// The stable code, for JSON, metrics, the database and the log. The text for people is `probe-CODE` in the
    /// locale files.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoList => "no-list",
            Self::NotListed => "not-listed",
            Self::NoUsage => "no-usage",
            Self::NotStreamed => "not-streamed",
            Self::Thinks => "thinks",
            Self::Empty => "empty",
            Self::Slow => "slow",
            Self::PlainHttp => "plain-http",
        }
    }
}

impl ModelClients {
    /// Talks to the endpoint: its list of models and one short answer. Takes at most about the sum
    /// of the connect and first-token timeouts, a minute in all.
    /// `request` is what a battle would ask of this model.
    pub async fn probe(&self, endpoint: &Endpoint, request: &ChatRequest) -> Probe {
        let endpoint = with_probe_timeouts(endpoint);
        let mut probe = self.probe_once(&endpoint, request).await;
        let missing = probe.error.as_ref().is_some_and(|error| error.kind == ErrorKind::EndpointNotFound);
        if missing && !endpoint.base().path().ends_with("/v1") {
            let better = endpoint.url("v1").to_string();
            if let Ok(other) = Endpoint::new(&better, endpoint.key.clone(), endpoint.model()) {
                let other = Endpoint { trust: endpoint.trust, ..other.with_timeouts(endpoint.timeouts) };
                let second = self.probe_once(&other.with_retries(0), request).await;
                if second.answered || !second.models.is_empty() {
                    probe.better_base = Some(better);
                    probe.models = second.models;
                }
            }
        }
        probe
    }

    /// The names of the models that a server lists. Where the base URL is not the API's beginning, the one that ends in `/v1`
    /// is tried too, as by [`Self::probe`].
    pub async fn list_models(&self, endpoint: &Endpoint) -> ListedModels {
        let endpoint = with_probe_timeouts(endpoint);
        let names = self.list(&endpoint).await;
        let mut better_base = None;
        if names.is_err() && !endpoint.base().path().ends_with("/v1") {
            let better = endpoint.url("v1").to_string();
            if let Ok(other) = endpoint.at(&better)
                && self.list(&other).await.is_ok()
            {
                better_base = Some(better);
            }
        }
        ListedModels { names, better_base }
    }

    async fn probe_once(&self, endpoint: &Endpoint, request: &ChatRequest) -> Probe {
        let mut probe = Probe::default();
        match self.list(endpoint).await {
            Ok(models) => {
                probe.reachable = true;
                if !models.iter().any(|name| name == endpoint.model()) {
                    probe.warnings.push(ProbeWarning::NotListed);
                }
                probe.models = models;
            }
            Err(error) => {
                probe.reachable = error.status.is_some();
                probe.warnings.push(ProbeWarning::NoList);
            }
        }
        if endpoint.key.is_some() && endpoint.base().scheme() == "http" {
            probe.warnings.push(ProbeWarning::PlainHttp);
        }
        self.sample_without_refused(endpoint, request, &mut probe).await;
        if probe.answered {
            self.ask_for_long_answer(endpoint, request, &mut probe).await;
        }
        probe
    }

    /// Asks as battles do, and finds out which of their parameters the endpoint refuses.
    async fn sample_without_refused(&self, endpoint: &Endpoint, request: &ChatRequest, probe: &mut Probe) {
        let was = probe.clone();
        let short = &with_limit(request, SAMPLE_TOKENS);
        self.sample(endpoint, short, probe).await;
        let mut omitted = endpoint.omitted.clone();
        // One after the other, as long as the refusal names one.
        while let Some(refused) = probe.error.as_ref().filter(|error| is_refusal(error)).and_then(|error| {
            // Names of models hold words too: `seed-1.6`.
            SentParameter::refused_in(&error.detail.replace(endpoint.model(), ""), &omitted)
        }) {
            omitted.push(refused);
            *probe = was.clone();
            self.sample(&endpoint.clone().without_parameters(omitted.clone()), short, probe).await;
        }
        // A refusal without a name: whatever it can do without, the fewest first.
        let given_up = probe.clone();
        for extra in combinations(&sent(&request.sampling, &omitted)) {
            if !probe.error.as_ref().is_some_and(is_refusal) {
                break;
            }
            let tried: Vec<SentParameter> = omitted.iter().copied().chain(extra).collect();
            *probe = was.clone();
            self.sample(&endpoint.clone().without_parameters(tried.clone()), short, probe).await;
            if probe.answered {
                omitted = tried;
            }
        }
        if probe.answered {
            omitted.sort_unstable();
            probe.omitted = omitted;
        } else if given_up.error.is_some() {
            // What the endpoint said to the whole request tells more than what it said to parts of it.
            *probe = given_up;
        }
    }

    /// A battle asks for more tokens than a sample. Whoever cannot give so many says so before the first one.
    async fn ask_for_long_answer(&self, endpoint: &Endpoint, request: &ChatRequest, probe: &mut Probe) {
        let endpoint = endpoint.clone().without_parameters(probe.omitted.clone());
        let mut events = self.chat(&endpoint, request.clone());
        // Leaving the events cancels the rest of the answer.
        if let Some(Err(error)) = events.next().await
            && matches!(error.kind, ErrorKind::InvalidRequest | ErrorKind::ContextTooLong)
        {
            probe.answered = false;
            probe.error = Some(error);
        }
    }

    async fn sample(&self, endpoint: &Endpoint, request: &ChatRequest, probe: &mut Probe) {
        let began = Instant::now();
        let mut pieces = 0;
        let mut events = self.chat(endpoint, request.clone());
        while let Some(event) = events.next().await {
            match event {
                Ok(ChatEvent::Thinking) => {
                    probe.first_token.get_or_insert_with(|| began.elapsed());
                    probe.warnings.push(ProbeWarning::Thinks);
                }
                Ok(ChatEvent::Asked(_) | ChatEvent::AnsweredBy(_)) => {}
                Ok(ChatEvent::Retracted) => probe.sample.clear(),
                Ok(ChatEvent::Delta { text }) => {
                    probe.first_token.get_or_insert_with(|| began.elapsed());
                    pieces += 1;
                    probe.sample.extend(text.chars().take(200));
                }
                Ok(ChatEvent::Finished { usage, .. }) => {
                    probe.answered = true;
                    probe.total = Some(began.elapsed());
                    if usage.estimated {
                        probe.warnings.push(ProbeWarning::NoUsage);
                    } else {
                        probe.completion_tokens = Some(usage.completion_tokens);
                    }
                    if pieces == 1 && usage.completion_tokens > 4 {
                        probe.warnings.push(ProbeWarning::NotStreamed);
                    }
                    if probe.sample.trim().is_empty() && !probe.warnings.contains(&ProbeWarning::Thinks) {
                        // Nobody could judge it.
                        probe.answered = false;
                        probe.warnings.push(ProbeWarning::Empty);
                    }
                    if probe.first_token.is_some_and(|time| time > Duration::from_secs(10)) {
                        probe.warnings.push(ProbeWarning::Slow);
                    }
                }
                Err(error) => {
                    probe.reachable |= error.status.is_some() || probe.first_token.is_some();
                    probe.error = Some(error);
                }
            }
        }
    }

    /// The names of the models that a server lists.
    async fn list(&self, endpoint: &Endpoint) -> Result<Vec<String>, BackendError> {
        let client = self.shared().client(endpoint)?;
        let limit = endpoint.timeouts.first_token;
        let late = |_| BackendError::new(ErrorKind::FirstTokenTimeout, "the list of models did not come");
        let body = timeout(limit, async {
            let response = send(&client, endpoint, Method::GET, "models", None).await?;
            read_bounded(response, LIST_BYTES).await.map_err(|(_, error)| error)
        })
        .await
        .map_err(late)??;
        let value: Value = serde_json::from_slice(&body)
            .map_err(|error| BackendError::new(ErrorKind::InvalidAnswer, error.to_string()))?;
        names(&value).ok_or_else(|| BackendError::new(ErrorKind::InvalidAnswer, "no list of models"))
    }
}

/// `{"data": [{"id": …}]}` as OpenAI, a bare list as Together, `{"models": [{"name": …}]}` as others.
fn names(value: &Value) -> Option<Vec<String>> {
    let list = [value.get("data"), value.get("models"), Some(value)].into_iter().flatten().find_map(Value::as_array)?;
    let name = |entry: &Value| {
        ["id", "name", "model"]
            .iter()
            .find_map(|key| entry.get(key).and_then(Value::as_str))
            .or_else(|| entry.as_str())
            .map(|name| name.chars().take(200).collect())
    };
    Some(list.iter().filter_map(name).take(LISTED).collect())
}

fn with_limit(request: &ChatRequest, max_tokens: u32) -> ChatRequest {
    let sampling = Sampling { max_tokens: Some(max_tokens), ..request.sampling.clone() };
    ChatRequest { sampling, ..request.clone() }
}

/// Whether the endpoint may have taken offence at a parameter. Some call that a failure of their own.
fn is_refusal(error: &BackendError) -> bool {
    let is_said = error.status.is_some();
    error.kind == ErrorKind::InvalidRequest || error.kind == ErrorKind::ServerFailed && is_said
}

/// What a request says and may do without, from that which changes an answer least.
fn sent(sampling: &Sampling, omitted: &[SentParameter]) -> Vec<SentParameter> {
    use SentParameter as P;
    let said = [
        (P::Seed, sampling.seed.is_some()),
        (P::TopP, sampling.top_p.is_some()),
        (P::Temperature, sampling.temperature.is_some()),
        (P::TopK, sampling.top_k.is_some()),
        (P::MinP, sampling.min_p.is_some()),
        (P::RepetitionPenalty, sampling.repetition_penalty.is_some()),
    ];
    said.into_iter().filter(|(one, is_said)| *is_said && !omitted.contains(one)).map(|(one, _)| one).collect()
}

/// What may be left out of these, the fewest first.
fn combinations(left: &[SentParameter]) -> Vec<Vec<SentParameter>> {
    let chosen = |bits: u32| left.iter().enumerate().filter(move |(at, _)| bits >> at & 1 == 1).map(|(_, one)| *one);
    let mut all: Vec<Vec<SentParameter>> = (1..1u32 << left.len()).map(|bits| chosen(bits).collect()).collect();
    all.sort_by_key(Vec::len);
    all
}

/// A form must answer while the administrator looks at it.
fn with_probe_timeouts(endpoint: &Endpoint) -> Endpoint {
    let mut timeouts = endpoint.timeouts;
    timeouts.connect = timeouts.connect.min(Duration::from_secs(10));
    timeouts.first_token = timeouts.first_token.min(Duration::from_secs(45));
    timeouts.between_tokens = timeouts.between_tokens.min(Duration::from_secs(20));
    timeouts.total = timeouts.total.min(Duration::from_secs(60));
    endpoint.clone().with_timeouts(timeouts).with_retries(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fewest_parameters_are_left_out_first() {
        use SentParameter::{Seed, Temperature, TopK, TopP};
        let usual = Sampling { temperature: Some(0.7), top_p: Some(1.0), seed: Some(1), ..Sampling::default() };
        let all = combinations(&sent(&usual, &[]));
        assert_eq!(all.len(), 7);
        assert_eq!(all[..3], [vec![Seed], vec![TopP], vec![Temperature]]);
        assert_eq!(all[6].len(), 3);
        assert_eq!(combinations(&sent(&usual, &[Seed, TopP])), [[Temperature]]);
        assert_eq!(sent(&Sampling { top_k: Some(40), ..usual.clone() }, &[Seed]), [TopP, Temperature, TopK]);
        assert!(combinations(&sent(&usual, SentParameter::ALL)).is_empty());
    }

    #[test]
    fn lists_of_several_shapes_are_read() {
        assert_eq!(names(&json!({"object": "list", "data": [{"id": "a"}, {"id": "b"}]})).unwrap(), ["a", "b"]);
        assert_eq!(names(&json!([{"id": "a"}])).unwrap(), ["a"]);
        assert_eq!(names(&json!({"models": [{"name": "a"}, "b"]})).unwrap(), ["a", "b"]);
        assert_eq!(names(&json!({"detail": "no"})), None);
    }
}
