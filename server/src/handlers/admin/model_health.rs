//! How workers and models are doing, in words: for the overview, the list, and the part of both that refreshes.

use std::time::Instant;

use super::inspection_report::backend_error;
use crate::backends::Endpoint;
use crate::domain::{ModelKind, ModelState};
use crate::endpoints::{local_endpoint, target};
use crate::i18n::told;
use crate::state::AppState;
use crate::store::models::Model;
use crate::supervisor::{LoadState, PlacementError, Snapshot, WorkerState, WorkerView};
use crate::views::{Page, Time, bytes, time};

/// How good a condition is, for its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It answers.
    Good,
    /// It is on its way, or rests on purpose.
    Calm,
    /// Somebody should look.
    Bad,
}

impl Severity {
    /// The class of its badge.
    pub fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Calm => "calm",
            Self::Bad => "bad",
        }
    }
}

/// How a model is doing.
#[derive(Debug)]
pub struct ModelHealth {
    /// In one word or two.
    pub label: String,
    /// How good that is.
    pub severity: Severity,
    /// Why, or what to know.
    pub detail: String,
    /// Bytes that are loaded, of all.
    pub progress: Option<(u64, u64)>,
    /// Whether a button to try again makes sense.
    pub can_retry: bool,
}

impl ModelHealth {
    fn new(label: String, severity: Severity) -> Self {
        Self { label, severity, detail: String::new(), progress: None, can_retry: false }
    }

    /// The condition of a model at this moment.
    pub fn of(arena: &AppState, snapshot: &Snapshot, model: &Model, page: &Page) -> Self {
        match (model.state, model.kind()) {
            (ModelState::Disabled | ModelState::Retired, _) => Self::new(page.t("condition-resting"), Severity::Calm),
            (ModelState::Enabled, ModelKind::Endpoint) => Self::of_endpoint(arena, model, page),
            (ModelState::Enabled, ModelKind::Local) => {
                let view = snapshot.models.iter().find(|view| view.id == model.id);
                match view {
                    Some(view) => {
                        let health =
                            Self::of_local(&view.state, view.device.as_deref(), page).pinned(view.is_pinned, page);
                        Self::failing(arena, model, page).unwrap_or(health)
                    }
                    None => Self::new(page.t("condition-waiting"), Severity::Calm),
                }
            }
        }
    }

    fn of_local(state: &LoadState, device: Option<&str>, page: &Page) -> Self {
        let on = device.unwrap_or_default();
        match state {
            LoadState::Waiting => {
                Self { detail: on.to_owned(), ..Self::new(page.t("condition-waiting"), Severity::Calm) }
            }
            LoadState::Away => Self { detail: on.to_owned(), ..Self::new(page.t("condition-away"), Severity::Calm) },
            LoadState::Loading { done, total } => Self {
                detail: page.t2("condition-loaded", "done", bytes(*done), "total", bytes(*total)),
                progress: Some((*done, *total)),
                ..Self::new(loading_label(*done, *total, page), Severity::Calm)
            },
            LoadState::Ready { .. } => {
                Self { detail: on.to_owned(), ..Self::new(page.t("condition-ready"), Severity::Good) }
            }
            LoadState::Failed { error } => Self {
                detail: error.text(page.locale).to_owned(),
                can_retry: true,
                ..Self::new(page.t("condition-failed"), Severity::Bad)
            },
            LoadState::Unplaced { reason } => Self {
                detail: match reason {
                    PlacementError::NoSuchDevice { device } => page.t1("unplaced-device", "device", device),
                    PlacementError::NoMemory { needed, free } => {
                        page.t2("unplaced-memory", "needed", bytes(*needed), "free", bytes(*free))
                    }
                    PlacementError::NoDevices => page.t("unplaced-none"),
                },
                ..Self::new(page.t("condition-unplaced"), Severity::Bad)
            },
        }
    }

