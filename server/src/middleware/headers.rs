//! Security headers.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::DefaultHeaders;

/// What pages may load: files of this site only, and no inline script or style.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Browsers that were here once use TLS for a year (RFC 6797). Subdomains are somebody else's business.
const STRICT_TRANSPORT_SECURITY: (&str, &str) = ("strict-transport-security", "max-age=31536000");

const ALWAYS: [(&str, &str); 7] = [
    // Answers are one visitor's or one moment's; what may be kept says so itself.
    ("cache-control", "no-store"),
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"),
];

fn all(https: bool) -> impl Iterator<Item = (&'static str, &'static str)> {
    ALWAYS.into_iter().chain(https.then_some(STRICT_TRANSPORT_SECURITY))
}

/// Headers of every response; `https` says that the service is reached over TLS.
pub fn security_headers(https: bool) -> DefaultHeaders {
    all(https).fold(DefaultHeaders::new(), DefaultHeaders::add)
}

/// The same for a response that is made outside of them.
pub(super) fn secure(headers: &mut HeaderMap, https: bool) {
    for (name, value) in all(https) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
}
