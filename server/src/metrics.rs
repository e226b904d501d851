//! What the service counts, for Prometheus. No label ever carries a name, an address or a text.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use sqlx::PgPool;

use crate::domain::{BattleKind, Choice};

/// The counters. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    seconds: Family<RouteLabels, Histogram>,
    battles: Family<KindLabels, Counter>,
    votes: Family<VoteLabels, Counter>,
    streams: Gauge,
    prompt_tokens: Counter,
    completion_tokens: Counter,
    backend_errors: Family<CodeLabels, Counter>,
}

/// What was loaded into the memory of this server's devices, and what had to leave for others. Clones share it.
#[derive(Clone, Debug)]
pub struct LoadMetrics {
    seconds: Histogram,
    evictions: Counter,
}

impl Default for LoadMetrics {
    fn default() -> Self {
        Self { seconds: Histogram::new(exponential_buckets(0.1, 2.5, 10)), evictions: Counter::default() }
    }
}

impl LoadMetrics {
    /// A model was loaded within this time.
    pub fn loaded(&self, time: Duration) {
        self.seconds.observe(time.as_secs_f64());
    }

    /// A model leaves for another one.
    pub fn left(&self) {
        self.evictions.inc();
    }
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct KindLabels {
    kind: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VoteLabels {
    choice: &'static str,
    counted: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct CodeLabels {
    code: &'static str,
}

/// A stream that runs; dropping it says that it ended.
#[derive(Debug)]
pub struct RunningStream(Gauge);

impl Drop for RunningStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl Metrics {
    /// All counters at zero, beside those of the workers.
    pub fn new(db: PgPool, loads: &LoadMetrics) -> Self {
        let mut registry = Registry::with_prefix("arena");
        let seconds = Family::<RouteLabels, Histogram>::new_with_constructor(|| {
            Histogram::new(exponential_buckets(0.001, 2.5, 12))
        });
        let metrics = Self {
            requests: Family::default(),
            seconds,
            battles: Family::default(),
            votes: Family::default(),
            streams: Gauge::default(),
            prompt_tokens: Counter::default(),
            completion_tokens: Counter::default(),
            backend_errors: Family::default(),
            registry: Arc::default(),
        };
        registry.register("requests", "Requests by method, route and status", metrics.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "Time until the response began, by route",
            Unit::Seconds,
            metrics.seconds.clone(),
        );
        registry.register("battles", "Battles, comparisons and direct chats begun", metrics.battles.clone());
        registry.register("votes", "Votes by choice, and whether they count", metrics.votes.clone());
        registry.register("streams_running", "Answers that stream at this moment", metrics.streams.clone());
        registry.register("prompt_tokens", "Tokens that models read", metrics.prompt_tokens.clone());
        registry.register("completion_tokens", "Tokens that models wrote", metrics.completion_tokens.clone());
        registry.register("backend_errors", "Answers that failed, by code", metrics.backend_errors.clone());
        let help = "Time that models took to load, by this server's workers";
        registry.register_with_unit("model_load", help, Unit::Seconds, loads.seconds.clone());
        registry.register("model_evictions", "Models that left memory for others", loads.evictions.clone());
        registry.register_collector(Box::new(Pool(db)));
        Self { registry: Arc::new(registry), ..metrics }
    }

    /// A request was answered.
    pub fn request(&self, method: &str, route: &str, status: u16, time: Duration) {
        // A method is any word a client likes to send: only known ones become labels.
        let known = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(&method);
        let method = if known { method } else { "other" }.to_owned();
        let route = route.to_owned();
        self.seconds.get_or_create(&RouteLabels { route: route.clone() }).observe(time.as_secs_f64());
        self.requests.get_or_create(&RequestLabels { method, route, status }).inc();
    }

    /// A battle, a comparison or a direct chat began.
    pub fn battle(&self, kind: BattleKind) {
        self.battles.get_or_create(&KindLabels { kind: kind.as_str() }).inc();
    }

    /// A vote was taken.
    pub fn vote(&self, choice: Choice, counted: bool) {
        let counted = if counted { "yes" } else { "no" };
        self.votes.get_or_create(&VoteLabels { choice: choice.as_str(), counted }).inc();
    }

    /// An answer streams until the returned guard is dropped.
    pub fn stream(&self) -> RunningStream {
        self.streams.inc();
        RunningStream(self.streams.clone())
    }

    /// An answer ended after so many tokens.
    pub fn tokens(&self, prompt: u64, completion: u64) {
        self.prompt_tokens.inc_by(prompt);
        self.completion_tokens.inc_by(completion);
    }

    /// An answer failed. `code` is that of [`crate::error`] or of the backend's error kinds.
    pub fn backend_error(&self, code: &'static str) {
        self.backend_errors.get_or_create(&CodeLabels { code }).inc();
    }

    /// Everything in the OpenMetrics text format.
    pub fn encode(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// The state of the database pool, read when it is asked for.
#[derive(Debug)]
struct Pool(PgPool);

impl Collector for Pool {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let open = ConstGauge::new(i64::from(self.0.size()));
        let idle = ConstGauge::new(i64::try_from(self.0.num_idle()).unwrap_or(i64::MAX));
        let rows = [
            ("database_connections", "Open connections to the database", open),
            ("database_connections_idle", "Open connections that nobody uses", idle),
        ];
        for (name, help, gauge) in rows {
            let metric = encoder.encode_descriptor(name, help, None, gauge.metric_type())?;
            gauge.encode(metric)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_happened_is_counted_and_a_dropped_stream_no_longer_runs() {
        let db = PgPool::connect_lazy("postgres://nobody@localhost/none").expect("a lazy pool");
        let loads = LoadMetrics::default();
        let metrics = Metrics::new(db, &loads);
        loads.loaded(Duration::from_secs(2));
        loads.left();
        metrics.request("GET", "/models", 200, Duration::from_millis(3));
        metrics.request("BREW", "/models", 405, Duration::from_millis(1));
        metrics.vote(Choice::Tie, true);
        metrics.battle(BattleKind::Battle);
        metrics.tokens(5, 7);
        metrics.backend_error("unreachable");
        let running = metrics.stream();
        assert!(metrics.encode().expect("encodes").contains("arena_streams_running 1"));
        drop(running);
        let text = metrics.encode().expect("encodes");
        for line in [
            r#"arena_requests_total{method="GET",route="/models",status="200"} 1"#,
            r#"arena_requests_total{method="other",route="/models",status="405"} 1"#,
            r#"arena_votes_total{choice="tie",counted="yes"} 1"#,
            r#"arena_battles_total{kind="battle"} 1"#,
            "arena_completion_tokens_total 7",
            r#"arena_backend_errors_total{code="unreachable"} 1"#,
            "arena_streams_running 0",
            "arena_database_connections 0",
            "arena_model_load_seconds_sum 2",
            "arena_model_evictions_total 1",
            r#"arena_request_duration_seconds_count{route="/models"} 2"#,
        ] {
            assert!(text.contains(line), "{line} is missing in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
