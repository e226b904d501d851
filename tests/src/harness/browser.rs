//! A real Chromium, driven over WebDriver.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::{ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use super::eventually_async;

/// What the window is like.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// The browser's language.
    pub language: &'static str,
    /// Width and height in CSS pixels.
    pub size: (u32, u32),
    /// Whether the visitor prefers dark pages.
    pub dark: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { language: "en-US", size: (1280, 900), dark: false }
    }
}

impl Look {
    /// A phone.
    pub fn phone(self) -> Self {
        Self { size: (390, 844), ..self }
    }

    /// In Chinese.
    pub fn chinese(self) -> Self {
        Self { language: "zh-CN", ..self }
    }

    /// In the dark.
    pub fn dark(self) -> Self {
        Self { dark: true, ..self }
    }
}

/// A browser window with a fresh profile.
pub struct Browser {
    client: fantoccini::Client,
    driver: Child,
    session: String,
    http: reqwest::Client,
}

struct Tools {
    chromium: PathBuf,
    driver: PathBuf,
}

static TOOLS: OnceLock<Tools> = OnceLock::new();

/// Finds Chromium and its driver. As root on Debian they are installed where they are missing; otherwise the test fails
/// and says what to install: a suite that silently skips its browser would pass without having looked.
fn tools() -> &'static Tools {
    TOOLS.get_or_init(|| {
        let find = || {
            let chromium = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path)?;
            Some(Tools { chromium, driver: on_path("chromedriver")? })
        };
        find()
            .or_else(|| {
                install();
                find()
            })
            .unwrap_or_else(|| {
                panic!(
                    "the browser suite needs Chromium, its driver and Chinese letters. On Debian or Ubuntu:\n    \
                 sudo apt-get install --no-install-recommends chromium chromium-driver fonts-noto-cjk\n\
                 All other suites run without:\n    cargo test --workspace -- --skip browser::"
                )
            })
    })
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .chain([PathBuf::from("/usr/bin")])
        .map(|folder| folder.join(name))
        .find(|p| p.is_file())
}

fn install() {
    if !rustix::process::geteuid().is_root() || !Path::new("/usr/bin/apt-get").is_file() {
        return;
    }
    eprintln!("installing Chromium for the browser suite");
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let packages = ["chromium", "chromium-driver", "fonts-noto-cjk"];
    let _ = apt(&["update", "-q"]);
    let _ = apt(&[&["install", "-q", "-y", "--no-install-recommends"][..], &packages[..]].concat());
}

/// Starts the driver on a free port. `None` when it ended: it takes a port that is free on IPv4 and gives up where the
/// same one is taken on IPv6.
fn start(program: &Path) -> Option<(Child, u16)> {
    let mut command = Command::new(program);
    command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut driver = command.spawn().expect("chromedriver starts");
    let mut lines = BufReader::new(driver.stdout.take().expect("its output")).lines();
    let port = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split("started successfully on port ").nth(1)?.trim_end_matches('.').parse().ok());
    let Some(port) = port else {
        let ended = driver.wait();
        eprintln!("chromedriver ended before it told its port: {ended:?}");
        return None;
    };
    // It must not block on a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some((driver, port))
}

