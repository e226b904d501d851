//! What handlers take out of a request: the visitor, the language, the checked form, the administrator.

mod csrf;
mod locale;
mod visitor;

pub use csrf::CsrfForm;
pub use visitor::Visitor;
