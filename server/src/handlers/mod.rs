//! One module a group of pages: parse, call an action, render.

pub mod home;
pub mod language;
pub mod statics;
