//! Other hosts: network namespaces where we are root, else other addresses of this one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use arena_tests::harness::{arena_binary, within};

/// A host that can be unplugged.
pub struct Host {
    number: u8,
    /// Whether it is a namespace.
    is_apart: bool,
}

fn ip(arguments: &[&str]) -> bool {
    let mut command = Command::new("ip");
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

impl Host {
    /// The host of this number.
    pub fn new(number: u8) -> Self {
        let mut host = Self { number, is_apart: true };
        host.remove();
        let (name, near, far) = (host.name(), format!("arena{number}n"), format!("arena{number}f"));
        host.is_apart = [
            vec!["netns", "add", &name],
            vec!["link", "add", &near, "type", "veth", "peer", "name", &far],
            vec!["link", "set", &far, "netns", &name],
            vec!["addr", "add", &format!("10.77.{number}.1/24"), "dev", &near],
            vec!["link", "set", &near, "up"],
            vec!["netns", "exec", &name, "ip", "addr", "add", &format!("10.77.{number}.2/24"), "dev", &far],
            vec!["netns", "exec", &name, "ip", "link", "set", &far, "up"],
            vec!["netns", "exec", &name, "ip", "link", "set", "lo", "up"],
        ]
        .iter()
        .all(|arguments| ip(arguments));
        host
    }

    fn name(&self) -> String {
        format!("arena-host-{}", self.number)
    }

    /// What it is.
    pub fn kind(&self) -> &'static str {
        if self.is_apart { "a network namespace" } else { "an address of this host" }
    }

    pub fn address(&self) -> IpAddr {
        let (a, b) = if self.is_apart { (10, 77) } else { (127, 0) };
        Ipv4Addr::new(a, b, self.number, 2).into()
    }

    /// A program on it.
    fn command(&self, program: &Path) -> Command {
        if !self.is_apart {
            return Command::new(program);
        }
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name()]).arg(program);
        command
    }

    /// Whether packets reach it. Where it is no namespace nothing happens, and its programs have to be killed instead.
    pub fn plug(&self, is_in: bool) -> bool {
        self.is_apart && ip(&["link", "set", &format!("arena{}n", self.number), if is_in { "up" } else { "down" }])
    }

    fn remove(&self) {
        ip(&["link", "del", &format!("arena{}n", self.number)]);
        ip(&["netns", "del", &self.name()]);
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.is_apart {
            self.remove();
        }
    }
}

/// `arena worker` on a host, with one model; killed when it is dropped.
pub struct Worker {
    child: Child,
    address: SocketAddr,
}

impl Worker {
    pub fn start(host: &Host, model: &Path, token: &str) -> Self {
        let address = SocketAddr::new(host.address(), 8100);
        let mut command = host.command(arena_binary());
        command.args(["worker", "--device", "cpu", "--threads", "1", "--listen", &address.to_string(), "--model"]);
        command.arg(format!("poet={}", model.display())).env("ARENA_WORKER_TOKEN", token);
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a worker starts");
        within(std::time::Duration::from_secs(60), "the worker listens", || std::net::TcpStream::connect(address).ok());
        Self { child, address }
    }

    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