impl Browser {
    /// Opens a window.
    pub async fn open(look: Look) -> Self {
        let tools = tokio::task::spawn_blocking(tools).await.expect("Chromium is there");
        let (driver, port) = (0..5).find_map(|_| start(&tools.driver)).expect("chromedriver tells its port");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
        ];
        let mut arguments: Vec<String> = arguments.map(str::to_owned).to_vec();
        arguments.push(format!("--lang={}", look.language));
        arguments.push(format!("--window-size={},{}", look.size.0.max(600), look.size.1));
        let capabilities = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": tools.chromium,
                "args": arguments,
                "prefs": { "intl.accept_languages": look.language },
            },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("an object") };
        let url = format!("http://127.0.0.1:{port}");
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities);
        let client = builder.connect(&url).await.expect("Chromium starts");
        let id = client.session_id().await.expect("a session").expect("a session");
        let session = format!("{url}/session/{id}");
        // Makes sure that TLS, which reqwest always carries, has its provider.
        drop(super::Client::new(([127, 0, 0, 1], port).into()));
        let http = reqwest::Client::builder().build().expect("an HTTP client");
        let browser = Self { client, driver, session, http };
        let (width, height) = look.size;
        let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        browser.devtools("Emulation.setEmulatedMedia", media).await;
        browser
    }

    /// A command of the browser's own protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters }).to_string();
        let request = self.http.post(format!("{}/goog/cdp/execute", self.session)).body(body);
        let answer = request.send().await.expect("the driver answers").text().await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["value"]["error"].is_null(), "{command}: {answer}");
        answer["value"].clone()
    }

    /// Goes to an address.
    pub async fn go(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// The path of the page.
    pub async fn path(&self) -> String {
        self.client.current_url().await.expect("an address").path().to_owned()
    }

    /// The first element that there is or comes.
    pub async fn find(&self, css: &str) -> Element {
        eventually_async(&format!("an element {css}"), async || self.client.find(Locator::Css(css)).await.ok()).await
    }

    /// Whether there is such an element now.
    pub async fn has(&self, css: &str) -> bool {
        self.client.find(Locator::Css(css)).await.is_ok()
    }

    /// Waits until an element can be seen.
    pub async fn see(&self, css: &str) -> Element {
        eventually_async(&format!("a visible element {css}"), async || {
            let element = self.client.find(Locator::Css(css)).await.ok()?;
            element.is_displayed().await.ok()?.then_some(element)
        })
        .await
    }

    /// Clicks an element once it can be seen.
    pub async fn click(&self, css: &str) {
        self.see(css).await;
        eventually_async(&format!("a click on {css}"), async || {
            self.client.find(Locator::Css(css)).await.ok()?.click().await.ok()
        })
        .await;
    }

    /// Writes into a field; what was there goes.
    pub async fn write(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.expect("the field is cleared");
        field.send_keys(text).await.expect("the field takes text");
    }

    /// Presses a key on the page.
    pub async fn press(&self, key: &str) {
        for kind in ["keyDown", "keyUp"] {
            let text = if kind == "keyDown" { key } else { "" };
            self.devtools("Input.dispatchKeyEvent", json!({ "type": kind, "key": key, "text": text })).await;
        }
    }

    /// Presses a key that writes nothing.
    pub async fn press_code(&self, key: &str, code: &str) {
        for kind in ["rawKeyDown", "keyUp"] {
            let number = if code == "Tab" { 9 } else { 0 };
            let body = json!({ "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number });
            self.devtools("Input.dispatchKeyEvent", body).await;
        }
    }

    /// The text that can be seen in an element.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap_or_default()
    }

    /// Waits until an element's visible text holds something.
    pub async fn read(&self, css: &str, what: &str) -> String {
        eventually_async(&format!("{what:?} in {css}"), async || {
            let text = self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()?;
            text.contains(what).then_some(text)
        })
        .await
    }

    /// Runs a script of the test in the page.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Fails when the page is wider than the window: than its root, as a phone's window grows with what stands in it.
    pub async fn assert_fits(&self) {
        let widths = "const width = document.documentElement.clientWidth; \
                      return [document.documentElement.scrollWidth, width, Array.from(document.querySelectorAll('main *'))\
                      .filter(e => e.getBoundingClientRect().right > width + 1 && !e.closest('.scroll, pre, nav, math'))\
                      .slice(0, 3).map(e => e.outerHTML.slice(0, 120))]";
        let widths = self.run(widths).await;
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{} is too wide: {widths}", self.path().await);
    }

    /// Fails when the browser complained: a refused script or style, a file that is missing, an error in a script.
    pub async fn assert_quiet(&self, allowed: &[&str]) {
        let request = self.http.post(format!("{}/se/log", self.session)).body(json!({ "type": "browser" }).to_string());
        let answer = request.send().await.expect("the driver answers").text().await.expect("an answer");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let severe: HashSet<&str> = answer["value"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE")
            .filter_map(|entry| entry["message"].as_str())
            .filter(|message| !allowed.iter().any(|allowed| message.contains(allowed)))
            .collect();
        assert!(severe.is_empty(), "the browser complains: {severe:#?}");
    }

    /// Saves what can be seen into the screenshots' folder; returns the file.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        // Fonts, layout and transitions come to rest.
        tokio::time::sleep(Duration::from_millis(250)).await;
        let image = self.client.screenshot().await.expect("a screenshot");
        let folder = screenshots();
        std::fs::create_dir_all(&folder).expect("the screenshots' folder");
        let file = folder.join(format!("{name}.png"));
        std::fs::write(&file, image).expect("the screenshot is saved");
        file
    }

    /// Closes the window.
    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // A test that failed: the driver ends its browser when it is told to end.
        let _ = rustix::process::kill_process(
            rustix::process::Pid::from_child(&self.driver),
            rustix::process::Signal::TERM,
        );
        let _ = self.driver.wait();
    }
}

/// Where screenshots go: `ARENA_SCREENSHOTS`, else `target/screenshots`.
pub fn screenshots() -> PathBuf {
    match std::env::var_os("ARENA_SCREENSHOTS") {
        Some(folder) => PathBuf::from(folder),
        None => crate::tidy::root().join("target/screenshots"),
    }
}
