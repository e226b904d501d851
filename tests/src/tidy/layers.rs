//! Who may use whom: the invariants of the layout, as a table of what may stand where.

use regex::Regex;

use super::source::{is_test_path, without_comments, without_comments_and_strings, without_tests};
use super::{Complaint, File};

/// One invariant.
struct Rule {
    name: &'static str,
    /// What must not stand in the code.
    forbidden: &'static str,
    /// Where the rule holds: paths that start with one of these …
    inside: &'static [&'static str],
    /// … except under these.
    except: &'static [&'static str],
    /// Whether test code is bound too.
    tests_too: bool,
    /// Whether strings are looked into (`feature = "cuda"`).
    strings_too: bool,
}

const RULES: &[Rule] = &[
    Rule {
        name: "the engine knows no HTTP, SQL or template",
        forbidden: r"\b(actix_\w+|reqwest|hyper|axum|sqlx|askama|arena_server)\b",
        inside: &["engine/"],
        except: &[],
        tests_too: true,
        strings_too: false,
    },
    Rule {
        name: "only the inference server uses the engine",
        forbidden: r"\bmixtral_(engine|tools|train)\b",
        inside: &["server/"],
        except: &["server/src/inference_server/", "server/tests/"],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "nothing but the engine knows candle",
        forbidden: r"\bcandle\w*\b",
        inside: &["server/", "tests/"],
        except: &[],
        tests_too: true,
        strings_too: false,
    },
    Rule {
        name: "SQL stands only in store",
        forbidden: r"\bsqlx::(query\w*|raw_sql|QueryBuilder|Executor)\b|\bquery(_as|_scalar)?(_unchecked)?!|\bQueryBuilder\b",
        inside: &["server/src/"],
        except: &["server/src/store/", "server/src/database/"],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "actix stays in handlers, extract, middleware, inference_server, app, routes and main",
        forbidden: r"\bactix_\w+\b",
        inside: &["server/src/"],
        except: &[
            "server/src/handlers/",
            "server/src/extract/",
            "server/src/middleware/",
            "server/src/inference_server/",
            "server/src/app.rs",
            "server/src/bearer.rs",
            "server/src/app/",
            "server/src/routes.rs",
            "server/src/main.rs",
            "server/src/cli/",
        ],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "domain and rating do no I/O and read no clock",
        forbidden: r"\b(std::(fs|net|env|process|io|time::(SystemTime|Instant))|SystemTime|Instant::now|Utc::now|Local::now|tokio|reqwest|actix_\w+|now_v7|new_v4|rand::(rng|random|thread_rng)|sqlx::(Pg\w+|query\w*|Executor))\b",
        inside: &["server/src/domain/", "server/src/rating/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "domain and rating stand on nothing above them",
        forbidden: r"\bcrate::(actions|app|backends|config|database|extract|handlers|middleware|routes|state|store|supervisor|inference_server|views)\b",
        inside: &["server/src/domain/", "server/src/rating/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "store stands on nothing above it",
        forbidden: r"\bcrate::(actions|handlers|extract|middleware|routes|state|views|backends|supervisor|inference_server)\b",
        inside: &["server/src/store/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "actions do not know pages",
        forbidden: r"\bcrate::(handlers|extract|middleware|routes)\b",
        inside: &["server/src/actions/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "schedule sees no tensor",
        forbidden: r"\b(candle\w*|Tensor|crate::(model|ops|quant|weights|device|text|handle|step))\b",
        inside: &["engine/src/schedule/", "engine/src/schedule.rs"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "model sees only schedule's plan",
        forbidden: r"\bschedule::(\w*(Scheduler|Sequence|Blocks?|Prefix|Queue)\w*|scheduler|sequence|blocks|prefix\w*)\b|\bcrate::(handle|step|text|sample)\b",
        inside: &["engine/src/model/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "only ops, device and build files know the cuda feature",
        forbidden: r#"feature\s*=\s*"cuda""#,
        inside: &["engine/", "server/", "tests/"],
        except: &["engine/src/ops/", "engine/src/ops.rs", "engine/src/device.rs", "engine/build.rs", "server/build.rs"],
        tests_too: true,
        strings_too: true,
    },
    Rule {
        name: "unsafe stands only in kernels, mapped weights and the launchers of child processes",
        forbidden: r"\bunsafe\b",
        inside: &["engine/", "server/", "tests/"],
        except: &[
            "engine/src/ops/",
            "engine/src/quant/",
            "engine/src/formats/mmap.rs",
            // Setting a variable before main, for tests only.
            "server/src/database/testing.rs",
        ],
        tests_too: true,
        strings_too: false,
    },
    Rule {
        name: "every channel is bounded",
        forbidden: r"\b(unbounded_channel|UnboundedSender|UnboundedReceiver|mpsc::unbounded|unbounded\s*(::<[^>]*>)?\s*\(|(std::sync::)?mpsc::channel\s*(::<[^>]*>)?\s*\(\s*\))",
        inside: &["engine/", "server/src/", "tests/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "no Box<dyn Any>",
        forbidden: r"\bBox<\s*\(?dyn\s+(std::any::|core::any::)?Any\b",
        inside: &["engine/", "server/"],
        except: &[],
        tests_too: true,
        strings_too: false,
    },
    Rule {
        name: "no globals",
        forbidden: r"(^|[^'\w])static\s+mut\b|(^|[^'\w])static\s+\w+\s*:[^=;]*\b(OnceLock|OnceCell|LazyLock|LazyCell|Mutex|RwLock|Atomic\w+|RefCell|Cell)\b|\b(lazy_static|thread_local)!",
        inside: &["engine/", "server/src/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
    Rule {
        name: "no unwrap: say what was expected, or answer the error",
        forbidden: r"\.unwrap\(\)",
        inside: &["engine/", "server/src/"],
        except: &[],
        tests_too: false,
        strings_too: false,
    },
];

/// A place where a rule is broken on purpose. One that is no longer needed is a complaint.
pub struct Exception {
    /// Which file.
    pub path: &'static str,
    /// Which rule, by its name.
    pub rule: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// Complaints about Rust files of the repository.
pub fn check(files: &[File], exceptions: &[Exception]) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    let mut needed = vec![false; exceptions.len()];
    for rule in RULES {
        let forbidden = Regex::new(rule.forbidden).expect("a regular expression");
        let under = |path: &str, places: &[&str]| places.iter().any(|place| path.starts_with(place));
        for file in files.iter().filter(|file| under(&file.path, rule.inside) && !under(&file.path, rule.except)) {
            // The tables of this module name what they forbid.
            if (!rule.tests_too && is_test_path(&file.path)) || file.path.starts_with("tests/src/tidy/") {
                continue;
            }
            let mut code =
                if rule.strings_too { without_comments(&file.text) } else { without_comments_and_strings(&file.text) };
            if !rule.tests_too {
                code = without_tests(&code);
            }
            for (number, line) in code.lines().enumerate().filter(|(_, line)| forbidden.is_match(line)) {
                match exceptions.iter().position(|e| e.path == file.path && e.rule == rule.name) {
                    Some(at) => needed[at] = true,
                    None => complaints.push(Complaint {
                        place: format!("{}:{}", file.path, number + 1),
                        what: format!("{}, but: {}", rule.name, line.trim()),
                    }),
                }
            }
        }
    }
    for (exception, _) in exceptions.iter().zip(needed).filter(|(_, needed)| !needed) {
        complaints.push(Complaint {
            place: exception.path.to_owned(),
            what: format!("the exception from {:?} is no longer needed: strike it", exception.rule),
        });
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sample that breaks each rule, in the order of the rules.
    const BAD: &[(&str, &str)] = &[
        ("engine/src/handle.rs", "use sqlx::PgPool;"),
        ("server/src/actions/vote.rs", "use mixtral_engine::Engine;"),
        ("server/src/inference_server/chat.rs", "use candle_core::Tensor;"),
        ("server/src/handlers/vote.rs", "let row = sqlx::query!(\"SELECT 1\");"),
        ("server/src/store/votes.rs", "use actix_web::web;"),
        ("server/src/rating/elo.rs", "let now = std::time::Instant::now();"),
        ("server/src/domain/vote.rs", "use crate::store::votes;"),
        ("server/src/store/votes.rs", "use crate::views::Page;"),
        ("server/src/actions/vote.rs", "use crate::handlers::vote;"),
        ("engine/src/schedule/plan.rs", "use crate::model::Mixtral;"),
        ("engine/src/model/mixtral.rs", "use crate::schedule::Scheduler;"),
        ("engine/src/model/mixtral.rs", "#[cfg(feature = \"cuda\")]"),
        ("server/src/app.rs", "unsafe { x() }"),
        ("server/src/app.rs", "let (a, b) = tokio::sync::mpsc::unbounded_channel::<u8>();"),
        ("engine/src/step.rs", "let a: Box<dyn Any> = b;"),
        ("engine/src/step.rs", "static POOL: std::sync::OnceLock<u8> = x;"),
        ("server/src/app.rs", "let a = b.unwrap();"),
    ];

    #[test]
    fn every_rule_finds_its_bad_sample() {
        assert_eq!(BAD.len(), RULES.len());
        for ((path, text), rule) in BAD.iter().zip(RULES) {
            let found = check(&[File::sample(path, text)], &[]);
            assert!(found.iter().any(|c| c.what.starts_with(rule.name)), "{}: {found:?}", rule.name);
        }
    }

    #[test]
    fn what_is_allowed_passes() {
        for (path, text) in [
            ("engine/src/handle.rs", "// sqlx\nlet a = \"sqlx\";"),
            ("server/src/inference_server/chat.rs", "use mixtral_engine::Engine; use actix_web::web;"),
            ("server/src/store/votes.rs", "sqlx::query!(\"SELECT 1\")"),
            ("server/src/domain/vote.rs", "#[derive(sqlx::Type)] fn a(b: &'static str) {}"),
            ("engine/src/model/mixtral.rs", "use crate::schedule::Plan; use crate::schedule::{Plan, Span};"),
            ("engine/src/ops/mod.rs", "#[cfg(feature = \"cuda\")] unsafe {}"),
            ("server/src/app.rs", "let (a, b) = mpsc::channel(8);\n#[cfg(test)]\nmod tests { fn a() { b.unwrap(); } }"),
            ("server/src/app.rs", "static NAMES: &[&str] = &[];"),
        ] {
            assert_eq!(check(&[File::sample(path, text)], &[]), [], "{path}");
        }
    }

    #[test]
    fn an_exception_covers_its_file_and_must_be_needed() {
        let exceptions = [Exception { path: "server/src/app.rs", rule: RULES[16].name, reason: "" }];
        assert!(check(&[File::sample("server/src/app.rs", "a.unwrap()")], &exceptions).is_empty());
        assert_eq!(check(&[File::sample("server/src/app.rs", "a")], &exceptions).len(), 1);
    }
}
