//! nginx in front of several servers.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use super::free_address;

/// nginx, ended when it is dropped.
pub struct Nginx {
    child: Child,
    _folder: tempfile::TempDir,
    pub address: SocketAddr,
}

impl Nginx {
    /// In front of these servers, passing over one that is down.
    pub fn before(servers: &[SocketAddr]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let address = free_address();
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
        _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        _ = self.child.wait();
    }
}
