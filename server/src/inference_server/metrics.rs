//! Counters for Prometheus: requests and times from here, the rest from the engine at each scrape.

use std::fmt;
use std::sync::Arc;

use mixtral_engine::handle::ModelStatus;
use mixtral_engine::request::Usage;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

use super::host::{Host, SlotState};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refused {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    model: String,
}

/// All of a worker's metrics.
pub(super) struct Metrics {
    registry: Registry,
    answered: Family<Answered, Counter>,
    refused: Family<Refused, Counter>,
    first_token: Family<OfModel, Histogram, fn() -> Histogram>,
    total: Family<OfModel, Histogram, fn() -> Histogram>,
}

impl Metrics {
    pub(super) fn new(host: Arc<Host>) -> Self {
        let mut registry = Registry::with_prefix("arena_worker");
        let answered = Family::default();
        let refused = Family::default();
        let first_token = Family::new_with_constructor(seconds as fn() -> Histogram);
        let total = Family::new_with_constructor(seconds as fn() -> Histogram);
        registry.register("http_responses", "Responses by route and status", answered.clone());
        registry.register("refused_requests", "Requests that were not taken, by code", refused.clone());
        registry.register("first_token_seconds", "From submission to the first token", first_token.clone());
        registry.register("answer_seconds", "From submission to the end of the answer", total.clone());
        registry.register_collector(Box::new(OfEngine(host)));
        Self { registry, answered, refused, first_token, total }
    }

    pub(super) fn answered(&self, route: String, status: u16) {
        self.answered.get_or_create(&Answered { route, status }).inc();
    }

    pub(super) fn refused(&self, code: &'static str) {
        self.refused.get_or_create(&Refused { code }).inc();
    }

    pub(super) fn finished(&self, model: &str, usage: &Usage) {
        let label = OfModel { model: model.to_owned() };
        self.first_token.get_or_create(&label).observe(usage.first_token_seconds);
        self.total.get_or_create(&label).observe(usage.total_seconds);
    }

    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// From a hundredth of a second to three minutes.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.01, 2.0, 15))
}

/// The engine's own counters, read at each scrape.
struct OfEngine(Arc<Host>);

impl fmt::Debug for OfEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OfEngine")
    }
}

type Row<T> = (&'static str, &'static str, fn(&ModelStatus) -> T);

#[expect(clippy::cast_possible_wrap, reason = "counts of requests and blocks are far below the limit")]
const GAUGES: [Row<i64>; 5] = [
    ("queued_requests", "Requests that wait", |m| m.queued as i64),
    ("queue_limit", "Most requests that may wait", |m| m.queue_limit as i64),
    ("running_requests", "Requests that run", |m| m.running as i64),
    ("cache_blocks_used", "Cache blocks in use", |m| m.cache_blocks_used as i64),
    ("cache_blocks", "Cache blocks in all", |m| m.cache_blocks as i64),
];

const COUNTERS: [Row<u64>; 8] = [
    ("prompt_tokens", "Tokens of prompts", |m| m.prompt_tokens),
    ("cached_tokens", "Tokens of prompts that were found in the cache", |m| m.cached_tokens),
    ("completion_tokens", "Tokens made", |m| m.completion_tokens),
    ("finished_requests", "Requests that ended well", |m| m.requests_finished),
    ("failed_requests", "Requests that ended with an error", |m| m.requests_failed),
    ("cancelled_requests", "Requests whose reader went away", |m| m.requests_cancelled),
    ("preemptions", "Requests that were computed anew for want of cache", |m| m.preemptions),
    ("steps", "Steps of the engine", |m| m.steps),
];

impl Collector for OfEngine {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let status = self.0.status();
        let slots = self.0.slots();
        let ready = slots.iter().filter(|slot| slot.state == SlotState::Ready).count();
        let whole: [(&str, &str, i64); 2] = [
            ("engine_alive", "Whether the engine's thread runs", i64::from(status.alive)),
            ("ready_models", "Models that answer", i64::try_from(ready).unwrap_or(i64::MAX)),
        ];
        for (name, help, value) in whole {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        for (name, help, value) in GAUGES {
            let kind = ConstGauge::new(0_i64).metric_type();
            let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
            for model in &status.models {
                let label = OfModel { model: model.name.clone() };
                ConstGauge::new(value(model)).encode(metric.encode_family(&label)?)?;
            }
        }
        for (name, help, value) in COUNTERS {
            let kind = ConstCounter::new(0_u64).metric_type();
            let mut metric = encoder.encode_descriptor(name, help, None, kind)?;
            for model in &status.models {
                let label = OfModel { model: model.name.clone() };
                ConstCounter::new(value(model)).encode(metric.encode_family(&label)?)?;
            }
        }
        Ok(())
    }
}
