//! `mixtral`.
fn main() {}
