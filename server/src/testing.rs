//! What tests of pages need: the application on a database of its own, and a browser that keeps cookies.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;

use actix_web::cookie::Cookie;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{self, TestRequest};
use clap::Parser;
use fake_endpoint::{Behaviour, Endpoint};
use secrecy::SecretString;
use sqlx::PgPool;

use crate::app::application;
use crate::config::{Config, ServeOptions};
use crate::database::Pools;
use crate::keys::Keys;
use crate::state::AppState;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    serve: ServeOptions,
}

/// A configuration as the command line gives it, without demo models and devices, with more arguments.
pub fn config(arguments: &[&str]) -> Config {
    let line = ["arena", "--devices", "none", "--no-demo", "--data", "/nonexistent"];
    let line = Line::parse_from(line.iter().chain(arguments));
    Config::try_from(line.serve).expect("a good configuration")
}

/// What handlers share, over this database.
pub fn arena(db: PgPool) -> AppState {
    let keys = Keys::from_secret(&SecretString::from("0123456789abcdef0123456789abcdef")).expect("a good secret");
    AppState::new(config(&[]), Pools::one(db), keys).expect("no workers to set up")
}

/// The same without rate limits, for tests of what many do at once.
pub fn unlimited_arena(db: PgPool) -> AppState {
    let rules = config(&["--voter-per-minute", "1000000", "--address-per-minute", "1000000"]).rules;
    let limits = crate::limits::Limits::new(crate::site::Site::new(rules));
    AppState { limits, ..arena(db) }
}

/// Models of these names at one endpoint, in a state, and an arena that knows them and asks them once each.
pub async fn arena_of_endpoint(db: &PgPool, state: &str, models: &[(&str, Behaviour)]) -> (AppState, Endpoint) {
    let endpoint = Endpoint::start();
    for (name, behaviour) in models {
        endpoint.model(name, behaviour.clone());
        sqlx::query(
            "INSERT INTO models (id, slug, display_name, kind, base_url, remote_model, retries, state)
            VALUES (gen_random_uuid(), $1, $1, 'endpoint', $2, $1, 0, $3)",
        )
        .bind(name)
        .bind(endpoint.base_url())
        .bind(state)
        .execute(db)
        .await
        .expect("a model");
    }
    let keys = Keys::from_secret(&SecretString::from("0123456789abcdef0123456789abcdef")).expect("a good secret");
    let config = config(&["--allow-private", "127.0.0.1"]);
    (AppState::new(config, Pools::one(db.clone()), keys).expect("no workers to set up"), endpoint)
}

/// A visitor on this machine.
pub fn caller(voter: crate::domain::VoterId) -> crate::limits::Caller {
    crate::limits::Caller { voter, address: std::net::Ipv4Addr::LOCALHOST.into() }
}

/// Four models, two bases in two quantisations each, of which the first wins most, with so many counted blind votes of the last
/// ten days: each fifth with reasons, forty voters.
pub async fn world(db: &PgPool, votes: i32) -> Vec<crate::domain::ModelId> {
    let models = [
        ("poet-q8", "Poet", "Q8_0"),
        ("poet-q4", "Poet", "Q4_K"),
        ("bard-q8", "Bard", "Q8_0"),
        ("bard-q4", "Bard", "Q4_K"),
    ];
    let mut ids = Vec::new();
    for (slug, base, quantisation) in models {
        let id: uuid::Uuid = sqlx::query_scalar(
            "INSERT INTO models (id, slug, display_name, kind, path, base_model, quantisation, parameters)
            VALUES (gen_random_uuid(), $1, $2 || ' ' || $3, 'local', '/m.gguf', $2, $3, 1000000) RETURNING id",
        )
        .bind(slug)
        .bind(base)
        .bind(quantisation)
        .fetch_one(db)
        .await
        .expect("a model");
        ids.push(id);
    }
    sqlx::query("INSERT INTO voters (id) SELECT gen_random_uuid() FROM generate_series(1, 40)")
        .execute(db)
        .await
        .expect("voters");
    // Who wins follows from the number of the vote: of five votes the stronger gets three, the weaker one, and one is a tie.
    let cast = "INSERT INTO votes (battle_id, voter_id, kind, language, model_a, model_b, choice, reasons, created_at)
        SELECT gen_random_uuid(), (SELECT array_agg(id ORDER BY id) FROM voters)[1 + (n / 5) % 40], 'battle',
            CASE WHEN n % 3 = 0 THEN 'zh' ELSE 'en' END, $1[1 + pair.a], $1[1 + pair.b],
            CASE WHEN n % 5 = 4 THEN 'tie' WHEN (n % 5 = 3) = (pair.a < pair.b) THEN 'b' ELSE 'a' END,
            CASE WHEN n % 5 = 0 THEN ARRAY['accuracy', 'clarity'] ELSE '{}' END,
            date_trunc('day', now(), 'UTC') - make_interval(days => 1 + n % 10, mins => -1)
        FROM generate_series(0, $2 - 1) AS n,
            LATERAL (SELECT (n / 5) % 4 AS a, ((n / 5) % 4 + 1 + (n / 20) % 3) % 4 AS b) AS pair";
    sqlx::query(cast).bind(&ids).bind(votes).execute(db).await.expect("votes");
    count_votes(db).await;
    ids.into_iter().map(crate::domain::ModelId).collect()
}

