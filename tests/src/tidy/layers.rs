//! What may stand where, beyond the order of the modules: which crates a part of the house may know, and what its code may
//! hold. What clippy and rustc can say stands in `.clippy.toml` and the workspace's lints instead.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};

use super::graph::{Crate, Module, absolute};
use super::{Complaint, File};

/// Paths that must not be used in some folders.
struct Rule {
    name: &'static str,
    /// Whether a path, from the crate's root (`crate::…`) or from another crate's name, breaks the rule.
    breaks: fn(&[&str]) -> bool,
    /// Where the rule holds: paths that start with one of these …
    inside: &'static [&'static str],
    /// … except under these.
    except: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        name: "the engine knows no HTTP, SQL or template",
        breaks: |path| {
            path[0].starts_with("actix_")
                || matches!(path[0], "reqwest" | "hyper" | "axum" | "sqlx" | "askama" | "arena_server")
        },
        inside: &["engine/"],
        // `mixtral judge` asks endpoints, and models are brought from the hub.
        except: &["engine/cli/src/endpoint/", "engine/hub/"],
    },
    Rule {
        name: "only the inference server uses the engine",
        // What a judge is asked and what it said knows no engine either.
        breaks: |path| path[0].starts_with("mixtral_") && path[0] != "mixtral_judge",
        inside: &["server/src/"],
        except: &["server/src/inference_server/"],
    },
    Rule {
        name: "only the inference server and i18n word the engine's errors",
        breaks: |path| path[0] == "engine_messages",
        inside: &["server/src/"],
        except: &["server/src/inference_server/", "server/src/i18n/"],
    },
    Rule {
        name: "what serves knows no candle",
        breaks: |path| path[0].starts_with("candle") || path[0] == "mixtral_reference",
        inside: &["server/", "tests/", "engine/src/", "engine/terminal/", "engine/emulator/"],
        except: &[],
    },
    Rule {
        name: "SQL stands only in store",
        breaks: |path| {
            path[0] == "sqlx"
                && path.get(1).is_some_and(|name| {
                    name.starts_with("query") || matches!(*name, "raw_sql" | "QueryBuilder" | "Executor")
                })
        },
        inside: &["server/src/"],
        except: &["server/src/store/", "server/src/database/"],
    },
    Rule {
        name: "handlers read the store, actions write it",
        breaks: |path| matches!(path, ["crate", "store", _, .., name] if WRITES.iter().any(|start| name.starts_with(start))),
        inside: &["server/src/handlers/", "server/src/views/", "server/src/middleware/"],
        except: &[],
    },
    Rule {
        name: "actix stays in handlers, extract, middleware, the inference server, app, routes and main",
        breaks: |path| path[0].starts_with("actix_"),
        inside: &["server/src/"],
        except: &[
            "server/src/handlers/",
            "server/src/extract/",
            "server/src/middleware/",
            "server/src/inference_server/",
            "server/src/app.rs",
            "server/src/bearer.rs",
            "server/src/routes.rs",
            "server/src/main.rs",
            "server/src/cli/",
        ],
    },
    Rule {
        name: "domain and rating do no I/O and read no clock",
        breaks: |path| match path {
            ["std", "fs" | "net" | "env" | "process" | "io", ..] => true,
            ["std", "time", "SystemTime" | "Instant", ..] => true,
            ["tokio" | "reqwest", ..] => true,
            ["rand", "rng" | "random" | "thread_rng", ..] => true,
            ["sqlx", name, ..] => name.starts_with("query") || name.starts_with("Pg") || *name == "Executor",
            [.., "now" | "now_v7" | "new_v4"] => true,
            [first, ..] => first.starts_with("actix_"),
            [] => false,
        },
        inside: &["server/src/domain/", "server/rating/src/"],
        except: &[],
    },
    Rule {
        name: "model sees only schedule's plan",
        breaks: |path| matches!(path, ["crate", "schedule", name, ..] if !name.starts_with("Plan") && !PLAN.contains(name)),
        inside: &["engine/src/model/"],
        except: &[],
    },
];

/// How the names of functions of the store begin that write, or hold rows for one who will.
const WRITES: &[&str] = &[
    "add_",
    "cast",
    "claim",
    "close",
    "delete",
    "finish",
    "follow",
    "insert",
    "lock",
    "mark",
    "record",
    "remove",
    "repaired",
    "replace",
    "request_",
    "reset",
    "save",
    "seen",
    "set",
    "take_back",
    "touch",
    "update",
    "use_",
];

/// The plain data of a step's plan.
const PLAN: &[&str] = &["Span", "SequenceSlice", "StepInput"];

