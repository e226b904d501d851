//! Security headers.

use actix_web::middleware::DefaultHeaders;

/// What pages may load: files of this site only, and no inline script or style.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Browsers that were here once use TLS for a year (RFC 6797). Subdomains are somebody else's business.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Headers of every response; `https` says that the service is reached over TLS.
pub fn security_headers(https: bool) -> DefaultHeaders {
    let mut headers = DefaultHeaders::new();
    if https {
        headers = headers.add(("strict-transport-security", STRICT_TRANSPORT_SECURITY));
    }
    headers
        // Answers are one visitor's or one moment's; what may be kept says so itself.
        .add(("cache-control", "no-store"))
        .add(("content-security-policy", CONTENT_SECURITY_POLICY))
        .add(("x-content-type-options", "nosniff"))
        .add(("referrer-policy", "same-origin"))
        .add(("cross-origin-opener-policy", "same-origin"))
        .add(("cross-origin-resource-policy", "same-origin"))
        .add(("permissions-policy", "camera=(), microphone=(), geolocation=(), browsing-topics=()"))
}
