//! What the suites stand on: a harness around the real binaries, and the checks of the repository's tidiness.

pub mod harness;
pub mod tidy;
