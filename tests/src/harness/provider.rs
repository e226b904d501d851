//! A provider that people sign in at by OpenID Connect: discovery, keys, the page that asks who one is, tokens, claims. It signs with
//! a key of its own (ES256 or RS256), checks PKCE and the client's secret, takes each code once, and can be told to do one thing wrong.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};
use url::Url;

use super::signing_key::{SigningKey, encoded};

/// What a client is called.
pub const CLIENT: &str = "verse-arena";
/// What it knows.
pub const SECRET: &str = "a secret of the arena";

/// What a provider does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The token names another sign-in.
    Nonce,
    /// It is meant for another client.
    Audience,
    /// It is of another provider.
    Issuer,
    /// It ended an hour ago.
    Expired,
    /// It is signed by a key that nobody published.
    Signature,
    /// It is not signed.
    Unsigned,
    /// It speaks of another access token.
    AccessToken,
    /// Tokens are not given.
    Down,
}

#[derive(Debug, Default)]
struct State {
    accounts: HashMap<String, Value>,
    /// By code: the query that asked for it, and who it was.
    codes: HashMap<String, (HashMap<String, String>, String)>,
    /// By access token.
    tokens: HashMap<String, String>,
    wrong: Option<Wrong>,
    /// How many keys there were before the present one.
    rotations: usize,
    issued: usize,
}

struct Shared {
    address: SocketAddr,
    key: Mutex<SigningKey>,
    foreign: SigningKey,
    state: Mutex<State>,
}

/// A running provider; it runs as long as the test.
#[derive(Clone)]
pub struct Provider {
    shared: Arc<Shared>,
}

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