/// A place where a rule is broken on purpose. One that is no longer needed is a complaint.
pub struct Exception {
    /// Which file.
    pub path: &'static str,
    /// Which rule, by its name.
    pub rule: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// The rule on the cuda feature.
pub const CUDA: &str = "only gpu, device and build files know the cuda feature";
/// The rule on globals.
pub const GLOBALS: &str = "no globals";

/// Complaints about the modules of a crate.
pub fn check(krate: &Crate) -> Vec<(&'static str, Complaint)> {
    let mut complaints = Vec::new();
    for module in krate.modules.values() {
        for (path, line) in paths(module) {
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            for rule in RULES.iter().filter(|rule| holds(rule, &module.file) && (rule.breaks)(&path)) {
                let what = format!("{}, but: {}", rule.name, path.join("::"));
                complaints.push((rule.name, Complaint { place: format!("{}:{line}", module.file), what }));
            }
        }
    }
    complaints
}

fn holds(rule: &Rule, file: &str) -> bool {
    let under = |places: &[&str]| places.iter().any(|place| file.starts_with(place));
    under(rule.inside) && !under(rule.except)
}

fn paths(module: &Module) -> impl Iterator<Item = (Vec<String>, usize)> {
    let own = module.uses.iter().filter_map(|(path, line)| {
        let absolute = absolute(module, path)?;
        Some((std::iter::once("crate".to_owned()).chain(absolute).collect(), *line))
    });
    own.chain(module.outside.iter().cloned())
}

/// Complaints about what stands in single files: the cuda feature and globals outside of their places.
pub fn check_file(file: &File) -> Vec<(&'static str, Complaint)> {
    let Ok(parsed) = syn::parse_file(&file.text) else { return Vec::new() };
    let mut visitor = Contents::default();
    visitor.visit_file(&parsed);
    let may_know_cuda = ["/src/gpu/", "/src/device.rs", "/build.rs"].iter().any(|place| file.path.contains(place));
    let place = |line: usize| format!("{}:{line}", file.path);
    let cuda = visitor.cuda.into_iter().filter(|_| !may_know_cuda);
    let cuda = cuda.map(|line| (CUDA, Complaint { place: place(line), what: CUDA.into() }));
    let globals = visitor.globals.into_iter().map(|(line, name)| {
        (GLOBALS, Complaint { place: place(line), what: format!("{GLOBALS}, but: static {name}") })
    });
    cuda.chain(globals).collect()
}

/// What is left of the complaints after the exceptions, with a complaint for each exception that covers nothing.
pub fn without(complaints: Vec<(&'static str, Complaint)>, exceptions: &[Exception]) -> Vec<Complaint> {
    let covers = |exception: &Exception, rule: &str, complaint: &Complaint| {
        exception.rule == rule && complaint.place.rsplit_once(':').is_some_and(|(path, _)| path == exception.path)
    };
    let unneeded = exceptions.iter().filter(|e| !complaints.iter().any(|(rule, c)| covers(e, rule, c)));
    let mut left: Vec<Complaint> = unneeded
        .map(|e| Complaint {
            place: e.path.to_owned(),
            what: format!("the exception from {:?} is no longer needed: strike it", e.rule),
        })
        .collect();
    left.extend(
        complaints.into_iter().filter(|(rule, c)| !exceptions.iter().any(|e| covers(e, rule, c))).map(|(_, c)| c),
    );
    left
}

/// Types whose value changes behind a shared reference: a static of one is a global variable.
const CHANGING: &[&str] =
    &["OnceLock", "OnceCell", "LazyLock", "LazyCell", "Mutex", "RwLock", "RefCell", "Cell", "UnsafeCell"];

#[derive(Default)]
struct Contents {
    cuda: Vec<usize>,
    globals: Vec<(usize, String)>,
}

fn words(tokens: &TokenStream) -> Vec<String> {
    let text = tokens.to_string();
    text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect()
}

fn names_cuda(tokens: &TokenStream) -> bool {
    tokens.to_string().replace(' ', "").contains("feature=\"cuda\"")
}

impl<'ast> Visit<'ast> for Contents {
    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if names_cuda(&attribute.meta.to_token_stream()) {
            self.cuda.push(attribute.pound_token.spans[0].start().line);
        }
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        use syn::spanned::Spanned;
        let line = call.span().start().line;
        if names_cuda(&call.tokens) {
            self.cuda.push(line);
        }
        if call.path.segments.last().is_some_and(|s| s.ident == "thread_local" || s.ident == "lazy_static") {
            self.globals.push((line, call.path.to_token_stream().to_string()));
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !item
            .attrs
            .iter()
            .any(|a| a.path().is_ident("cfg") && words(&a.meta.to_token_stream()).contains(&"test".into()))
        {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let is_changing = words(&item.ty.to_token_stream())
            .iter()
            .any(|word| CHANGING.contains(&word.as_str()) || word.starts_with("Atomic"));
        if is_changing || matches!(item.mutability, syn::StaticMutability::Mut(_)) {
            self.globals.push((item.static_token.span.start().line, item.ident.to_string()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<&'static str> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
        let krate =
            Crate::read(path, &|at| (at == path || at == format!("{folder}/schedule.rs")).then(|| text.to_owned()));
        let mut rules: Vec<&str> =
            check(&krate.expect("a crate that parses")).into_iter().map(|(rule, _)| rule).collect();
        rules.extend(check_file(&File::sample(path, text)).into_iter().map(|(rule, _)| rule));
        rules.dedup();
        rules
    }

    /// A sample that breaks each rule, in the order of the rules.
    const BAD: &[(&str, &str)] = &[
        ("engine/src/handle.rs", "use sqlx::PgPool;"),
        ("server/src/actions/vote.rs", "use mixtral_engine::Engine;"),
        ("server/src/views/page.rs", "use engine_messages::engine;"),
        ("engine/src/schedule/plan.rs", "fn f(a: candle_core::Tensor) {}"),
        ("server/src/handlers/vote.rs", "fn f() { let row = sqlx::query!(\"SELECT 1\"); }"),
        ("server/src/handlers/votes.rs", "use crate::store::votes; fn f() { votes::set_withdrawn(1); }"),
        ("server/src/store/votes.rs", "use actix_web::web;"),
        ("server/rating/src/elo.rs", "use std::time; fn f() { let now = time::Instant::now(); }"),
    ];

    #[test]
    fn every_rule_on_paths_finds_its_bad_sample() {
        for ((path, text), rule) in BAD.iter().zip(RULES) {
            assert_eq!(found(path, text), [rule.name], "{path}");
        }
        assert_eq!(RULES.len(), BAD.len() + 1, "the last rule has a test of its own");
    }

    #[test]
    fn the_model_may_know_the_plan_and_not_the_scheduler() {
        let texts = [
            ("engine/src/model/lib.rs", "mod schedule; use crate::schedule::{Plan, Scheduler};"),
            ("engine/src/model/schedule.rs", "pub struct Plan; pub struct Scheduler;"),
        ];
        let read = |path: &str| texts.iter().find(|(at, _)| *at == path).map(|(_, text)| (*text).to_owned());
        let krate = Crate::read("engine/src/model/lib.rs", &read).expect("a crate that parses");
        let rules: Vec<String> = check(&krate).into_iter().map(|(_, c)| c.what).collect();
        assert_eq!(rules, ["model sees only schedule's plan, but: crate::schedule::Scheduler"]);
    }

    #[test]
    fn the_cuda_feature_and_globals_are_found() {
        assert_eq!(found("engine/src/model/mixtral.rs", "#[cfg(feature = \"cuda\")] fn f() {}"), [CUDA]);
        assert_eq!(found("engine/src/model/mixtral.rs", "fn f() { if cfg!(feature = \"cuda\") {} }"), [CUDA]);
        assert_eq!(found("engine/src/step.rs", "static POOL: std::sync::OnceLock<u8> = x();"), [GLOBALS]);
        assert_eq!(found("engine/src/step.rs", "static mut A: u8 = 1;"), [GLOBALS]);
        assert_eq!(found("engine/src/step.rs", "std::thread_local! { static A: u8 = 1; }"), [GLOBALS]);
    }

    #[test]
    fn what_is_allowed_passes() {
        for (path, text) in [
            ("engine/src/handle.rs", "// sqlx\nfn f() { let a = \"sqlx::query\"; }"),
            ("server/src/inference_server/chat.rs", "use mixtral_engine::Engine; use actix_web::web;"),
            ("server/src/store/votes.rs", "fn f() { sqlx::query!(\"SELECT 1\") }"),
            ("server/src/handlers/votes.rs", "use crate::store::votes; fn f() { votes::page(1); }"),
            ("server/src/actions/withdraw_vote.rs", "use crate::store::votes; fn f() { votes::set_withdrawn(1); }"),
            ("server/src/domain/vote.rs", "#[derive(sqlx::Type)] struct A(std::time::Duration);"),
            ("engine/src/gpu/mod.rs", "#[cfg(feature = \"cuda\")] fn f() {}"),
            ("server/src/app.rs", "static NAMES: &[&str] = &[];"),
            ("server/rating/src/elo.rs", "#[cfg(test)] mod tests { fn f() { std::env::temp_dir(); } }"),
        ] {
            assert_eq!(found(path, text), Vec::<&str>::new(), "{path}");
        }
    }

    #[test]
    fn an_exception_covers_its_file_and_must_be_needed() {
        let exceptions = [Exception { path: "a.rs", rule: GLOBALS, reason: "" }];
        let broken = || vec![(GLOBALS, Complaint { place: "a.rs:3".into(), what: String::new() })];
        assert!(without(broken(), &exceptions).is_empty());
        assert_eq!(without(broken(), &[]).len(), 1);
        assert_eq!(without(Vec::new(), &exceptions).len(), 1);
    }
}
