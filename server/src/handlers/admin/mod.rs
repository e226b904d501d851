//! The administrators' pages. Each but the sign-in and the welcome takes [`crate::extract::Admin`].

pub mod accounts;
pub mod audit;
pub mod battles;
pub mod charts;
mod fields;
pub mod identity;
pub mod inspection_report;
pub mod judge;
pub mod judge_form;
pub mod judge_run;
pub mod list;
mod model_examined;
pub mod model_fields;
mod model_filled;
pub mod model_form;
pub mod model_health;
pub mod model_results;
#[cfg(test)]
mod model_tests;
pub mod models;
pub mod overview;
pub mod prompt_set;
pub mod prompt_sets;
pub mod register;
mod register_looked;
mod register_page;
mod register_several;
pub mod replay;
pub mod retire;
pub mod sign_in;
pub mod site;
pub mod status;
#[cfg(test)]
mod tests;
pub mod tokens;
pub mod upload;
pub mod vote_change;
pub mod vote_export;
pub mod vote_groups;
pub mod vote_import;
#[cfg(test)]
mod vote_tests;
pub mod voter;
pub mod voters;
pub mod votes;
pub mod welcome;
