//! Where a request comes from: the peer, or what trusted proxies say.

use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpRequest, web};

use crate::error::Error;
use crate::state::AppState;

/// The address of the visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// The address of a request. X-Forwarded-For counts only when `trusted_proxies` stand in front of the arena, and
    /// then from the right: what lies further left was written by the visitor himself.
    pub fn of(request: &HttpRequest) -> Self {
        let trusted = request.app_data::<web::Data<AppState>>().map_or(0, |arena| arena.config.trusted_proxies);
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        Self(forwarded(request.headers(), trusted).unwrap_or(peer).to_canonical())
    }

    /// Whether the request was made on this machine and not passed on by a proxy that runs here.
    pub fn is_local(request: &HttpRequest) -> bool {
        let passed_on = ["x-forwarded-for", "forwarded", "x-real-ip", "via"];
        request.peer_addr().is_some_and(|peer| peer.ip().to_canonical().is_loopback())
            && !passed_on.iter().any(|name| request.headers().contains_key(*name))
    }
}

/// The entry that the outermost trusted proxy wrote; `None` when there is none or it is no address.
fn forwarded(headers: &HeaderMap, trusted: usize) -> Option<IpAddr> {
    let from_right = trusted.checked_sub(1)?;
    let entries: Vec<&str> =
        headers.get_all("x-forwarded-for").filter_map(|value| value.to_str().ok()).flat_map(|v| v.split(',')).collect();
    let entry = entries.iter().rev().nth(from_right)?.trim();
    let bare = entry.trim_start_matches('[').split(']').next().unwrap_or(entry);
    bare.parse().ok().or_else(|| entry.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

impl FromRequest for ClientAddress {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(lines: &[&str], trusted: usize) -> Option<String> {
        let mut request = TestRequest::default();
        for line in lines {
            request = request.append_header(("x-forwarded-for", *line));
        }
        forwarded(request.to_http_request().headers(), trusted).map(|address| address.to_string())
    }

    #[test]
    fn forwarded_addresses_count_from_the_right_and_only_when_trusted() {
        assert_eq!(read(&["6.6.6.6, 1.2.3.4"], 0), None);
        assert_eq!(read(&["6.6.6.6, 1.2.3.4"], 1).as_deref(), Some("1.2.3.4"));
        assert_eq!(read(&["6.6.6.6, 1.2.3.4, 10.0.0.1"], 2).as_deref(), Some("1.2.3.4"));
        assert_eq!(read(&["6.6.6.6", "1.2.3.4"], 1).as_deref(), Some("1.2.3.4"), "several lines are one list");
        assert_eq!(read(&["1.2.3.4"], 2), None, "a proxy is missing: believe nothing");
        assert_eq!(read(&[], 1), None);
    }

    #[test]
    fn forwarded_addresses_may_carry_ports_and_brackets() {
        assert_eq!(read(&["1.2.3.4:5678"], 1).as_deref(), Some("1.2.3.4"));
        assert_eq!(read(&["[2001:db8::1]:443"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(read(&["2001:db8::1"], 1).as_deref(), Some("2001:db8::1"));
        assert_eq!(read(&["unknown"], 1), None);
    }

    #[test]
    fn a_request_passed_on_by_a_proxy_is_not_local() {
        let peer = "127.0.0.1:9".parse().expect("address");
        let direct = TestRequest::default().peer_addr(peer).to_http_request();
        assert!(ClientAddress::is_local(&direct));
        let passed = TestRequest::default().peer_addr(peer).insert_header(("x-forwarded-for", "127.0.0.1"));
        assert!(!ClientAddress::is_local(&passed.to_http_request()));
        let outside = TestRequest::default().peer_addr("8.8.8.8:9".parse().expect("address")).to_http_request();
        assert!(!ClientAddress::is_local(&outside));
    }
}
