//! What happens around every request: the visitor's cookie, security headers, and errors made readable.

mod body;
mod connections;
mod errors;
mod headers;
mod request;
mod visitor;

pub use body::body_deadline;
pub use connections::{bound_by_address, raise_file_limit};
pub use errors::render_errors;
pub use headers::security_headers;
pub use request::{RequestId, request_log};
pub use visitor::visitor;