impl Provider {
    /// Starts one on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let [key, foreign] = [SigningKey::es256(), SigningKey::es256()];
        let shared = Shared { address, key: Mutex::new(key), foreign, state: Mutex::default() };
        let provider = Self { shared: Arc::new(shared) };
        let serving = provider.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        provider
    }

    /// Its issuer URL.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.shared.address)
    }

    /// Knows somebody by this name, with these claims.
    pub fn account(&self, subject: &str, claims: Value) {
        self.state().accounts.insert(subject.to_owned(), claims);
    }

    /// Does this wrong from now on, or nothing.
    pub fn does(&self, wrong: Option<Wrong>) {
        self.state().wrong = wrong;
    }

    /// Signs with another key from now on.
    pub fn rotate(&self) {
        self.sign_with(SigningKey::es256());
    }

    /// Signs with an RSA key (RS256) from now on, as most providers do.
    pub fn rotate_to_rsa(&self) {
        self.sign_with(SigningKey::rs256());
    }

    fn sign_with(&self, key: SigningKey) {
        *self.key() = key;
        self.state().rotations += 1;
    }

    fn key(&self) -> MutexGuard<'_, SigningKey> {
        self.shared.key.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where somebody comes back to who was sent here, as a path with its query, when they choose an account (or `deny`).
    pub async fn choose(&self, sent_to: &str, account: &str) -> String {
        assert!(sent_to.starts_with(&self.issuer()), "sent elsewhere: {sent_to}");
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let answer = client.get(format!("{sent_to}&account={account}")).send().await.expect("an answer");
        let to = answer.headers().get("location").expect("sent back").to_str().expect("an address");
        let to = Url::parse(to).expect("an address");
        format!("{}?{}", to.path(), to.query().unwrap_or_default())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: TcpStream) {
        let Some(request) = Request::read(&stream) else { return };
        let answer = match request.path.as_str() {
            "/.well-known/openid-configuration" => Answer::json(200, &self.discovery()),
            "/jwks" => Answer::json(200, &self.jwks()),
            "/authorize" => self.authorize(&request.query),
            "/token" => self.token(&request),
            "/userinfo" => self.user_info(&request),
            _ => Answer::json(404, &json!({})),
        };
        let mut stream = stream;
        // Whoever asked may have gone.
        let _ = stream.write_all(answer.0.as_bytes());
    }

    fn discovery(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/userinfo"),
            "jwks_uri": format!("{issuer}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.key().algorithm()],
        })
    }

    fn jwks(&self) -> Value {
        let kid = format!("key-{}", self.state().rotations);
        json!({ "keys": [self.key().published(&kid)] })
    }

    /// Asks who one is, or sends back whom the address names.
    fn authorize(&self, query: &HashMap<String, String>) -> Answer {
        let said = |name: &str| query.get(name).map_or("", String::as_str);
        assert_eq!((said("client_id"), said("response_type")), (CLIENT, "code"), "{query:?}");
        assert_eq!(said("code_challenge_method"), "S256", "{query:?}");
        assert!(said("scope").split(' ').any(|scope| scope == "openid") && said("nonce").len() > 10, "{query:?}");
        let mut back = Url::parse(said("redirect_uri")).expect("where to go back");
        let account = said("account");
        if account.is_empty() {
            let here: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
            let here = here.replace('&', "&amp;");
            let mut names: Vec<String> = self.state().accounts.keys().cloned().collect();
            names.sort();
            names.push("deny".to_owned());
            let links = names.iter().map(|name| {
                format!("<p><a id=\"{name}\" href=\"/authorize?{here}&amp;account={name}\">{name}</a></p>")
            });
            let links: String = links.collect();
            return Answer::page(&format!(
                "<!doctype html><html lang=\"en\"><link rel=\"icon\" href=\"data:,\"><title>Provider</title><h1>Who are you?</h1>{links}"
            ));
        }
        let mut state = self.state();
        if account == "deny" {
            back.query_pairs_mut().append_pair("error", "access_denied");
        } else {
            state.issued += 1;
            let code = format!("code-{}", state.issued);
            state.codes.insert(code.clone(), (query.clone(), account.to_owned()));
            back.query_pairs_mut().append_pair("code", &code);
        }
        back.query_pairs_mut().append_pair("state", said("state"));
        Answer::redirect(back.as_str())
    }

    fn token(&self, request: &Request) -> Answer {
        let form: HashMap<String, String> = url::form_urlencoded::parse(request.body.as_bytes()).into_owned().collect();
        let said = |name: &str| form.get(name).map_or("", String::as_str);
        let wrong = self.state().wrong;
        if wrong == Some(Wrong::Down) {
            return Answer::json(500, &json!({}));
        }
        let known = format!("{CLIENT}:{}", SECRET.replace(' ', "+"));
        if request.authorization != format!("Basic {}", BASE64_STANDARD.encode(known)) {
            return Answer::json(401, &json!({ "error": "invalid_client" }));
        }
        let Some((asked, subject)) = self.state().codes.remove(said("code")) else {
            return Answer::json(400, &json!({ "error": "invalid_grant", "error_description": "unknown or used" }));
        };
        let proof = encoded(digest(&SHA256, said("code_verifier").as_bytes()));
        if asked.get("code_challenge") != Some(&proof)
            || asked.get("redirect_uri").map(String::as_str) != Some(said("redirect_uri"))
        {
            return Answer::json(400, &json!({ "error": "invalid_grant", "error_description": "another proof" }));
        }
        let access = format!("access-{}", said("code"));
        self.state().tokens.insert(access.clone(), subject.clone());
        let hashed = if wrong == Some(Wrong::AccessToken) { "another" } else { &access };
        let now = seconds();
        let mut claims = json!({
            "iss": if wrong == Some(Wrong::Issuer) { "https://id.example.org".to_owned() } else { self.issuer() },
            "aud": if wrong == Some(Wrong::Audience) { "another-client" } else { CLIENT },
            "sub": subject,
            "nonce": if wrong == Some(Wrong::Nonce) { "another" } else { asked.get("nonce").map_or("", String::as_str) },
            "iat": if wrong == Some(Wrong::Expired) { now - 7200 } else { now },
            "exp": if wrong == Some(Wrong::Expired) { now - 3600 } else { now + 600 },
            "at_hash": encoded(&digest(&SHA256, hashed.as_bytes()).as_ref()[..16]),
        });
        let known = self.state().accounts.get(&subject).cloned().unwrap_or_default();
        if let (Some(claims), Some(known)) = (claims.as_object_mut(), known["token"].as_object()) {
            claims.extend(known.clone());
        }
        let token = self.signed(&claims, wrong);
        Answer::json(
            200,
            &json!({ "access_token": access, "token_type": "Bearer", "expires_in": 600, "id_token": token }),
        )
    }

    fn signed(&self, claims: &Value, wrong: Option<Wrong>) -> String {
        let algorithm = if wrong == Some(Wrong::Unsigned) { "none" } else { self.key().algorithm() };
        let head = json!({ "alg": algorithm, "typ": "JWT", "kid": format!("key-{}", self.state().rotations) });
        let said = format!("{}.{}", encoded(head.to_string()), encoded(claims.to_string()));
        let signature = match wrong {
            Some(Wrong::Unsigned) => String::new(),
            Some(Wrong::Signature) => self.shared.foreign.sign(&said),
            _ => self.key().sign(&said),
        };
        format!("{said}.{signature}")
    }

    /// What is known of somebody beside the token.
    fn user_info(&self, request: &Request) -> Answer {
        let state = self.state();
        let token = request.authorization.strip_prefix("Bearer ").unwrap_or_default();
        let Some(subject) = state.tokens.get(token) else { return Answer::json(401, &json!({})) };
        let mut claims = json!({ "sub": subject });
        let known = state.accounts.get(subject).and_then(|known| known["user"].as_object());
        if let (Some(claims), Some(known)) = (claims.as_object_mut(), known) {
            claims.extend(known.clone());
        }
        Answer::json(200, &claims)
    }
}

struct Request {
    path: String,
    query: HashMap<String, String>,
    authorization: String,
    body: String,
}

impl Request {
    fn read(stream: &TcpStream) -> Option<Self> {
        let mut lines = BufReader::new(stream);
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let target = line.split(' ').nth(1)?.to_owned();
        let url = Url::parse("http://here").ok()?.join(&target).ok()?;
        let (mut length, mut authorization) = (0, String::new());
        loop {
            line.clear();
            lines.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim().split_once(": ") else { break };
            match name.to_lowercase().as_str() {
                "content-length" => length = value.parse().ok()?,
                "authorization" => authorization = value.to_owned(),
                _ => {}
            }
        }
        let mut body = vec![0; length];
        lines.read_exact(&mut body).ok()?;
        let body = String::from_utf8(body).ok()?;
        Some(Self { path: url.path().to_owned(), query: url.query_pairs().into_owned().collect(), authorization, body })
    }
}

struct Answer(String);

impl Answer {
    fn new(status: u16, kind: &str, more: &str, body: &str) -> Self {
        let length = body.len();
        Self(format!(
            "HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n{more}\r\n{body}"
        ))
    }

    fn json(status: u16, value: &Value) -> Self {
        Self::new(status, "application/json", "", &value.to_string())
    }

    fn page(html: &str) -> Self {
        Self::new(200, "text/html; charset=utf-8", "", html)
    }

    fn redirect(to: &str) -> Self {
        Self::new(302, "text/plain", &format!("location: {to}\r\n"), "")
    }
}
