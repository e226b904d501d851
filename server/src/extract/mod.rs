//! What handlers take out of a request: the visitor, the language, the checked form, the administrator.

mod address;
mod admin;
mod csrf;
mod locale;
mod page;
mod visitor;

pub use address::ClientAddress;
pub use admin::{ACCESS_COOKIE, ApiAdmin, SESSION_COOKIE};
pub use csrf::{CsrfForm, UnsentMessage, check_token};
pub use visitor::Visitor;

pub use crate::domain::Admin;
