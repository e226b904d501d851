//! nginx before three servers on one database, one of which after another is started anew.

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use arena_tests::harness::{Arena, Options};

use crate::length;
use crate::visitors::{Tally, assert_kept, play, register};

/// nginx, ended when it is dropped.
struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
    address: SocketAddr,
}

impl Nginx {
    /// In front of these servers, passing over one that is down.
    fn before(servers: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let servers: String = servers.iter().map(|at| format!("server {at} max_fails=1 fail_timeout=1s;")).collect();
        let root = folder.path().display();
        let configuration = format!(
            "daemon off; pid {root}/pid; error_log {root}/error.log;
            events {{ worker_connections 1024; }}
            http {{
                access_log off; client_body_temp_path {root}/body; proxy_temp_path {root}/proxy;
                fastcgi_temp_path {root}/f; uwsgi_temp_path {root}/u; scgi_temp_path {root}/s;
                upstream arena {{ {servers} keepalive 32; }}
                server {{
                    listen {address};
                    location / {{
                        proxy_pass http://arena; proxy_http_version 1.1; proxy_set_header Connection \"\";
                        proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_buffering off; proxy_read_timeout 1h; proxy_next_upstream error timeout;
                    }}
                }}
            }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration).expect("written");
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&file).arg("-p").arg(folder.path()).stderr(Stdio::null());
        let child = command.spawn().expect("nginx is installed: apt-get install nginx-light");
        Self { child, _folder: folder, address }
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        _ = rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM);
        _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "needs nginx, and takes a minute and more"]
async fn servers_behind_a_proxy_are_started_anew_one_by_one_without_losing_a_vote() {
    let first = tokio::task::spawn_blocking(|| Arena::start(Options::bare())).await.expect("starts");
    let endpoint = register(&first.store().await).await;
    // Fixed ports, so that the proxy finds a server again.
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
    let ports: Vec<SocketAddr> = (0..3).map(|_| free()).collect();
    let start = |at: SocketAddr| {
        let options = Options { listen: Some(at), ..Options::bare().variable("ARENA_TRUSTED_PROXIES", "1") };
        first.start_beside(options)
    };
    let mut servers: Vec<Arena> = ports.iter().map(|at| start(*at)).collect();
    let nginx = Nginx::before(&ports);
    let address = Arc::new(RwLock::new(nginx.address));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let tally = Tally::default();
    let visitors: Vec<_> = (0..8).map(|n| tokio::spawn(play(address.clone(), tally.clone(), n))).collect();
    let mut restarts = 0;
    let began = std::time::Instant::now();
    while began.elapsed() < length() {
        tokio::time::sleep(Duration::from_secs(3)).await;
        let old = servers.remove(0);
        let at = old.address();
        let (status, _) = tokio::task::block_in_place(|| old.stop());
        assert!(status.success(), "{status}");
        servers.push(tokio::task::block_in_place(|| start(at)));
        restarts += 1;
    }
    tally.is_over.store(true, Ordering::Relaxed);
    for visitor in visitors {
        visitor.await.expect("a visitor ends");
    }
    println!("{restarts} restarts behind nginx in {:?}", began.elapsed());
    assert_kept(&first.store().await, &tally).await;
    drop((servers, endpoint));
}