/// Counts blind votes that were put into the table by hand.
pub async fn count_votes(db: &PgPool) {
    let counted = "kind = 'battle' AND withdrawn_at IS NULL AND exclusion_reason IS NULL";
    let pairs = format!(
        "INSERT INTO pair_counts (kind, language, model_low, model_high, wins_low, wins_high, ties, both_bad)
        SELECT kind, language, least(model_a, model_b), greatest(model_a, model_b),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'a' ELSE 'b' END),
            count(*) FILTER (WHERE choice = CASE WHEN model_a < model_b THEN 'b' ELSE 'a' END),
            count(*) FILTER (WHERE choice = 'tie'), count(*) FILTER (WHERE choice = 'both_bad')
        FROM votes WHERE {counted} GROUP BY 1, 2, 3, 4"
    );
    let elo = "INSERT INTO elo_ratings (kind, language, model_id, rating, changes)
        SELECT 'battle', board.language, models.id, 1000, 1
        FROM models, (SELECT '*' AS language UNION SELECT DISTINCT language FROM votes) AS board
        ON CONFLICT (kind, language, model_id) DO UPDATE SET changes = elo_ratings.changes + 1";
    for sql in ["TRUNCATE pair_counts", pairs.as_str(), elo] {
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(db).await.expect("counted");
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// Where it leads.
    pub fn location(&self) -> &str {
        self.headers.get("location").and_then(|value| value.to_str().ok()).unwrap_or("")
    }
}

type Sent = Pin<Box<dyn Future<Output = (Answer, Vec<(String, String)>)>>>;

/// A browser: keeps cookies, sends form tokens, follows nothing by itself.
pub struct Browser {
    app: Box<dyn Fn(TestRequest) -> Sent>,
    pub cookies: BTreeMap<String, String>,
    /// What the browser says it reads.
    pub language: &'static str,
}

/// A browser that visits this arena.
pub async fn browser(arena: &AppState) -> Browser {
    let app = Rc::new(test::init_service(application(arena.clone())).await);
    let send = move |request: TestRequest| -> Sent {
        let app = app.clone();
        Box::pin(async move {
            let response = test::call_service(&*app, request.to_request()).await;
            let cookies = response.response().cookies().map(|c| (c.name().to_owned(), c.value().to_owned())).collect();
            let (status, headers) = (response.status(), response.headers().clone());
            let body = test::read_body(response).await;
            (Answer { status, headers, text: String::from_utf8_lossy(&body).into_owned() }, cookies)
        })
    };
    Browser { app: Box::new(send), cookies: BTreeMap::new(), language: "en" }
}

impl Browser {
    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(TestRequest::get().uri(path)).await
    }

    /// Sends a form, with the token that the visitor's pages carry unless the fields bring one.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let page = self.get("/admin/sign-in").await.text;
        let token = page.split("name=\"csrf\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("");
        let mut fields = fields.to_vec();
        if !fields.iter().any(|(name, _)| *name == "csrf") {
            fields.push(("csrf", token));
        }
        self.send(TestRequest::post().uri(path).set_form(fields)).await
    }

    async fn send(&mut self, request: TestRequest) -> Answer {
        let mut request = request
            .insert_header(("accept", "text/html"))
            .insert_header(("accept-language", self.language))
            .peer_addr(([127, 0, 0, 1], 9).into());
        for (name, value) in &self.cookies {
            request = request.cookie(Cookie::new(name.clone(), value.clone()));
        }
        let (answer, cookies) = (self.app)(request).await;
        for (name, value) in cookies {
            if value.is_empty() {
                self.cookies.remove(&name);
            } else {
                self.cookies.insert(name, value);
            }
        }
        answer
    }
}
