//! What people do, one verb a file. Handlers and the JSON API call the same actions.

pub mod api_tokens;
pub mod cast_vote;
pub mod change_admin;
pub mod change_model;
pub mod create_admin;
pub mod endpoint;
pub mod look_at_model;
pub mod read_board;
pub mod register_model;
pub mod sign_in;
pub mod withdraw_vote;
