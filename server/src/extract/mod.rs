//! What handlers take out of a request: the visitor, the language, the checked form, the administrator.

mod address;
mod admin;
mod csrf;
mod locale;
mod page;
mod visitor;

pub use address::ClientAddress;
pub use admin::{ACCESS_COOKIE, ApiAdmin, SESSION_COOKIE};
pub use csrf::{CsrfForm, MAX_FORM_BYTES, UnsentMessage, check_token, same_site};
pub use visitor::{Person, VISITOR_COOKIE, Visitor, private_cookie, visitor_cookie};

pub use crate::domain::Admin;
