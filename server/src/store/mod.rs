//! All SQL. Functions take a connection or a transaction and give checked values.

pub mod models;
