//! Which Postgres the schema needs.

/// The oldest major version of Postgres that the schema is tested with.
pub const OLDEST_POSTGRES: u32 = 15;
