//! Rebuilds the crate when a migration is added: `sqlx::migrate!` only sees those it knew.

fn main() {
    println!("cargo:rerun-if-changed=../migrations");
}
