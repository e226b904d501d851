//! Which hosts outgoing requests may reach: judged after the name is resolved, and the judged
//! addresses are the ones that are connected to, so that a name cannot change its mind in between.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use super::error::{BackendError, ErrorKind};
use super::network::{AddressClass, Network, classify};

/// What the administrator's configuration allows besides the internet.
#[derive(Debug, Clone, Default)]
pub struct AddressPolicy {
    /// Hosts and blocks inside the network that may be reached. A block opens loopback, private, shared and unique-local
    /// addresses; link-local addresses and metadata services, which hand out credentials, only where they are named
    /// themselves.
    pub allowed: Vec<Network>,
}

impl AddressPolicy {
    fn allows(&self, host: Option<&str>, address: IpAddr) -> bool {
        let is_named = |by: fn(&Network, IpAddr) -> bool| {
            self.allowed.iter().any(|one| by(one, address) || host.is_some_and(|host| one.is_host(host)))
        };
        match classify(address) {
            AddressClass::Public => true,
            AddressClass::Private => is_named(Network::contains),
            AddressClass::Forbidden => is_named(Network::is_address),
        }
    }

    /// Judges the part of a URL that needs no resolving. A name is judged by the resolver.
    pub(super) fn check(&self, url: &Url) -> Result<(), BackendError> {
        let refused = |address: IpAddr| {
            BackendError::new(ErrorKind::AddressRefused, format!("{address} is not a public address"))
        };
        let address = match url.host() {
            Some(Host::Ipv4(v4)) => IpAddr::V4(v4),
            Some(Host::Ipv6(v6)) => IpAddr::V6(v6),
            Some(Host::Domain(_)) => return Ok(()),
            None => return Err(BackendError::new(ErrorKind::AddressRefused, "the URL has no host")),
        };
        if self.allows(None, address) { Ok(()) } else { Err(refused(address)) }
    }
}

/// Resolves a name and lets only allowed addresses through to the connector.
pub(super) struct CheckedResolver(pub Arc<AddressPolicy>);

/// The mark by which a refusal is recognised below reqwest's own errors.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` resolves to {address}, which is not a public address")]
pub(super) struct RefusedByPolicy {
    host: String,
    address: IpAddr,
}

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.0.clone();
        let host = name.as_str().to_owned();
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let (good, bad): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|address| policy.allows(Some(&host), address.ip()));
            match (good.is_empty(), bad.first()) {
                (true, Some(address)) => Err(RefusedByPolicy { address: address.ip(), host }.into()),
                _ => Ok(Box::new(good.into_iter()) as Addrs),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allowed: &[&str]) -> AddressPolicy {
        AddressPolicy { allowed: allowed.iter().map(|one| one.parse().unwrap()).collect() }
    }

    fn check(policy: &AddressPolicy, url: &str) -> bool {
        policy.check(&url.parse().unwrap()).is_ok()
    }

    #[test]
    fn written_out_inner_addresses_are_refused_unless_allowed() {
        let closed = AddressPolicy::default();
        let open = policy(&["0.0.0.0/0", "::/0"]);
        // The URL parser turns octal, hexadecimal and decimal forms into plain addresses.
        for url in ["http://127.0.0.1/v1", "http://0x7f.1/", "http://2130706433/", "http://[::ffff:10.0.0.1]/"] {
            assert!(!check(&closed, url), "{url}");
            assert!(check(&open, url), "{url}");
        }
        assert!(!check(&open, "http://169.254.169.254/latest"));
        assert!(!check(&policy(&["100.64.0.0/10"]), "http://100.100.100.200/latest"));
        assert!(check(&policy(&["169.254.169.254"]), "http://169.254.169.254/latest"), "named itself");
        let named = policy(&["10.1.0.0/16"]);
        assert!(check(&named, "http://10.1.2.3:8000/v1"));
        assert!(!check(&named, "http://10.2.2.3:8000/v1"));
        assert!(check(&closed, "https://1.1.1.1/v1"));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused_after_resolution() {
        let closed = CheckedResolver(Arc::new(AddressPolicy::default()));
        let Err(error) = closed.resolve("localhost".parse().unwrap()).await else {
            panic!("localhost must be refused");
        };
        assert!(error.downcast_ref::<RefusedByPolicy>().is_some());
        let named = CheckedResolver(Arc::new(policy(&["localhost"])));
        assert!(named.resolve("localhost".parse().unwrap()).await.unwrap().count() > 0);
    }
}
