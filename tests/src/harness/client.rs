//! A visitor: keeps cookies, sends forms, and remembers everything that it was told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, Once, PoisonError};

use super::{Form, PATIENCE};

/// A browser without JavaScript.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    cookies: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    /// Heads and bodies of all answers, in order.
    received: Vec<String>,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The path that answered, after redirects.
    pub path: String,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub text: String,
}

static PROVIDER: Once = Once::new();

impl Client {
    /// A visitor of the arena at `address`, without cookies, who speaks English.
    pub fn new(address: SocketAddr) -> Self {
        PROVIDER.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(PATIENCE)
            .read_timeout(PATIENCE)
            .build()
            .expect("an HTTP client");
        Self { http, address, state: Arc::default() }.header("accept-language", "en")
    }

    /// The same visitor with a header on every request; empty takes it away.
    pub fn header(self, name: &str, value: &str) -> Self {
        let mut state = self.lock();
        if value.is_empty() {
            state.headers.remove(name);
        } else {
            state.headers.insert(name.to_owned(), value.to_owned());
        }
        drop(state);
        self
    }

    /// The same person at another server.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Everything received so far: heads and bodies.
    pub fn received(&self) -> String {
        self.lock().received.join("\n")
    }

    /// Notes something that came another way, such as a stream.
    pub fn note(&self, text: &str) {
        self.lock().received.push(text.to_owned());
    }

    /// A cookie's value.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.lock().cookies.get(name).cloned()
    }

    /// Sets a cookie.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.lock().cookies.insert(name.to_owned(), value.to_owned());
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request with this visitor's cookies and headers, to be sent by [`Client::send`].
    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        let mut request = self.http.request(method, format!("http://{}{path}", self.address));
        let state = self.lock();
        for (name, value) in &state.headers {
            request = request.header(name, value);
        }
        if !state.cookies.is_empty() {
            let cookies: Vec<String> = state.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", cookies.join("; "));
        }
        request
    }

    /// Sends a request; redirects are not followed.
    pub async fn send(&self, path: &str, request: reqwest::RequestBuilder) -> Reply {
        let response = request.send().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        self.take_cookies(&response);
        let status = response.status().as_u16();
        let headers: Vec<(String, String)> = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let text = response.text().await.unwrap_or_else(|error| panic!("{path}: {error:?}"));
        self.note(&format!("{status} {path} {headers:?}\n{text}"));
        Reply { status, path: path.to_owned(), headers, text }
    }

    pub(super) fn take_cookies(&self, response: &reqwest::Response) {
        let mut state = self.lock();
        for cookie in response.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            if value.is_empty() || cookie.to_lowercase().contains("max-age=0") {
                state.cookies.remove(name.trim());
            } else {
                state.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
            }
        }
    }

    /// A page, after redirects.
    pub async fn get(&self, path: &str) -> Reply {
        let request = self.request("GET", path).header("accept", "text/html,*/*");
        let reply = self.send(path, request).await;
        self.follow(reply).await
    }

    /// JSON or another document, without redirects.
    pub async fn fetch(&self, path: &str) -> Reply {
        self.send(path, self.request("GET", path).header("accept", "application/json")).await
    }

    /// Sends fields as a form; redirects are not followed.
    pub async fn post(&self, path: &str, fields: &[(String, String)]) -> Reply {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let request = self
            .request("POST", path)
            .header("accept", "text/html,*/*")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.finish());
        self.send(path, request).await
    }

    /// Sends a form by one of its buttons, and follows to the page it leads to.
    pub async fn submit(&self, form: &Form, button: Option<(&str, &str)>) -> Reply {
        let mut fields = form.fields.clone();
        fields.extend(button.map(|(name, value)| (name.to_owned(), value.to_owned())));
        if form.method == "get" {
            let mut query = url::form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(fields.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            return self.get(&format!("{}?{}", form.action, query.finish())).await;
        }
        let reply = self.post(&form.action, &fields).await;
        self.follow(reply).await
    }

    async fn follow(&self, mut reply: Reply) -> Reply {
        for _ in 0..10 {
            let Some(to) = reply.header("location").filter(|_| (300..400).contains(&reply.status)) else { break };
            let to = to.strip_prefix(&format!("http://{}", self.address)).unwrap_or(to).to_owned();
            assert!(to.starts_with('/'), "a redirect leaves the site: {to}");
            let request = self.request("GET", &to).header("accept", "text/html,*/*");
            reply = self.send(&to, request).await;
        }
        reply
    }

    /// Sends JSON to the API.
    pub async fn call(&self, method: &str, path: &str, body: Option<&serde_json::Value>) -> Reply {
        let mut request = self.request(method, path).header("accept", "application/json");
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        self.send(path, request).await
    }
}

impl Reply {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.text)
            .unwrap_or_else(|error| panic!("{} is not JSON ({error}): {}", self.path, self.text))
    }

    /// Fails unless the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text);
        self
    }

    /// The one form for which `wanted` holds.
    #[track_caller]
    pub fn form(&self, what: &str, wanted: impl Fn(&Form) -> bool) -> Form {
        let forms = Form::all(&self.text);
        match forms.iter().find(|form| wanted(form)) {
            // Without an address of its own it goes to its page's.
            Some(form) if form.action.is_empty() => Form { action: self.path.clone(), ..form.clone() },
            Some(form) => form.clone(),
            None => panic!("{} has no form {what}: {forms:#?}\n{}", self.path, self.text),
        }
    }

    /// The page's text without its tags, white space collapsed.
    pub fn words(&self) -> String {
        let tags = regex::Regex::new(r"(?s)<script\b.*?</script>|<[^>]*>").expect("a regular expression");
        let text = super::unescape(&tags.replace_all(&self.text, " "));
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
