//! What people do, one verb a file. Pages and the JSON API call the same actions.
//!
//! An action is a struct of what is wanted with `async fn run(self, arena: &AppState) -> Result<Outcome, Error>`. Rate limits,
//! checking and trimming of texts, the hash of the address, settings, counters and, for administrators, the entry in the audit
//! log are inside, so that no door can leave one out. What the program does by itself (at its start, from time to time) is a
//! function.

pub mod answering;
pub mod api_tokens;
pub mod cast_vote;
pub mod chain_votes;
pub mod change_admin;
pub mod change_model;
pub mod change_prompt_set;
pub mod change_site;
pub mod check_servers;
pub mod create_admin;
pub mod decide_voter;
pub mod delete_battle;
pub mod delete_battles;
pub mod describe_votes;
pub mod edit_identity_names;
pub mod edit_message;
pub mod end_sessions;
pub mod enter;
pub mod expire_battles;
pub mod export_votes;
pub mod follow_site;
pub mod hold_form;
pub mod hold_vote;
pub mod import_votes;
pub mod inspect_model;
pub mod keep_history;
pub mod list_endpoint;
pub mod model_result;
pub mod prepare_answers;
pub mod publish_votes;
pub mod read_battle;
pub mod regenerate;
pub mod register_demo;
pub mod register_listed;
pub mod register_model;
pub mod repair_ratings;
pub mod replay_battle;
pub mod retry_reply;
pub mod run_judging;
pub mod run_replays;
pub mod send_message;
pub mod settle_votes;
pub mod share_battle;
pub mod sign_in;
pub mod sign_in_person;
pub mod start_battle;
pub mod start_judging;
pub mod start_prepared;
pub mod stop_answer;
pub mod take_judged;
pub mod tell_places;
pub mod undo_vote;
pub mod verify_votes;
pub mod watch_voters;
pub mod withdraw_judging;
pub mod withdraw_votes;
