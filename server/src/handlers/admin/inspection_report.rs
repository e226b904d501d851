//! What looking at a file or an endpoint has shown, in words.

use crate::actions::inspect_model::{Inspection, allowed};
use crate::actions::list_endpoint::Listing;
use crate::backends::{BackendError, ErrorKind, Probe};
use crate::domain::SentParameter;
use crate::inference_server::inspect::{InspectError, ModelFacts, Template, Trial};
use crate::state::AppState;
use crate::views::{Page, bytes, markdown, parameters, seconds};

/// The box above the form.
#[derive(Debug)]
pub struct InspectionReport {
    /// Whether the model would answer.
    pub good: bool,
    /// The verdict in one sentence.
    pub verdict: String,
    /// What exactly is wrong.
    pub detail: String,
    /// What was found: label and value.
    pub rows: Vec<(String, String)>,
    /// What works but deserves a look.
    pub warnings: Vec<String>,
    /// The names that an endpoint lists.
    pub models: Vec<String>,
    /// The beginning of what the model answered, as visitors see answers.
    pub sample_html: String,
}

impl InspectionReport {
    /// What was found, in the page's language.
    pub fn of(found: &Inspection, arena: &AppState, page: &Page) -> Self {
        match found {
            Inspection::Local(facts) => match facts.as_ref() {
                Ok(facts) => Self::of_file(facts, page),
                Err(error) => Self::refused(page.t("finding-file-bad"), explain(error, page)),
            },
            Inspection::Endpoint(probe) => Self::of_endpoint(probe, arena, page),
            Inspection::BadTemplate(why) => {
                let detail = page.t1("finding-template-own-broken", "why", why.text(page.locale));
                Self::refused(page.t("finding-endpoint-bad"), detail)
            }
            Inspection::NoKey(name) => {
                Self::refused(page.t("finding-endpoint-bad"), page.t1("finding-no-key", "name", name))
            }
        }
    }

    fn refused(verdict: String, detail: String) -> Self {
        let (rows, warnings, models) = (Vec::new(), Vec::new(), Vec::new());
        Self { good: false, verdict, detail, rows, warnings, models, sample_html: String::new() }
    }

    fn of_file(facts: &ModelFacts, page: &Page) -> Self {
        let count = |n: u64| parameters(&i64::try_from(n).unwrap_or(i64::MAX), &page.locale);
        let mut rows = vec![
            ("finding-file", facts.file.display().to_string()),
            ("finding-architecture", facts.architecture.clone()),
            ("models-quantisation", facts.quantisation.clone()),
            ("models-parameters", count(facts.parameters)),
            ("models-active", count(facts.active_parameters)),
            ("models-context", page.t1("models-tokens", "n", facts.context)),
            ("finding-size", bytes(facts.bytes)),
            ("finding-memory", bytes(facts.memory)),
        ];
        let (mut warnings, mut sample_html) = (Vec::new(), String::new());
        let template = match &facts.template {
            Template::File => page.t("finding-template-file"),
            Template::BuiltIn => page.t("finding-template-built-in"),
            Template::Own => page.t("finding-template-own"),
        };
        match &facts.trial {
            Trial::Answered(said) if said.trim().is_empty() => warnings.push(page.t("probe-empty")),
            Trial::Answered(said) => sample_html = markdown::html(said.trim()),
            Trial::TooLarge => warnings.push(page.t("finding-untried")),
            Trial::None => {}
        }
        rows.push(("finding-template", template));
        if let Some(title) = &facts.title {
            rows.insert(1, ("finding-title", title.clone()));
        }
        if let Some(base) = &facts.base {
            rows.insert(1, ("finding-base", base.display().to_string()));
        }
        if let Some(licence) = &facts.licence {
            rows.push(("models-licence", licence.clone()));
        }
        Self {
            good: true,
            verdict: page.t("finding-file-good"),
            detail: String::new(),
            rows: rows.into_iter().map(|(key, value)| (page.t(key), value)).collect(),
            warnings,
            models: Vec::new(),
            sample_html,
        }
    }

