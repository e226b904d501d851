//! What happens around every request: the visitor's cookie, the door, security headers, and errors made readable.

mod connections;
mod deadlines;
mod errors;
mod gate;
mod headers;
mod held;
mod request;
mod visitor;

pub use connections::{Connections, note_request, raise_file_limit};
pub use deadlines::deadlines;
pub use errors::render_errors;
pub use gate::gate;
pub use headers::security_headers;
pub use request::{RequestId, request_log};
pub use visitor::visitor;
