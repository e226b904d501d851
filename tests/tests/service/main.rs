//! The real binary over HTTP: what visitors and administrators do, what streams, and what breaks.

mod pages;