    /// What an endpoint lists, before any of its models is asked.
    pub fn of_listing(listing: &Listing, arena: &AppState, page: &Page) -> Self {
        if let Some(name) = &listing.no_key {
            return Self::refused(page.t("finding-endpoint-bad"), page.t1("finding-no-key", "name", name));
        }
        let Some(error) = &listing.error else {
            let verdict = page.t1("finding-models", "n", listing.names.len());
            return Self { good: true, ..Self::refused(verdict, String::new()) };
        };
        let mut report = Self::refused(page.t("register-no-list"), error_detail(error, arena, page));
        report.warnings = match &listing.better_base {
            Some(base) => vec![page.t1("finding-better-base", "base", base)],
            None => Vec::new(),
        };
        report
    }

    fn of_endpoint(probe: &Probe, arena: &AppState, page: &Page) -> Self {
        let mut rows = Vec::new();
        let yes = |yes: bool| page.t(if yes { "finding-yes" } else { "finding-no" });
        rows.push((page.t("finding-reachable"), yes(probe.reachable)));
        if let Some(time) = probe.first_token {
            rows.push((page.t("finding-first-token"), page.t1("finding-seconds", "s", seconds(time))));
        }
        if let Some(time) = probe.total {
            rows.push((page.t("finding-total"), page.t1("finding-seconds", "s", seconds(time))));
        }
        let mut warnings: Vec<String> = probe.warnings.iter().map(|w| page.t(&format!("probe-{}", w.code()))).collect();
        if !probe.omitted.is_empty() {
            let names = SentParameter::names(&probe.omitted);
            warnings.push(page.t1("finding-omitted", "names", names));
        }
        if let Some(base) = &probe.better_base {
            warnings.push(page.t1("finding-better-base", "base", base));
        }
        let detail = probe.error.as_ref().map(|error| error_detail(error, arena, page)).unwrap_or_default();
        if probe.error.as_ref().is_some_and(|error| error.kind == ErrorKind::AddressRefused) {
            // Nothing was asked, so there is nothing else to tell.
            return Self::refused(page.t("finding-endpoint-bad"), detail);
        }
        let verdict = page.t(if probe.answered { "finding-endpoint-good" } else { "finding-endpoint-bad" });
        let sample_html = markdown::html(probe.sample.trim());
        Self { good: probe.answered, verdict, detail, rows, warnings, models: probe.models.clone(), sample_html }
    }
}

/// The same, and for a refused address what the operator allowed.
fn error_detail(error: &BackendError, arena: &AppState, page: &Page) -> String {
    match error.kind {
        ErrorKind::AddressRefused => {
            let allowed = Some(allowed(arena)).filter(|text| !text.is_empty());
            let allowed = allowed.unwrap_or_else(|| page.t("finding-allowed-none"));
            page.t2("finding-inner", "detail", &error.detail, "allowed", allowed)
        }
        _ => backend_error(error, page),
    }
}

/// What happened at an endpoint, in the page's language; then, in parentheses, what the endpoint said itself.
pub(super) fn backend_error(error: &BackendError, page: &Page) -> String {
    let text = page.t(&format!("backend-{}", error.kind.code()));
    if error.detail.is_empty() { text } else { format!("{text} ({error})") }
}

fn explain(error: &InspectError, page: &Page) -> String {
    match error {
        InspectError::Unreachable(why) => page.t1("finding-unreachable", "why", why.text(page.locale)),
        InspectError::Empty => page.t("finding-empty"),
        InspectError::Several(names) => page.t1("finding-several", "names", names),
        InspectError::NoBase(base) => page.t1("finding-no-base", "base", if base.is_empty() { "—" } else { base }),
        InspectError::NoAdapter => page.t("finding-no-adapter"),
        InspectError::Safetensors => page.t("finding-safetensors"),
        InspectError::Template(why) => page.t1("finding-template-broken", "why", why.text(page.locale)),
        InspectError::OwnTemplate(why) => page.t1("finding-template-own-broken", "why", why.text(page.locale)),
        InspectError::Mute(why) => page.t1("finding-mute", "why", why.text(page.locale)),
        InspectError::Crashed(why) => page.t1("finding-crashed", "why", why.text(page.locale)),
        InspectError::Refused(why) => page.t1("finding-refused", "why", why.text(page.locale)),
    }
}
