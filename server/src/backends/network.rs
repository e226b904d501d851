//! Networks in the notation of an administrator: a host name, an address or a CIDR block.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A host or a block of addresses that an administrator has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A host name, in lower case.
    Host(String),
    /// A block of addresses; a single address is a block of one.
    Block(IpNet),
}

/// Why a text is neither a host name nor a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a host name nor an address nor a block like 10.0.0.0/8")]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in this block. A host name contains no address by itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        matches!(self, Self::Block(block) if block.contains(&canonical(address)))
    }

    /// Whether this is the very address and not merely a block around it.
    pub fn is_address(&self, address: IpAddr) -> bool {
        matches!(self, Self::Block(block) if *block == IpNet::from(canonical(address)))
    }

    /// Whether this is the host name.
    pub fn is_host(&self, name: &str) -> bool {
        matches!(self, Self::Host(host) if host.eq_ignore_ascii_case(name.trim_end_matches('.')))
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let error = || NetworkError(text.to_owned());
        if text.contains('/') {
            return text.parse().map(|block| Self::Block(unmapped(block))).map_err(|_| error());
        }
        if let Ok(address) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Ok(Self::Block(canonical(address).into()));
        }
        let is_name = !text.is_empty()
            && text.len() <= 253
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if is_name { Ok(Self::Host(text.trim_end_matches('.').to_ascii_lowercase())) } else { Err(error()) }
    }
}

/// A block of mapped addresses (`::ffff:10.0.0.0/104`) as the IPv4 block that it is.
fn unmapped(block: IpNet) -> IpNet {
    let IpNet::V6(v6) = block else { return block };
    let v4 = v6.prefix_len().checked_sub(96).zip(v6.addr().to_ipv4_mapped());
    v4.and_then(|(prefix, address)| Ipv4Net::new(address, prefix).ok()).map_or(block, IpNet::V4)
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => f.write_str(name),
            Self::Block(block) => block.fmt(f),
        }
    }
}

/// Where an address belongs, as far as outgoing requests care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AddressClass {
    /// Reachable by anyone on the internet.
    Public,
    /// Loopback, private, shared (CGNAT), unique local: inner networks.
    Private,
    /// Link-local and the metadata services of clouds, which hand out credentials; or an address
    /// that no server can have.
    Forbidden,
}

/// Addresses of metadata services that are not link-local (AWS over IPv6, Alibaba Cloud, Oracle).
const METADATA: [IpAddr; 3] = [
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
];

/// Looks through the ways in which IPv6 carries an IPv4 address: mapped, 6to4, NAT64, compatible.
pub(super) fn canonical(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else {
        return address;
    };
    let s = v6.segments();
    let tail = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff, high, low] => tail(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => tail(high, low),
        [0x2002, high, low, ..] => tail(high, low),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => tail(high, low),
        _ => address,
    }
}

const fn v4(a: u8, b: u8, c: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

// By the registries of special-purpose addresses (IANA, RFC 6890). Written out, because what the standard library and
// crates call "global" leaves out or lets in some of these from release to release.

const FORBIDDEN_V4: [Ipv4Net; 4] = [
    v4(0, 0, 0, 8),      // this network
    v4(169, 254, 0, 16), // link-local, and the metadata services of most clouds
    v4(224, 0, 0, 4),    // multicast
    v4(240, 0, 0, 4),    // reserved, and broadcast
];

const PRIVATE_V4: [Ipv4Net; 10] = [
    v4(127, 0, 0, 8),     // loopback
    v4(10, 0, 0, 8),      // private
    v4(172, 16, 0, 12),   // private
    v4(192, 168, 0, 16),  // private
    v4(100, 64, 0, 10),   // shared by carriers (CGNAT), and Tailscale's
    v4(198, 18, 0, 15),   // benchmarks
    v4(192, 0, 0, 24),    // protocol assignments
    v4(192, 0, 2, 24),    // documentation
    v4(198, 51, 100, 24), // documentation
    v4(203, 0, 113, 24),  // documentation
];

const FORBIDDEN_V6: [Ipv6Net; 3] = [
    v6(0, 0, 128),     // unspecified
    v6(0xff00, 0, 8),  // multicast
    v6(0xfe80, 0, 10), // link-local
];

const PRIVATE_V6: [Ipv6Net; 7] = [
    Ipv6Net::new_assert(Ipv6Addr::LOCALHOST, 128),
    v6(0xfc00, 0, 7),      // unique local
    v6(0xfec0, 0, 10),     // site-local, deprecated
    v6(0x64, 0xff9b, 32),  // local NAT64 (the well-known one carries an IPv4 address, see `canonical`)
    v6(0x100, 0, 16),      // discard-only
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x2001, 0, 32),     // Teredo
];

/// Sorts an address.
pub(super) fn classify(address: IpAddr) -> AddressClass {
    let address = canonical(address);
    let (forbidden, private) = match &address {
        IpAddr::V4(v4) => {
            (FORBIDDEN_V4.iter().any(|net| net.contains(v4)), PRIVATE_V4.iter().any(|net| net.contains(v4)))
        }
        IpAddr::V6(v6) => {
            (FORBIDDEN_V6.iter().any(|net| net.contains(v6)), PRIVATE_V6.iter().any(|net| net.contains(v6)))
        }
    };
    if forbidden || METADATA.contains(&address) {
        AddressClass::Forbidden
    } else if private {
        AddressClass::Private
    } else {
        AddressClass::Public
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inner_addresses_are_known_in_every_disguise() {
        for text in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "::1",
            "fc00::1",
            "fd12:3456::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2002:7f00:1::",
        ] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Private, "{text}");
        }
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
        ] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Forbidden, "{text}");
        }
        for text in ["198.19.255.1", "192.0.0.8", "203.0.113.9", "64:ff9b:1::1", "2001:db8::1", "2001::1", "fec0::1"] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Private, "{text}");
        }
        for text in ["192.0.0.192", "240.0.0.1", "ff02::1", "febf::1"] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Forbidden, "{text}");
        }
        for text in ["2001:4860::1", "198.20.0.1", "192.0.1.1", "2606::1"] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Public, "{text}");
        }
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert_eq!(classify(text.parse().unwrap()), AddressClass::Public, "{text}");
        }
    }

    #[test]
    fn blocks_hosts_and_nonsense_are_told_apart() {
        let block: Network = "10.0.0.0/8".parse().unwrap();
        assert!(block.contains("10.255.0.1".parse().unwrap()));
        assert!(block.contains("::ffff:10.1.1.1".parse().unwrap()));
        assert!(!block.contains("11.0.0.1".parse().unwrap()));
        let all: Network = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("8.8.8.8".parse().unwrap()));
        let six: Network = "fd00::/8".parse().unwrap();
        assert!(six.contains("fdab::1".parse().unwrap()));
        assert!(!six.contains("fe80::1".parse().unwrap()));
        let everything: Network = "::/0".parse().unwrap();
        assert!(everything.contains("fe80::1".parse().unwrap()));
        let mapped: Network = "::ffff:10.0.0.0/104".parse().unwrap();
        assert!(mapped.contains("10.1.1.1".parse().unwrap()) && !mapped.contains("11.1.1.1".parse().unwrap()));
        let one: Network = "[::ffff:10.0.0.1]".parse().unwrap();
        assert!(one.is_address("10.0.0.1".parse().unwrap()) && !block.is_address("10.0.0.1".parse().unwrap()));
        assert!("vllm.internal".parse::<Network>().unwrap().is_host("VLLM.internal."));
        for wrong in ["", "10.0.0.0/33", "a b", "http://x", "::/129", "10.0.0/8"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
