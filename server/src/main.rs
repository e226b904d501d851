//! `arena`.
fn main() {}
