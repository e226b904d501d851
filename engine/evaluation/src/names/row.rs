//! A row of the tables.

/// A subject's key, its name in the benchmark's own language, and its groups.
pub type Row = (&'static str, &'static str, &'static [&'static str]);