    /// The same of one that always stays in memory.
    fn pinned(mut self, is_pinned: bool, page: &Page) -> Self {
        if is_pinned {
            let both = [std::mem::take(&mut self.detail), page.t("condition-pinned")];
            self.detail = both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" · ");
        }
        self
    }

    /// A local model that is loaded and whose answers fail.
    fn failing(arena: &AppState, model: &Model, page: &Page) -> Option<Self> {
        let endpoint = local_endpoint(model, arena.workers.endpoint_of(model.id)?);
        let circuit = arena.backends.health().circuit(&endpoint.health_key());
        let error = circuit.last_error.as_ref().map(|error| backend_error(error, page)).unwrap_or_default();
        let is_resting = !circuit.is_available(Instant::now());
        is_resting.then(|| Self {
            detail: error,
            can_retry: true,
            ..Self::new(page.t("condition-breaks"), Severity::Bad)
        })
    }

    fn of_endpoint(arena: &AppState, model: &Model, page: &Page) -> Self {
        let target = match target(model, &arena.keys) {
            Ok(target) => target,
            Err(cause) => {
                return Self {
                    detail: told(&cause, page.locale),
                    ..Self::new(page.t("condition-unusable"), Severity::Bad)
                };
            }
        };
        let mut servers: Vec<Self> =
            target.endpoints().map(|endpoint| Self::of_server(arena, endpoint, page)).collect();
        let (all, well) = (servers.len(), servers.iter().filter(|server| server.severity != Severity::Bad).count());
        // Of several, what is worst.
        servers.sort_by_key(|server| server.severity != Severity::Bad);
        let worst = servers.swap_remove(0);
        if all == 1 {
            return worst;
        }
        let some = page.t2("condition-servers", "well", well, "all", all);
        let detail = if worst.detail.is_empty() { some } else { format!("{some} · {}", worst.detail) };
        Self { detail, ..worst }
    }

    fn of_server(arena: &AppState, endpoint: &Endpoint, page: &Page) -> Self {
        let circuit = arena.backends.health().circuit(&endpoint.health_key());
        let error = circuit.last_error.as_ref().map(|error| backend_error(error, page)).unwrap_or_default();
        if !circuit.is_available(Instant::now()) {
            return Self { detail: error, can_retry: true, ..Self::new(page.t("condition-breaks"), Severity::Bad) };
        }
        match (circuit.failures + circuit.refusals, circuit.last_success) {
            (0, Some(_)) => Self::new(page.t("condition-answers"), Severity::Good),
            (0, None) => Self::new(page.t("condition-unasked"), Severity::Calm),
            _ => Self { detail: error, ..Self::new(page.t("condition-shaky"), Severity::Bad) },
        }
    }
}

/// How far it is, once that is known.
fn loading_label(done: u64, total: u64, page: &Page) -> String {
    match (u128::from(done) * 100).checked_div(u128::from(total)) {
        Some(percent) => page.t1("condition-loading-percent", "percent", percent.min(100)),
        None => page.t("condition-loading"),
    }
}

/// How a worker is doing.
#[derive(Debug)]
pub struct WorkerLine {
    pub device: String,
    /// The device's memory for models, and what its process takes up.
    pub memory: String,
    /// In one word or two.
    pub label: String,
    /// How good that is.
    pub severity: Severity,
    /// Why, or what to know.
    pub detail: String,
    /// Since when.
    pub since: Time,
    /// When a crashed one starts again.
    pub next_try: Option<Time>,
    /// Its last lines.
    pub log: Vec<String>,
}

impl WorkerLine {
    /// A worker in words.
    pub fn of(view: &WorkerView, page: &Page) -> Self {
        let (key, severity) = match &view.state {
            WorkerState::Idle => ("worker-idle", Severity::Calm),
            WorkerState::Starting => ("worker-starting", Severity::Calm),
            WorkerState::Running => ("worker-running", Severity::Good),
            WorkerState::Crashed { .. } => ("worker-crashed", Severity::Bad),
            WorkerState::Stopped => ("worker-stopped", Severity::Calm),
        };
        let (mut detail, next_try) = match &view.state {
            WorkerState::Crashed { reason, next_try } => (reason.text(page.locale).to_owned(), Some(time(next_try))),
            _ => (String::new(), None),
        };
        if view.restarts > 0 {
            if !detail.is_empty() {
                detail.push_str(" · ");
            }
            detail.push_str(&page.t1("worker-restarts", "n", view.restarts));
        }
        let memory = view.memory.map(|memory| page.t1("worker-memory", "memory", bytes(memory)));
        let resident = view.resident.map(|resident| page.t1("worker-resident", "memory", bytes(resident)));
        Self {
            device: view.device.clone(),
            memory: memory.into_iter().chain(resident).collect::<Vec<_>>().join(" · "),
            label: page.t(key),
            severity,
            detail,
            since: time(&view.since),
            next_try,
            log: view.log.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::Utc;

    use super::*;
    use crate::i18n::{Locale, Message, Translated};
    use crate::views::Theme;

    fn page(locale: Locale) -> Page {
        Page {
            site: std::sync::Arc::default(),
            locale,
            csrf: String::new(),
            here: "/admin".into(),
            path: "/admin".into(),
            theme: Theme::System,
            origin: None,
            person: None,
        }
    }

    #[test]
    fn a_model_that_cannot_be_loaded_and_a_worker_that_died_say_why_in_the_readers_language() {
        let killed: Translated = Message::new("worker-killed").into();
        let error = Message::new("load-worker-died").with("times", 2).with_text("how", &killed).into();
        let failed = LoadState::Failed { error };
        let crashed = WorkerView {
            device: "cpu".into(),
            memory: None,
            state: WorkerState::Crashed { reason: killed, next_try: Utc::now() },
            is_silent: false,
            since: Utc::now(),
            resident: None,
            pid: None,
            restarts: 0,
            log: Vec::new(),
        };
        for (locale, load, death) in [
            (Locale::En, "the worker died 2 times while loading it: it was killed", "it was killed (signal 9)"),
            (Locale::Zh, "载入时工作进程已崩溃 2 次：被终止", "被终止（信号 9）"),
        ] {
            let page = page(locale);
            let health = ModelHealth::of_local(&failed, Some("cpu"), &page);
            assert!(health.detail.starts_with(load) && health.can_retry, "{}", health.detail);
            let line = WorkerLine::of(&crashed, &page);
            assert!(line.detail.starts_with(death), "{}", line.detail);
        }
    }
}
