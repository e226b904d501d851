//! A worker as its own process, and how tests talk to it.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::worker_support::{arena, demo, until};

pub const TOKEN: &str = "a-token-for-tests";

/// A worker that is killed with the test.
pub struct Worker {
    pub child: Child,
    pub base: String,
    pub client: reqwest::Client,
}

impl Worker {
    /// Starts `arena worker` with the model `verse` and these arguments, and waits until it is ready.
    pub async fn start(arguments: &[&str]) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut child = Command::new(arena())
            .args(["worker", "--device", "cpu", "--listen", "127.0.0.1:0", "--threads", "1"])
            .arg("--model")
            .arg(format!("verse={}", demo("q8_0").display()))
            .args(arguments)
            .env("ARENA_WORKER_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("the worker must say where it listens");
        let base = line.strip_prefix("listening on ").expect("the first line names the address").to_owned();
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let worker = Self { child, base, client };
        until("the worker is ready", async || worker.get("/health").await.0 == 200).await;
        worker
    }

    pub fn pid(&self) -> rustix::process::Pid {
        let id = i32::try_from(self.child.id().unwrap()).unwrap();
        rustix::process::Pid::from_raw(id).unwrap()
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        let request = self.client.get(format!("{}{path}", self.base)).bearer_auth(TOKEN);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        self.client.post(format!("{}{path}", self.base)).bearer_auth(TOKEN).json(body).send().await.unwrap()
    }

    /// A number of the model `verse` in `/health`.
    pub async fn counter(&self, name: &str) -> u64 {
        let health: Value = serde_json::from_str(&self.get("/health").await.1).unwrap();
        health["models"][0][name].as_u64().unwrap_or_else(|| panic!("{name} in {health}"))
    }
}
