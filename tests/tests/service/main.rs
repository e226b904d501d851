//! The real binary over HTTP: what visitors and administrators do, what streams, and what breaks.

mod admin_api;
mod admin_desk_api;
mod api;
mod around;
mod contestants;
mod dead_ends;
mod desk;
mod faults;
mod http;
mod judge;
mod keep;
mod leaderboard;
mod pages;
mod preferences;
mod prompts;
mod queue;
mod register_several;
mod registration;
mod replay;
mod results;
mod sign_in;
mod site;
mod stage;
mod stream;
mod undo;
mod votes;
