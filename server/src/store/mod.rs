//! All SQL. Functions take a connection or a transaction and give checked values.

pub mod admins;
pub mod audit;
pub mod models;
