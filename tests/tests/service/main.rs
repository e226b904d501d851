//! The real binary over HTTP: what visitors and administrators do, what streams, and what breaks.

mod api;
mod faults;
mod http;
mod pages;
mod registration;
mod stage;
mod stream;
mod votes;
