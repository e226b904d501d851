//! What handlers take out of a request: the visitor, the language, the checked form, the administrator.

mod address;
mod admin;
mod csrf;
mod limits;
mod locale;
mod visitor;

pub use address::ClientAddress;
pub use admin::{Admin, ApiAdmin, IDLE_HOURS, SESSION_COOKIE, bearer};
pub use csrf::CsrfForm;
pub use limits::Limits;
pub use visitor::Visitor;
