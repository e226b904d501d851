//! Networks in the notation of an administrator: a host name, an address or a CIDR block.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A host or a block of addresses that an administrator has named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Network {
    /// A host name, in lower case.
    Host(String),
    /// All addresses that share the first `prefix` bits with `base`.
    Block {
        /// Any address of the block.
        base: IpAddr,
        /// How many leading bits count.
        prefix: u8,
    },
}

/// Why a text is neither a host name nor a block of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is neither a host name nor an address nor a block like 10.0.0.0/8")]
pub struct NetworkError(String);

impl Network {
    /// Whether the address lies in this block. A host name contains no address by itself.
    pub fn contains(&self, address: IpAddr) -> bool {
        let Self::Block { base, prefix } = self else {
            return false;
        };
        match (canonical(*base), canonical(address)) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let shift = 32 - u32::from((*prefix).min(32));
                u64::from(a.to_bits() ^ b.to_bits()) >> shift == 0
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let shift = 128 - u32::from((*prefix).min(128));
                (a.to_bits() ^ b.to_bits()).checked_shr(shift).unwrap_or(0) == 0
            }
            _ => false,
        }
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
        if let Some((base, prefix)) = text.split_once('/') {
            let base: IpAddr = base.parse().map_err(|_| error())?;
            let prefix: u8 = prefix.parse().map_err(|_| error())?;
            let longest = if base.is_ipv4() { 32 } else { 128 };
            return if prefix <= longest { Ok(Self::Block { base, prefix }) } else { Err(error()) };
        }
        if let Ok(base) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            let prefix = if base.is_ipv4() { 32 } else { 128 };
            return Ok(Self::Block { base, prefix });
        }
        let is_name = !text.is_empty()
            && text.len() <= 253
            && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'));
        if is_name { Ok(Self::Host(text.trim_end_matches('.').to_ascii_lowercase())) } else { Err(error()) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Host(name) => f.write_str(name),
            Self::Block { base, prefix } => write!(f, "{base}/{prefix}"),
        }
    }
}

/// Where an address belongs, as far as outgoing requests care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Reachable by anyone on the internet.
    Outside,
    /// Loopback, private, shared (CGNAT), unique local: inner networks.
    Inside,
    /// Link-local and the metadata services of clouds, which hand out credentials; or an address
    /// that no server can have.
    Never,
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

/// Sorts an address; what the standard library does not name in stable Rust is written out.
pub(super) fn place(address: IpAddr) -> Place {
    let address = canonical(address);
    if METADATA.contains(&address) {
        return Place::Never;
    }
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            if v4.is_link_local() || v4.is_broadcast() || v4.is_multicast() || a == 0 || a >= 240 {
                Place::Never
            } else if v4.is_loopback()
                || v4.is_private()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || (a == 192 && b == 0 && c == 0)
                || v4.is_documentation()
            {
                Place::Inside
            } else {
                Place::Outside
            }
        }
        IpAddr::V6(v6) => {
            let head = v6.segments()[0];
            if v6.is_unspecified() || v6.is_multicast() || (head & 0xffc0) == 0xfe80 {
                Place::Never
            } else if v6.is_loopback()
                || (head & 0xfe00) == 0xfc00
                || (head & 0xffc0) == 0xfec0
                // Discard-only, local NAT64, documentation, Teredo: nothing public lives there.
                || (v6.segments()[..2] == [0x0064, 0xff9b])
                || head == 0x0100
                || (v6.segments()[..2] == [0x2001, 0x0db8])
                || (v6.segments()[..2] == [0x2001, 0])
            {
                Place::Inside
            } else {
                Place::Outside
            }
        }
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
            assert_eq!(place(text.parse().unwrap()), Place::Inside, "{text}");
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
            assert_eq!(place(text.parse().unwrap()), Place::Never, "{text}");
        }
        for text in ["1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:8.8.8.8"] {
            assert_eq!(place(text.parse().unwrap()), Place::Outside, "{text}");
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
        assert!("vllm.internal".parse::<Network>().unwrap().is_host("VLLM.internal."));
        for wrong in ["", "10.0.0.0/33", "a b", "http://x", "::/129", "10.0.0/8"] {
            assert!(wrong.parse::<Network>().is_err(), "{wrong}");
        }
    }
}
